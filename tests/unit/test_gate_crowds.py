"""One at a time: threads, tasks of any event loop, and the children of a fork."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import pytest

from dtz_dastra_auth._flow import Pause, Steps
from unit.gates import PATIENCE, TASK, Inside, a_gate, blocking, in_task, through

BACKENDS = ["asyncio", "trio"]


def test_of_threads_one_is_inside() -> None:
    gate, inside = a_gate(), Inside()
    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(lambda _: blocking(through(gate, inside.steps)), range(48)))
    assert done == ["done"] * 48
    assert (inside.runs, inside.most) == (48, 1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_of_tasks_one_is_inside(backend: str) -> None:
    gate, inside, done = a_gate(), Inside(), []

    async def one() -> None:
        done.append(await in_task(through(gate, inside.steps, TASK)))

    async def all_of_them() -> None:
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                for _ in range(40):
                    tasks.start_soon(one)

    anyio.run(all_of_them, backend=backend)
    assert done == ["done"] * 40
    assert (inside.runs, inside.most) == (40, 1)


def test_of_threads_and_tasks_of_two_loops_one_is_inside() -> None:
    gate, inside = a_gate(), Inside()

    async def tasks() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(in_task, through(gate, inside.steps, TASK))

    with ThreadPoolExecutor(6) as pool:
        loops = [pool.submit(partial(anyio.run, tasks, backend=name)) for name in BACKENDS]
        threads = [pool.submit(blocking, through(gate, inside.steps)) for _ in range(10)]
        assert [each.result(PATIENCE) for each in (*loops, *threads)] == [None] * 2 + ["done"] * 10
    assert (inside.runs, inside.most) == (30, 1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_task_that_is_cancelled_inside_lets_the_next_one_in(backend: str) -> None:
    gate, inside = a_gate(), Inside()

    def for_ever() -> Steps[None]:
        yield Pause(3600)

    async def main() -> Any:
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(in_task, through(gate, for_ever, TASK))
                await anyio.sleep(0.01)
                tasks.cancel_scope.cancel()
            return await in_task(through(gate, inside.steps, TASK))

    assert anyio.run(main, backend=backend) == "done"


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_who_is_inside_in_its_parent() -> None:
    gate, inside = a_gate(), Inside()
    entered, leave = threading.Event(), threading.Event()

    def held() -> Steps[str]:
        entered.set()
        leave.wait(PATIENCE)
        yield Pause(0)
        return "held"

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(blocking, through(gate, held))
        assert entered.wait(PATIENCE)
        child = os.fork()
        if child == 0:
            done = None
            with suppress(BaseException):
                done = blocking(through(gate, inside.steps))
            os._exit(7 if done == "done" else 1)
        _, status = os.waitpid(child, 0)
        leave.set()
        assert holding.result(PATIENCE) == "held"
    assert os.waitstatus_to_exitcode(status) == 7
