"""The benchmark: that contenders take turns, send what they are to send, and are judged."""

import asyncio
import gc
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import httpx
import httpx2
import pytest
import requests
from compared import attach, growth
from compared.contenders import METHODS, Method
from compared.crowd import STEP, Crowd, ServiceAdapter, ServiceTransport
from compared.series import BY_HAND, OURS, WITHOUT, Options, Series, Verdict
from compared.turns import Case, Repeated, in_turns

CLIENTS = ("requests", "httpx.Client", "httpx.AsyncClient", "httpx2.Client", "httpx2.AsyncClient")
QUICK = Options(quick=True)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def run(case: Case) -> None:
    if isinstance(case, Repeated):
        case.seconds(1)
    else:
        case()


def series(contender: str, *values: float, setting: str = "in a setting", **more: Any) -> Series:
    return Series(more.pop("measure", "attach"), setting, contender, values, **more)


# In turns


def test_each_round_times_every_contender_once_in_an_order_of_its_own() -> None:
    timed: list[str] = []

    def case(name: str) -> Repeated:
        def seconds(calls: int) -> float:
            timed.append(name)
            return calls * 0.5

        return Repeated(seconds)

    cases = {name: case(name) for name in "abcd"}
    values = in_turns(cases, rounds=8, seconds=0.5)
    rounds = ["".join(timed[-at:][:4]) for at in range(32, 0, -4)]

    assert {name: len(each) for name, each in values.items()} == dict.fromkeys("abcd", 8)
    assert {"".join(sorted(order)) for order in rounds} == {"abcd"}
    assert len(set(rounds)) > 1


def test_a_value_is_the_time_of_one_call_and_a_timing_takes_about_as_long_as_asked() -> None:
    calls_made: list[int] = []

    def seconds(calls: int) -> float:
        calls_made.append(calls)
        return calls * 0.001

    values = in_turns({"one": Repeated(seconds)}, rounds=3, seconds=0.25)

    assert values["one"] == pytest.approx((0.001, 0.001, 0.001))
    assert calls_made[-3:] == [250, 250, 250]


def test_garbage_collection_is_off_while_timing_and_on_again_afterwards() -> None:
    enabled: list[bool] = []

    def failing() -> None:
        enabled.append(gc.isenabled())
        if len(enabled) > 3:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_turns({"failing": failing}, rounds=1, seconds=0.1)

    assert not any(enabled)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


# What is sent


def carried(method: Method, url: str, headers: Mapping[str, str | bytes]) -> object:
    if method.params:
        return dict(httpx.URL(url).params)
    return {name: headers.get(name) for name in method.headers}


@pytest.mark.leaks(
    reason="who sends the same key by hand shows it",
    finding=r"api_key given to DtzApiKey in the .* of (request of )?response \(plain\)",
)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_contender_sends_its_credential_and_one_without_sends_none(
    client: str, method: Method, runner: asyncio.Runner
) -> None:
    sent: list[tuple[str, Mapping[str, str | bytes]]] = []
    settings = attach.settings(runner, lambda *request: sent.append(request))
    found = {}
    for setting, cases in settings:
        if setting.startswith(f"{client}, {method.name}, "):
            for name, case in cases.items():
                sent.clear()
                run(case)
                run(case)
                found[setting, name] = [carried(method, *request) for request in sent]

    expected = dict(method.headers or method.params)
    nothing = {} if method.params else dict.fromkeys(expected)
    assert found == {
        (setting, name): [nothing if name == WITHOUT else expected] * 2 for setting, name in found
    }
    assert {name for _, name in found} >= {WITHOUT, BY_HAND, OURS}


@pytest.mark.parametrize(
    ("setting", "peers"),
    [
        ("requests, cached token, per request", "requests_auth requests_oauth2client authlib"),
        ("requests, cached token, whole call", "authlib google-auth azure-core"),
        ("requests, cached token, bare", "requests_auth azure-core"),
        ("requests, header key, on the client", "requests_auth"),
        ("requests, basic, per request", "requests_auth requests"),
        ("requests, query, per request", "requests_auth"),
        ("httpx.Client, cached token, per request", "httpx_auth"),
        ("httpx.AsyncClient, query, on the client", "httpx_auth"),
        ("httpx2.Client, cached token, whole call", "authlib"),
        ("httpx2.AsyncClient, cached token, whole call", "authlib"),
        ("httpx2.Client, basic, per request", "httpx2"),
    ],
)
def test_peers_are_where_they_can_be_compared(
    setting: str, peers: str, runner: asyncio.Runner
) -> None:
    cases = dict(attach.settings(runner))[setting]

    for peer in peers.split():
        assert any(re.search(rf"(^| ){peer} \d", name) for name in cases), list(cases)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
def test_a_refused_token_is_renewed_in_every_call_of_httpx(
    library: Any, runner: asyncio.Runner
) -> None:
    crowd, transport = Crowd(3, requests.Session()), ServiceTransport(library)
    blocking = growth.send(partial(growth.made_client, library.Client, transport), crowd)
    make = partial(growth.made_client, library.AsyncClient, transport)
    for _ in range(4):
        run(blocking)
        run(growth.send_async(make, runner, crowd))

    assert (transport.calls, transport.token_requests) == (16, 8)


def test_a_refused_token_is_renewed_in_every_call_of_requests() -> None:
    adapter = ServiceAdapter()
    case = growth.get(Crowd(3, growth.requests_session(adapter)))
    for _ in range(7):
        run(case)

    assert adapter.token_requests == 7


def test_tokens_that_are_attached_outlive_any_run() -> None:
    crowd, transport = Crowd(1, requests.Session()), ServiceTransport(httpx)
    crowd.clock.move(1_000_000 * STEP)
    run(growth.send(partial(growth.made_client, httpx.Client, transport), crowd))

    # The one that is asked for after the refusal.
    assert transport.token_requests == 1


def test_each_number_of_identities_is_called_round_by_round() -> None:
    crowd = Crowd(3, requests.Session())
    auths = crowd.auths()
    first, second = ([next(auths) for _ in range(3)] for _ in range(2))

    assert len(set(map(id, first))) == 3
    assert all(one is other for one, other in zip(first, second, strict=True))


# What it gives


@pytest.fixture(scope="module")
def parts() -> dict[str, list[Series]]:
    return {"attach": attach.measure(QUICK), "growth": growth.measure(QUICK)}


def test_attach_judges_every_client_and_method_by_hand(parts: dict[str, list[Series]]) -> None:
    judged = [v for v in attach.verdicts(parts["attach"]) if v.asked.startswith("at most")]

    expected = [f"{c}, {m.name}, per request" for c in CLIENTS for m in METHODS]
    assert sorted(verdict.setting for verdict in judged) == sorted(expected)


def test_growth_judges_every_client_for_attach_and_for_401(parts: dict[str, list[Series]]) -> None:
    judged = [verdict.setting for verdict in growth.verdicts(parts["growth"])]

    expected = [f"{c}, {what}, {OURS}" for c in CLIENTS for what in ("attach", "401")]
    assert sorted(judged) == sorted(expected)


@pytest.mark.parametrize(
    ("setting", "ours", "bound", "holds"),
    [
        ("requests, cached token, per request", 11.0, "1.10", True),
        ("requests, cached token, per request", 11.1, "1.10", False),
        ("httpx.Client, basic, per request", 11.5, "1.15", True),
        ("httpx2.AsyncClient, cookie, per request", 11.6, "1.15", False),
        ("requests, query, per request", 13.0, "1.30", True),
        ("httpx.Client, query, per request", 13.1, "1.30", False),
    ],
)
def test_attach_is_judged_by_the_median_of_the_ratios_of_each_round(
    setting: str, ours: float, bound: str, holds: bool
) -> None:
    measured = [
        series(WITHOUT, 1.0, 1.0, 1.0, setting=setting),
        series(BY_HAND, 10.0, 9.0, 90.0, setting=setting),
        series(OURS, ours, 1.0, 1000.0, setting=setting),
    ]

    assert attach.verdicts(measured) == [
        Verdict("attach", setting, f"at most {bound} × by hand", f"{ours / 10:.3f} ×", holds=holds)
    ]


def test_attach_has_to_be_ahead_of_the_fastest_peer_wherever_there_is_one() -> None:
    setting = "requests, header key, on the client"
    names = {WITHOUT: 1.0, BY_HAND: 2.0, OURS: 4.0, "slow 1.0": 8.0, "fast 2.0": 4.0}
    measured = [series(name, value, setting=setting) for name, value in names.items()]

    asked = "ahead of the fastest peer, fast 2.0"
    assert attach.verdicts(measured) == [Verdict("attach", setting, asked, "1.000 ×", holds=False)]


def test_a_bare_auth_object_is_not_judged() -> None:
    assert not attach.verdicts([series(OURS, 9.0, setting="requests, basic, bare")])


@pytest.mark.parametrize(("most", "holds"), [(12.0, True), (12.1, False)])
def test_growth_is_judged_by_the_most_identities_beside_one(most: float, holds: bool) -> None:
    setting = f"requests, 401, {OURS}"
    sizes = {"1 identity": 10.0, "100 identities": 50.0, "10,000 identities": most}
    measured = [series(n, v, setting=setting, measure="growth") for n, v in sizes.items()]

    (verdict,) = growth.verdicts(measured)
    assert verdict.holds is holds
    assert verdict.found == f"{most / 10:.3f} ×"
