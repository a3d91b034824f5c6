"""All callers of all processes, one step of any of them at a time, in an order by chance."""

import random
from collections.abc import Iterable

from dtz_dastra_auth._flow import Exchange, Pause
from unit.sign_ins import Errand, World

# Steps; a schedule that has not ended by then never ends.
_MOST = 20_000


def run(world: World, errands: Iterable[Errand], seed: int) -> None:
    """Run callers to their ends; time passes only while all of them wait for it.

    Args:
        world: Whose they are.
        errands: The callers.
        seed: What chance begins with.
    """
    chance = random.Random(seed)  # noqa: S311  # nothing of it is a secret
    going = list(errands)
    due: dict[Errand, float] = {}
    for _ in range(_MOST):
        going = [errand for errand in going if not errand.is_over]
        if not going:
            return
        now = world.clock.monotonic
        for errand in going:
            if isinstance(errand.step, Pause):
                due.setdefault(errand, now + errand.step.seconds)
        ready = [each for each in going if each.can_go_on() and due.get(each, now) <= now]
        if ready:
            _step(chance.choice(ready), due)
        else:
            assert due, "all of them wait for each other"
            world.pass_(min(due.values()) - now)
    raise AssertionError("it never ends")


def _step(errand: Errand, due: dict[Errand, float]) -> None:
    if due.pop(errand, None) is not None:
        errand.wake(0)
    elif isinstance(errand.step, Exchange):
        errand.served(0)
    elif errand.waits_for_another:
        errand.rejoin(0)
    else:
        errand.go(1)
