"""What this package's policy has to keep to in `fleet`."""

from collections.abc import Iterator

from fleet_policies import OURS
from fleet_table import seconds
from fleet_trial import Result
from fleet_world import LIFETIME

OUTAGE, MOST_REQUESTS = 85.0, 15


def broken(result: Result) -> Iterator[str]:
    """Compare what was found with what may be, and say what is wrong.

    Args:
        result: What came of a trial; of another policy only the simulation itself is looked at.
    """
    if result.tally.under_way:
        yield f"{result.tally.under_way} calls have not ended"
    if result.tally.complaints:
        yield f"{result.tally.complaints} processes left the cache alone, which has no fault"
    if result.policy is OURS:
        yield from _missed(result)


def _missed(result: Result) -> Iterator[str]:
    tally, scenario, requests = result.tally, result.scenario, len(result.sent)
    outage = scenario.outage
    if scenario.name == "normal":
        if requests != scenario.cycles:
            yield f"{requests} token requests in {scenario.cycles} cycles"
        if tally.waits:
            yield f"{len(tally.waits)} calls waited, the longest {seconds(max(tally.waits))}"
    if outage is not None and outage.ends - outage.begins == OUTAGE and requests > MOST_REQUESTS:
        yield f"{requests} token requests"
    # A token that serves outlives these; but in httpx a network error ends the call that met it.
    survives = outage is None or (outage.ends <= LIFETIME and scenario.caller.survives)
    if (survives or scenario.name == "outage-brief") and tally.failed:
        yield f"{len(tally.failed)} calls failed"
