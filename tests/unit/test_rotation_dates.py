"""Dates of refresh tokens: none takes the place of a newer one, whatever the clocks show."""

import pytest

from dtz_dastra_auth import _rotation as rotation
from dtz_dastra_auth._rotation import Beginning, Chain, chain_of, identity_of
from unit.rotating_server import HOUR, refresh_token
from unit.sign_ins import CLIENT, World

DAY = 24 * HOUR
NOW = 1_800_000_000.0
SKEWS = [-DAY, -60.0, -0.5, 60.0, DAY]


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Chain:
    """Give a sign-in that has just been answered, of which nothing else is known."""
    monkeypatch.setattr(rotation, "_known", type(rotation._known)())
    chain = chain_of(Beginning(identity_of(CLIENT, "r0"), CLIENT, "r0"))
    chain.advance("r1", NOW)
    return chain


def check_line(world: World) -> None:
    """Check that each refresh token was sent once, and none was left out."""
    requests = world.server.requests
    assert requests == [refresh_token(number) for number in range(len(requests))]


def test_a_refresh_token_has_the_date_of_its_answer(chain: Chain) -> None:
    assert chain.since == NOW


@pytest.mark.parametrize("now", [NOW - DAY, NOW - 1e-4, NOW])
def test_each_refresh_token_is_later_than_the_one_before(chain: Chain, now: float) -> None:
    # Of a clock that is behind, or was set.
    chain.advance("r2", now)
    assert NOW < chain.since < NOW + 1


def test_the_same_refresh_token_again_keeps_its_date(chain: Chain) -> None:
    chain.advance("r1", NOW + 100)
    assert chain.since == NOW


@pytest.mark.parametrize("since", [NOW - DAY, NOW - 1e-3, NOW])
def test_an_older_refresh_token_is_not_learnt(chain: Chain, since: float) -> None:
    chain.learn("of another", since, is_told=True)
    assert (chain.refresh_token, chain.untold, chain.since) == ("r1", "r1", NOW)


@pytest.mark.parametrize("later", [1e-3, 1.0, DAY])
def test_a_newer_refresh_token_is_learnt_with_its_date(chain: Chain, later: float) -> None:
    chain.learn("of another", NOW + later, is_told=True)
    assert (chain.refresh_token, chain.untold) == ("of another", None)
    assert chain.since == NOW + later


def test_the_same_refresh_token_tells_that_it_was_told_whatever_its_date(chain: Chain) -> None:
    chain.learn("r1", NOW - DAY, is_told=True)
    assert (chain.untold, chain.since) == (None, NOW)


@pytest.mark.parametrize("skew", SKEWS)
def test_machines_whose_clocks_disagree_send_each_refresh_token_once(skew: float) -> None:
    world = World()
    processes = [world.process(), world.process(skew=skew), world.process(skew=-skew)]
    for turn in range(6):
        for process in (*processes[turn % 3 :], *processes[: turn % 3]):
            process.got()
            world.pass_(20)
        world.pass_(HOUR + 1)
    check_line(world)
    assert len(world.server.requests) >= 6


@pytest.mark.parametrize("skew", SKEWS)
def test_who_starts_with_the_newest_is_led_back_by_nothing_older(skew: float) -> None:
    world = World()
    process = world.process(skew=skew)
    kept = []
    for _ in range(4):
        process.got()
        kept.append(world.cache.held[world.cache.key("token")])
        world.pass_(HOUR + 1)
    for value in kept[:-1]:
        # Somebody puts it back.
        world.cache.held[world.cache.key("token")] = value
        later = world.process(len(world.server.requests))
        token = later.token()
        world.pass_(5)
        # By a clock that is ahead it lives; the API refuses it.
        later.got(token)
        world.pass_(HOUR + 1)
    check_line(world)


@pytest.mark.parametrize("skew", SKEWS)
def test_the_way_to_the_root_tells_the_date_too(skew: float) -> None:
    world = World()
    first = world.process(skew=skew)
    first.got()
    later = world.process(1)
    later.call()
    assert later.chain.since == first.chain.since


def test_a_date_that_nobody_can_be_ahead_of_keeps_nobody_back() -> None:
    # Of a machine whose clock was set to the year 3000, and set right since.
    world = World()
    first, second = world.process(skew=1000 * 365 * DAY), world.process()
    for process in (first, second, second, first):
        process.got()
        world.pass_(HOUR + 1)
    check_line(world)
    assert len(world.server.requests) >= 3
