"""Add keys to a cache at given moments, and print which of them it was told that it added.

Each line of input names a cache of `CACHES`, the servers, the keys, the moment of the first key,
and the seconds between two keys; the answer to it is one line too.
"""

import json
import sys
import time

from fleet.caches import CACHES, Servers


def main() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        cache = CACHES[told["cache"]].make(Servers(**told["servers"]))
        # Opens the connection.
        cache.get("nothing")
        print(json.dumps({"ready": True}), flush=True)
        told.update(json.loads(sys.stdin.readline()))
        won, late = [], 0.0
        for number, key in enumerate(told["keys"]):
            moment = told["at"] + number * told["gap"]
            time.sleep(max(moment - time.time(), 0))
            late = max(late, time.time() - moment)
            if cache.add(key, "taken", timeout=60):
                won.append(key)
        print(json.dumps({"won": won, "late": late}), flush=True)


if __name__ == "__main__":
    main()
