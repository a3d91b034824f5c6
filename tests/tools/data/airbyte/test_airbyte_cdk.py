"""Airbyte's CDK: a stream that is read page by page, retried by the CDK, and cached by it."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk import AirbyteTracedException, FailureType, HttpStream, SyncMode
from airbyte_cdk.logger import AirbyteLogFormatter

from dtz_dastra_auth import DastraClientCredentials, DtzBasic, TokenError
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.data.airbyte.use_airbyte_cdk import Workspaces, streams

pytestmark = pytest.mark.tool(
    "Airbyte CDK",
    package="airbyte-cdk",
    how="`HttpStream(authenticator=auth)`, `HttpClient(authenticator=auth)`",
    mind="When the CDK tries a request again, it calls the object once more on the same request, "
    "which changes nothing. A 401 that stays is the CDK's configuration error; a key pair that "
    "Dastra refuses is a `TokenError`, raised at once, without a retry. With `use_cache` and "
    "`REQUEST_CACHE_PATH` the CDK writes `X-API-KEY`, cookies and `apiKey` into a file, but no "
    "`Authorization`: take a method that uses that.",
)


@pytest.fixture
def config(dastra: DastraStandIn) -> dict[str, str]:
    return {"public_key": dastra.public_key, "private_key": dastra.private_key}


def read(stream: HttpStream) -> list[Mapping[str, Any]]:
    records = stream.read_records(SyncMode.full_refresh)
    return [record for record in records if isinstance(record, Mapping)]


def test_streams_share_one_token_and_the_debug_log_does_not_have_it(
    dastra: DastraStandIn,
    config: dict[str, str],
    bears_token: Callable[[], bool],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "airbyte")
    for stream in streams(config) + streams(config):
        assert [each["label"] for each in read(stream)] == ["My data company"]
    assert bears_token()
    assert len(dastra.token_requests) == 1
    # Airbyte's formatter prints what the records bring along: headers, here.
    log = "\n".join(map(AirbyteLogFormatter().format, caplog.records))
    assert "Making outbound API request" in log
    assert not [token for token in dastra.tokens_in_force if token in log]


def test_a_request_tried_again_is_authenticated_again_and_survives_a_401(
    dastra: DastraStandIn, config: dict[str, str], bears_token: Callable[[], bool]
) -> None:
    dastra.fail(503)
    dastra.fail(401)
    [stream] = streams(config)
    assert len(read(stream)) == 1
    assert [call.status for call in dastra.calls] == [503, 401, 200]
    assert bears_token()


def test_a_401_that_stays_is_a_configuration_error_after_one_more_request(
    dastra: DastraStandIn, config: dict[str, str]
) -> None:
    dastra.fail(401, times=None)
    [stream] = streams(config)
    with pytest.raises(AirbyteTracedException) as raised:
        read(stream)
    assert raised.value.failure_type is FailureType.config_error
    assert len(dastra.calls) == 2


def test_a_refused_key_pair_is_not_tried_again(
    dastra: DastraStandIn, config: dict[str, str]
) -> None:
    [stream] = streams({**config, "private_key": "mistyped"})
    with pytest.raises(TokenError, match="invalid_client"):
        read(stream)
    assert len(dastra.token_requests) == 1
    assert not dastra.calls


class Cached(Workspaces):
    """The same stream, answered from Airbyte's cache the second time."""

    @property
    def use_cache(self) -> bool:
        return True


class CachedRoles(Cached):
    """A stream of DTZ."""

    @property
    def url_base(self) -> str:
        return "https://api.dtz.rocks/v1/"

    def path(self, **_: Any) -> str:
        return "me"

    def parse_response(self, response: Any, **_: Any) -> list[Mapping[str, Any]]:
        return [response.json()]


# Airbyte's own: how it makes its cache.
@pytest.mark.filterwarnings("ignore:`cache_name` cannot be set after:DeprecationWarning")
def test_a_cache_on_disk_has_no_secret_from_the_authorization_header(
    dastra: DastraStandIn, dtz: DtzStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUEST_CACHE_PATH", str(tmp_path))
    for _ in range(2):
        assert read(Cached(authenticator=DastraClientCredentials.from_env()))
        assert read(CachedRoles(authenticator=DtzBasic.from_env()))
    assert (len(dastra.calls), len(dtz.calls)) == (1, 1)
    cached = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"My data company" in cached
    basic = dtz.calls[0].header("Authorization") or ""
    secrets = {dtz.api_key, basic.removeprefix("Basic "), *dastra.tokens_in_force}
    assert not [each for each in secrets if each.encode() in cached]
