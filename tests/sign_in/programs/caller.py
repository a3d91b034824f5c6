"""Be one of several processes that call with what one person has signed in for.

Input is a line of JSON: what was signed in with, and how long to call. Output is another one: the
status of each call, or its error, and the refresh tokens that this process was told of.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import clients
from dtz_dastra_auth import DastraRefreshToken, SharedTokenStore
from sign_in.shared_cache import SqliteCache

#: Seconds between the calls of a thread.
INTERVAL = 0.3


def main(plan: dict[str, Any]) -> dict[str, list[str]]:
    """Call from some threads, all with one auth object."""
    told: list[str] = []
    auth = DastraRefreshToken(
        plan["refresh_token"],
        plan["public_key"],
        plan["private_key"],
        on_refresh_token=told.append,
        token_url=plan["token_url"],
        origins=[plan["origin"]],
        store=SharedTokenStore(SqliteCache(Path(plan["cache"]))),
    )
    end = time.monotonic() + plan["seconds"]

    def calls(_: int) -> list[str]:
        client = clients.make("requests.Session", auth, timeout=30.0)
        results = []
        while time.monotonic() < end:
            try:
                results.append(str(client.get(plan["url"]).status_code))
            except Exception as error:
                results.append(repr(error))
            time.sleep(INTERVAL)
        client.close()
        return results

    with ThreadPoolExecutor(plan["threads"]) as threads:
        results = [each for some in threads.map(calls, range(plan["threads"])) for each in some]
    return {"results": results, "told": told}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.stdin.readline()))))
