"""The simulated processes of `fleet`, each with a store and an auth object of the package."""

import math
from contextvars import copy_context
from random import Random
from typing import Any

import simpy
from fleet_calls import Fleet, Running
from fleet_skip import next_act
from fleet_world import QUESTION, Waits

from dtz_dastra_auth import SharedTokenStore
from dtz_dastra_auth._flow import Ask, Await, Exchange, Pause, Step
from dtz_dastra_auth._token import Instant
from dtz_dastra_auth.dastra import TOKEN_URL, _ClientCredentials


class Worker:
    """One process that makes a call each second, whatever became of those before."""

    def __init__(self, fleet: Fleet, seed: int, phase: float, first: int) -> None:
        """Make a process, which begins with its first call.

        Args:
            fleet: What it shares.
            seed: What its jitter comes from.
            phase: When within a second it calls.
            first: The number of its first call; each is made at so many seconds and the phase.
        """
        self._fleet = fleet
        self._env = fleet.env
        self._seed = seed
        self._phase = phase
        self._end = math.ceil(fleet.horizon - phase)
        jitter = Random(seed).random
        self._store, memory = fleet.policy.store(fleet.cache, fleet.clock, jitter)
        self._source = _ClientCredentials(
            "shop",
            "private",
            scope="api1",
            token_url=TOKEN_URL,
            session=None,
            store=self._store,
            timeout=30.0,
        )
        self._slot = fleet.policy.make_slot(fleet.clock, jitter, fleet.delta)
        memory._slots[self._source._identity.key()] = self._slot
        self._uncounted = max(first, math.ceil(fleet.tally.since - phase))
        self._is_dead = self._fails = False
        self._next = -1
        self._pending: simpy.Event | None = None
        fleet.at_end.append(self.finish)
        self._plan(first)

    def finish(self) -> None:
        """Count what is left at the end of the run."""
        if not self._is_dead:
            self._count(self._end)
        store = self._store
        self._fleet.tally.complaints += (
            isinstance(store, SharedTokenStore) and store._health._rests_until > 0
        )

    def _at(self, call: int) -> Instant:
        return Instant(self._phase + call, self._phase + call)

    def _count(self, end: int) -> None:
        """Count the calls that were not run, up to this one."""
        tally, skipped = self._fleet.tally, range(self._uncounted, end)
        tally.calls += len(skipped)
        if self._fails:
            tally.failed += [self._phase + call for call in skipped]
        self._uncounted = max(self._uncounted, end)

    def _plan(self, call: int) -> None:
        """Have the next call run in which anything new happens, beginning with this one."""
        self._count(call)
        following, fails = call, False
        if not self._fleet.every:
            at_risk = not self._fleet.caller.survives
            following, fails = next_act(
                self._slot, range(call, self._end), self._at, at_risk=at_risk
            )
        self._fails = fails
        if following == self._next and self._pending is not None:
            return
        self._next, self._pending = following, None
        if following < self._end:
            self._pending = self._env.timeout(self._phase + following - self._env.now)
            self._pending.callbacks.append(self._arrive)

    def _arrive(self, event: simpy.Event) -> None:
        if event is not self._pending:
            return
        call, self._pending = self._next, None
        self._count(call)
        self._fails = False
        token, began = self._slot._token, self._at(call)
        served = token is not None and self._slot._serves(token, began, None)
        steps, context = self._source.token(self._fleet.caller, None), copy_context()
        try:
            step = context.run(steps.send, None)
        except StopIteration:
            pass
        except Exception:
            self._fleet.tally.fail(began.monotonic)
        else:
            self._fleet.tally.under_way += 1
            running = Running(steps, context, step, began.monotonic, served)
            self._env.process(self._run(running))
        self._plan(call + 1)

    def _run(self, call: Running) -> Waits:
        tally, flight, goes_on = self._fleet.tally, self._slot._flight, True
        while goes_on:
            error: Exception | None = None
            outcome: Any = None
            try:
                outcome = yield from self._perform(call.step)
            except Exception as met:
                error = met
            if self._is_dead:
                tally.under_way -= 1
                tally.killed.append(call)
                return
            try:
                goes_on = call.go_on(outcome, error, self._fleet.caller)
            except Exception:
                goes_on = False
                tally.fail(call.began)
            if error is not None:
                # It holds this frame, which holds it: garbage that only a collection would find.
                error.__traceback__ = None
            if not goes_on or self._slot._flight is not flight:
                flight = self._slot._flight
                self._plan(self._coming())
        tally.under_way -= 1
        tally.wait(call.began, self._env.now - call.began, served=call.served)

    def _coming(self) -> int:
        """Give the number of the next call to come."""
        return int(self._env.now - self._phase) + 1

    def _perform(self, step: Step) -> Waits:
        if isinstance(step, Exchange):
            return (yield from self._fleet.endpoint.exchange(step))
        if isinstance(step, Pause):
            return (yield self._env.timeout(step.seconds))
        if isinstance(step, Await):
            ended = self._env.event()
            step.flight._future.add_done_callback(lambda _: ended.succeed())
            if not ended.triggered:
                yield ended | self._env.timeout(max(step.deadline.left(), 0))
            return step.flight.join(0)
        assert isinstance(step, Ask), step
        yield self._env.timeout(self._fleet.chance.uniform(*QUESTION))
        cache = self._fleet.cache
        before = cache.added if cache else 0
        outcome = step.function()
        if cache and cache.added > before and self._fleet.dies():
            self._die()
        return outcome

    def _die(self) -> None:
        self._is_dead = True
        self._pending = None
        self._count(self._coming())
        self._fleet.tally.deaths += 1
        Worker(self._fleet, self._seed + 2**32, self._phase, self._coming())
