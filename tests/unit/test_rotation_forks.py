"""Children of a fork, in one of which another process may be continuing the sign-in."""

import os
from collections.abc import Callable
from contextlib import suppress

import pytest

from dtz_dastra_auth._rotation import Beginning, chain_of, identity_of, process
from unit.sign_ins import CLIENT

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

HOLDS = 7


def in_child(holds: Callable[[], bool]) -> bool:
    """Tell whether something holds in a forked child."""
    child = os.fork()
    if child == 0:
        held = False
        with suppress(BaseException):
            held = holds()
        os._exit(HOLDS if held else 1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == HOLDS


def beginning(text: str) -> Beginning:
    return Beginning(identity_of(CLIENT, text), CLIENT, text)


def test_a_forked_child_is_another_process() -> None:
    here = process()
    assert in_child(lambda: process() != here)
    assert process() == here


def test_a_child_of_a_child_is_another_one_again() -> None:
    def differs() -> bool:
        here = process()
        return in_child(lambda: process() != here)

    assert in_child(differs)


def test_a_sign_in_that_was_begun_before_a_fork_is_the_parents() -> None:
    chain = chain_of(beginning("before a fork"))
    assert not chain.is_foreign
    assert in_child(lambda: chain.is_foreign)
    # By an object that the child makes of the same refresh token, too.
    assert in_child(lambda: chain_of(beginning("before a fork")).is_foreign)
    assert not chain.is_foreign


def test_a_sign_in_that_a_child_begins_is_its_own() -> None:
    assert in_child(lambda: not chain_of(beginning("after a fork")).is_foreign)


def test_an_object_that_was_made_before_a_fork_and_used_after_it_is_the_parents() -> None:
    made = beginning("made before")
    assert in_child(lambda: chain_of(made).is_foreign)
    assert not chain_of(made).is_foreign
