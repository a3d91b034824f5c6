"""Schemathesis hands ``auth=`` on to requests; all cases share one token.

``dastra.yaml`` is a small OpenAPI description of one call of Dastra's API, which lies beside the
example: ``tests/tools/testing/load/dastra.yaml``.
"""

from typing import Any

import schemathesis

from dtz_dastra_auth import DastraClientCredentials

auth = DastraClientCredentials.from_env()
schema = schemathesis.openapi.from_path("dastra.yaml")
schema.config.update(base_url="https://api.dastra.eu")
schema.config.generation.update(with_security_parameters=False)


@schema.parametrize()
def test_the_api_keeps_to_its_description(case: schemathesis.Case[Any]) -> None:
    """Send a case, and check the answer."""
    case.call_and_validate(auth=auth)
