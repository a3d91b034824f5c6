"""`APIDataset` takes the object as its ``credentials``.

In ``catalog.yml`` a resolver stands for it, which ``settings.py`` hands to the `OmegaConfigLoader`
with the ``CONFIG_LOADER_ARGS``.
"""

from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from kedro_datasets.api import APIDataset

from dtz_dastra_auth import DastraClientCredentials

# catalog.yml
CATALOG = """
workspaces:
  type: api.APIDataset
  url: https://api.dastra.eu/v1/workspaces
  credentials: "${dastra:}"
"""


# settings.py
def dastra() -> DastraClientCredentials:
    return DastraClientCredentials.from_env()


CONFIG_LOADER_ARGS: dict[str, Any] = {"custom_resolvers": {"dastra": dastra}}


def catalog(conf_source: str) -> DataCatalog:
    """Do what a Kedro session does with the two files."""
    loader = OmegaConfigLoader(
        conf_source, base_env="base", default_run_env="local", **CONFIG_LOADER_ARGS
    )
    return DataCatalog.from_config(loader["catalog"])


def dataset() -> APIDataset:
    """Make a dataset without a catalog."""
    return APIDataset(
        url="https://api.dastra.eu/v1/workspaces",
        credentials=DastraClientCredentials.from_env(),
    )
