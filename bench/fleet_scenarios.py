"""What happens to the fleets that `fleet` simulates; the fleet's token ends at second 300."""

from dataclasses import replace

from fleet_calls import HTTPX
from fleet_trial import Scenario
from fleet_world import LIFETIME, Outage

BEFORE = Outage(LIFETIME - 95, LIFETIME - 10)
UNTIL_THE_END = Outage(LIFETIME - 85, LIFETIME)
ACROSS = Outage(LIFETIME - 100, LIFETIME + 25)
BRIEF = Outage(LIFETIME - 5, LIFETIME + 10)

COMPARED = (
    Scenario("normal", "Normal running", "the token endpoint takes 0.2 s", cycles=4),
    Scenario("slow", "A slow token endpoint", "it takes 4 to 6 s", latency=(4.0, 6.0), cycles=4),
    Scenario(
        "outage-before",
        "An outage of 85 s, over 10 s before the token's end",
        "every answer is a 503",
        outage=BEFORE,
    ),
    Scenario(
        "outage-until",
        "An outage of 85 s, until the token's end",
        "every answer is a 503",
        outage=UNTIL_THE_END,
    ),
    Scenario(
        "outage-across",
        "An outage of 125 s, until 25 s after the token's end",
        "connections are refused; for 25 calls of each worker there is no token to be had",
        outage=replace(ACROSS, refuses=True),
    ),
    Scenario(
        "outage-brief",
        "An outage of 15 s around the token's end",
        "connections are refused; it begins 5 s before the end, when early renewal is over",
        outage=replace(BRIEF, refuses=True),
    ),
    Scenario(
        "dying",
        "One holder of the lease in two dies",
        "right after it has taken it, and is replaced a second later",
        cycles=3,
        odds=0.5,
    ),
    Scenario(
        "dying-3",
        "The first three holders of the lease die",
        "right after they have taken it, and are replaced a second later",
        dying=3,
    ),
    Scenario(
        "first",
        "First use",
        "all workers start within one second, with nothing in the cache",
        is_cold=True,
    ),
)
# What is run for this package alone, in the smallest fleet: the same outages in the other way, and
# with other callers.
ALONE = (
    Scenario(
        "before-refused",
        "85 s, over 10 s before the token's end",
        "connections are refused",
        outage=replace(BEFORE, refuses=True),
    ),
    Scenario(
        "until-refused",
        "85 s, until the token's end",
        "connections are refused",
        outage=replace(UNTIL_THE_END, refuses=True),
    ),
    Scenario(
        "across-503",
        "125 s, until 25 s after the token's end",
        "every answer is a 503",
        outage=ACROSS,
    ),
    Scenario(
        "httpx",
        "85 s, over 10 s before the token's end",
        "callers as httpx's; a 503",
        outage=BEFORE,
        caller=HTTPX,
    ),
    Scenario(
        "httpx-refused",
        "85 s, over 10 s before the token's end",
        "callers as httpx's, whose call ends with a token request that is refused",
        outage=replace(BEFORE, refuses=True),
        caller=HTTPX,
    ),
    Scenario(
        "first-dying",
        "First use",
        "and the first holder of the lease dies",
        is_cold=True,
        dying=1,
    ),
)
SCENARIOS = (*COMPARED, *ALONE)
