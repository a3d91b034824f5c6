"""The measures that call something: that the services let in whom they should, and the judging."""

from collections.abc import Iterator
from time import perf_counter

import httpx
import pytest
from compared import cold_start, renewal, throughput
from compared.connections import checked
from compared.series import BY_HAND, OURS, Options, Series
from compared.services import PAIR, Services, running

QUICK = Options(quick=True)
KEY = {"X-API-KEY": "accepted"}
CLIENTS = {"requests", "httpx.Client", "httpx.AsyncClient", "httpx2.Client", "httpx2.AsyncClient"}


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with running(KEY) as services:
        yield services


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[httpx.Client]:
    with httpx.Client(verify=services.trust, trust_env=False) as client:
        yield client


def ask(client: httpx.Client, url: str, pair: tuple[str, str] = PAIR) -> httpx.Response:
    return client.post(url, data={"grant_type": "client_credentials"}, auth=pair)


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


# The services


def test_the_api_lets_in_who_has_an_accepted_credential(
    services: Services, client: httpx.Client
) -> None:
    assert client.get(services.url, headers=KEY).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-KEY": "another"}, {"Authorization": "Bearer another"}]
)
def test_the_api_lets_nobody_else_in(
    services: Services, client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.get(services.url, headers=headers)

    assert answer.status_code == 401
    with pytest.raises(RuntimeError, match="401"):
        checked(answer)


def test_the_api_lets_a_token_in_that_has_been_given_out(
    services: Services, client: httpx.Client
) -> None:
    given = ask(client, services.token_url(delay=0, lifetime=60))

    assert client.get(services.url, headers=bearer(given)).status_code == 200


def test_the_api_does_not_let_a_token_in_that_has_ended(
    services: Services, client: httpx.Client
) -> None:
    given = ask(client, services.token_url(delay=0, lifetime=0))

    assert client.get(services.url, headers=bearer(given)).status_code == 401


def test_every_token_is_another_and_is_counted_where_it_was_asked_for(
    services: Services, client: httpx.Client
) -> None:
    urls = [services.token_url(delay=0, lifetime=60) for _ in range(3)]
    tokens = [bearer(ask(client, url))["Authorization"] for url in (urls[0], urls[0], urls[1])]

    assert len(set(tokens)) == 3
    assert [services.requests_at(url) for url in urls] == [2, 1, 0]


def test_a_token_takes_as_long_as_it_is_told_to(services: Services, client: httpx.Client) -> None:
    began = perf_counter()
    ask(client, services.token_url(delay=0.1, lifetime=60)).raise_for_status()

    assert perf_counter() - began >= 0.09


def test_a_token_is_not_given_for_another_pair(services: Services, client: httpx.Client) -> None:
    url = services.token_url(delay=0, lifetime=60)

    assert ask(client, url, (PAIR[0], "another")).status_code == 400


# Throughput


@pytest.mark.leaks(
    reason="who sends the same key by hand shows it",
    finding=r"api_key given to DtzApiKey in the headers of request of response \(plain\)",
)
def test_throughput_is_measured_for_all_contenders_in_every_client() -> None:
    series = throughput.measure(QUICK)
    ours = {each.setting for each in series if each.contender == OURS}
    verdicts = throughput.verdicts(series)

    assert {setting.split(", ")[0] for setting in ours} == CLIENTS
    assert {each.setting for each in series} == ours
    for who in (BY_HAND, throughput.AGAIN):
        assert {each.setting for each in series if each.contender == who} == ours
    assert {each.contender.split()[0] for each in series} > {"requests_auth", "httpx_auth"}
    assert {verdict.setting for verdict in verdicts} == ours
    assert all(value > 0 for each in series for value in each.values)


@pytest.mark.parametrize(
    ("ours", "again", "holds"),
    [(1.0, 1.0, True), (1.03, 1.0, True), (1.05, 1.0, False), (1.05, 1.1, True)],
)
def test_throughput_is_judged_by_calls_per_second(ours: float, again: float, holds: bool) -> None:
    values = {BY_HAND: 1.0, OURS: ours, throughput.AGAIN: again}
    series = [Series("throughput", "a", who, (value,) * 5) for who, value in values.items()]
    (verdict,) = throughput.verdicts(series)

    assert verdict.found.startswith(f"{1 / ours:.3f} ×")
    assert verdict.holds == holds


def test_the_spread_of_two_series_is_that_of_their_ratios_round_by_round() -> None:
    ratios = [1 + number / 100 for number in range(21)]

    assert throughput.spread(ratios, [1.0] * 21) == pytest.approx((1.01, 1.19))


# Cold start


def test_cold_start_is_measured_in_every_client_and_ours_asks_once() -> None:
    series = cold_start.measure(QUICK)
    asked = [each for each in series if each.setting.endswith(cold_start.ASKED)]
    ours = [each for each in asked if each.contender == OURS]

    assert {each.setting.split(", ")[0] for each in ours} == CLIENTS
    assert {value for each in ours for value in each.values} == {1}
    assert {each.unit for each in asked} == {"integer"}
    assert len({each.contender for each in asked}) == 7
    assert all(value >= 1 for each in asked for value in each.values)
    assert all(verdict.holds for verdict in cold_start.verdicts(series))


@pytest.mark.parametrize(("wall", "holds"), [(0.219, True), (0.222, False)])
def test_twenty_first_calls_are_judged_by_one(wall: float, holds: bool) -> None:
    series = [
        Series("cold start", "requests, 1 caller, wall time", OURS, (0.2,)),
        Series("cold start", "requests, 20 callers, wall time", OURS, (wall,)),
        Series("cold start", "requests, 20 callers, wall time", BY_HAND, (0.02,)),
    ]
    (verdict,) = cold_start.verdicts(series)

    assert verdict.found.startswith(f"{wall / 0.2:.3f} ×")
    assert verdict.holds == holds


@pytest.mark.parametrize(("asked", "holds"), [((1, 1, 1), True), ((1, 2, 1), False)])
def test_a_single_round_with_two_token_requests_breaks_the_bound(
    asked: tuple[int, ...], holds: bool
) -> None:
    setting = "requests, 1000 callers, token requests"
    (verdict,) = cold_start.verdicts([Series("cold start", setting, OURS, asked, "integer")])

    assert verdict.holds == holds


# Renewal


def test_renewals_are_measured_with_threads_and_with_tasks() -> None:
    series = renewal.measure(QUICK)
    settings = {each.setting for each in series}

    assert {setting.rpartition(", ")[2] for setting in settings} == {renewal.ACROSS, renewal.FAR}
    assert {setting.split(", ")[1] for setting in settings} == {"8 threads", "50 tasks"}
    assert len(renewal.verdicts(series)) == 2


@pytest.mark.parametrize(("across", "holds"), [(0.12, True), (0.13, False)])
def test_a_renewal_is_judged_by_the_same_calls_without_one(across: float, holds: bool) -> None:
    series = [
        Series("renewal", f"requests, 8 threads, {renewal.ACROSS}", OURS, (across,)),
        Series("renewal", f"requests, 8 threads, {renewal.FAR}", OURS, (0.1,)),
    ]
    (verdict,) = renewal.verdicts(series)

    assert verdict.holds == holds


def test_one_call_in_a_thousand_takes_longer_than_the_percentile() -> None:
    assert renewal.one_in_a_thousand([float(number) for number in range(2000, 0, -1)]) == 1998
    assert renewal.one_in_a_thousand([2.0, 1.0]) == 2


def test_only_one_renewing_call_is_left_out() -> None:
    taken = [(0.1, False), (0.9, False), (0.3, True), (0.4, True)]

    assert renewal.without_the_renewing_call(taken) == [0.1, 0.9, 0.3]


def test_the_timing_of_renewals_leaves_everyone_a_turn() -> None:
    timing = renewal.Timing.of(8, 0.2)

    # httpx does not risk an early renewal with less than a second left.
    assert (1 - renewal.LATEST) * timing.lifetime + 1 < timing.lifetime
    assert timing.age < (1 - renewal.EARLY) * timing.lifetime
    assert timing.age + timing.stretch > (1 - renewal.LATEST) * timing.lifetime + timing.delay
