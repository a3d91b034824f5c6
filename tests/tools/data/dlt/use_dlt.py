"""`RESTClient` takes the object as its `auth`, the `rest_api` source a session that has it."""

import dlt
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.typing import RESTAPIConfig

from dtz_dastra_auth import DastraClientCredentials

URL = "https://api.dastra.eu/v1"


def labels() -> list[str]:
    """Read page by page, up to an empty one or to as many as the answer's `total`."""
    paginator = PageNumberPaginator(base_page=1, total_path="total")
    client = RESTClient(URL, auth=DastraClientCredentials.from_env(), paginator=paginator)
    return [
        workspace["label"]
        for page in client.paginate("/workspaces", data_selector="items")
        for workspace in page
    ]


def load(pipeline: dlt.Pipeline) -> None:
    """Load into the destination of a pipeline."""
    session = Client(raise_for_status=False).session
    session.auth = DastraClientCredentials.from_env()
    config: RESTAPIConfig = {
        "client": {"base_url": URL, "session": session, "paginator": "single_page"},
        "resources": [
            {"name": "workspaces", "endpoint": {"path": "workspaces", "data_selector": "items"}}
        ],
    }
    pipeline.run(rest_api_source(config))
