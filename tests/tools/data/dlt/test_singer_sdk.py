"""Singer's SDK, of Meltano: a tap whose streams are authenticated by the object."""

import json
from collections.abc import Callable

import backoff
import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns
from tools.data.dlt.use_singer_sdk import TapDastra, Workspaces

pytestmark = pytest.mark.tool(
    "Singer SDK",
    package="singer-sdk",
    how="`RESTStream.authenticator` returns `auth`",
    mind="The SDK asks for the property twice per request, and calls the object on the same "
    "request each time; neither costs a token request. It reads no CA file from the environment: "
    "set `requests_session.verify` behind a proxy that has its own.",
)


@pytest.fixture
def tap(stand_ins: StandIns, dastra: DastraStandIn) -> TapDastra:
    tap = TapDastra(config={"public_key": dastra.public_key, "private_key": dastra.private_key})
    for stream in tap.streams.values():
        assert isinstance(stream, Workspaces)
        stream.requests_session.verify = stand_ins.environment["SSL_CERT_FILE"]
    return tap


def test_a_tap_syncs_with_one_token_and_prints_no_secret(
    tap: TapDastra,
    dastra: DastraStandIn,
    bears_token: Callable[[], bool],
    capsys: pytest.CaptureFixture[str],
) -> None:
    tap.sync_all()
    tap.sync_all()
    told = capsys.readouterr()
    messages = [json.loads(line) for line in told.out.splitlines()]
    records = [each["record"]["label"] for each in messages if each["type"] == "RECORD"]
    assert records == ["My data company"] * 2
    assert len(dastra.calls) == 2
    assert all(len(call.headers_named("Authorization")) == 1 for call in dastra.calls)
    assert bears_token()
    assert len(dastra.token_requests) == 1
    secrets = {dastra.private_key, *dastra.tokens_in_force}
    assert not [each for each in secrets if each in told.out + told.err]


def test_what_the_sdk_tries_again_survives_a_401(
    tap: TapDastra,
    dastra: DastraStandIn,
    bears_token: Callable[[], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Workspaces, "backoff_wait_generator", lambda self: backoff.constant(0))
    monkeypatch.setattr(Workspaces, "backoff_jitter", lambda self, value: value)
    dastra.fail(503)
    dastra.fail(401)
    tap.sync_all()
    assert [call.status for call in dastra.calls] == [503, 401, 200]
    assert bears_token()
