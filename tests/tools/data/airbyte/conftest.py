"""Airbyte's CDK warns of an experimental class of its own when it is imported."""

import warnings

with warnings.catch_warnings(action="ignore"):
    import airbyte_cdk as airbyte_cdk
