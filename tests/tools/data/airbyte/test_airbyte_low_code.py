"""Airbyte's low-code sources: a manifest whose requesters have an authenticator of one's own."""

from collections.abc import Callable
from typing import Any

import pytest
from airbyte_cdk import SyncMode
from airbyte_cdk.logger import AirbyteLogFormatter
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)
from airbyte_cdk.test.catalog_builder import CatalogBuilder
from airbyte_cdk.test.entrypoint_wrapper import EntrypointOutput, read

from dtz_dastra_auth.testing import DastraStandIn
from tools.data.airbyte.use_airbyte_low_code import DastraAuthenticator

pytestmark = pytest.mark.tool(
    "Airbyte CDK, low-code",
    package="airbyte-cdk",
    how="`CustomAuthenticator` with a `class_name` of your own",
    mind="A manifest cannot name a class of this package: Airbyte passes `config` and wants a "
    "`DeclarativeAuthenticator`, hence the lines of the example. The Connector Builder shows the "
    "token in its view of a request, whatever the authenticator.",
)

NAMES = ["workspaces", "the_same_again", "and_again"]


def stream(name: str) -> dict[str, Any]:
    own = f"{DastraAuthenticator.__module__}.{DastraAuthenticator.__name__}"
    requester = {
        "type": "HttpRequester",
        "url": "https://api.dastra.eu/v1/workspaces",
        "authenticator": {"type": "CustomAuthenticator", "class_name": own},
    }
    items = {"type": "DpathExtractor", "field_path": ["items"]}
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": "id",
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object"}},
        "retriever": {
            "type": "SimpleRetriever",
            "requester": requester,
            "record_selector": {"type": "RecordSelector", "extractor": items},
        },
    }


MANIFEST = {
    "version": "7.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": NAMES[:1]},
    "streams": [stream(name) for name in NAMES],
    "spec": {
        "type": "Spec",
        "connection_specification": {
            "type": "object",
            "properties": {
                "public_key": {"type": "string"},
                "private_key": {"type": "string", "airbyte_secret": True},
            },
        },
    },
}


@pytest.fixture
def run(dastra: DastraStandIn) -> Callable[[], EntrypointOutput]:
    """Read all streams as the connector's command line does, debug log and all."""

    def run() -> EntrypointOutput:
        config = {"public_key": dastra.public_key, "private_key": dastra.private_key}
        catalog = CatalogBuilder()
        for name in NAMES:
            catalog = catalog.with_stream(name, SyncMode.full_refresh)
        source = ConcurrentDeclarativeSource(
            catalog.build(), config, state=[], source_config=MANIFEST
        )
        return read(source, config, catalog.build(), debug=True)

    return run


def test_streams_read_at_once_share_one_token(
    run: Callable[[], EntrypointOutput],
    dastra: DastraStandIn,
    bears_token: Callable[[], bool],
    caplog: pytest.LogCaptureFixture,
) -> None:
    output = run()
    assert not output.errors
    assert {each.record.stream for each in output.records if each.record} == set(NAMES)
    assert bears_token()
    assert len(dastra.token_requests) == 1
    log = "\n".join(map(AirbyteLogFormatter().format, caplog.records))
    told = f"{output._messages}{log}"
    assert "Making outbound API request" in told
    assert not [each for each in (dastra.private_key, *dastra.tokens_in_force) if each in told]


def test_a_401_does_not_end_a_stream(
    run: Callable[[], EntrypointOutput], dastra: DastraStandIn
) -> None:
    dastra.fail(401)
    assert not run().errors
    assert sorted(call.status or 0 for call in dastra.calls) == [200, 200, 200, 401]
