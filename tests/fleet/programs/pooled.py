"""Make an auth object when the workers of a pool are there already, use it, and hand it to one.

Prints what came of each call, in lines of JSON: before, in the worker, and after the last line of
input, when what was given out before is refused.
"""

import json
import multiprocessing
import os
import sys
import time

from dtz_dastra_auth import DastraRefreshToken
from fleet.handed_over import outcome


def main(kind: str) -> None:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        auth = DastraRefreshToken(
            sys.stdin.readline().strip(),
            os.environ["DASTRA_PUBLIC_KEY"],
            os.environ["DASTRA_PRIVATE_KEY"],
        )
        print(json.dumps(outcome(kind, auth)), flush=True)
        print(json.dumps(pool.apply_async(outcome, (kind, auth)).get(60)), flush=True)
        sys.stdin.readline()
        # Of a token that is younger than a second a 401 is not believed.
        time.sleep(1.1)
        print(json.dumps(outcome(kind, auth)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
