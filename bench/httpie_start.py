"""What runs of HTTPie that are not about this package take longer where it is installed.

    python bench/httpie_start.py DIRECTORY --pairs 100

Whole processes in pairs, in an order that changes, so that what else the machine does meets both.
One has an empty directory on its path, one the directory that the package was installed into
(``pip install --target DIRECTORY --no-deps .``). Printed are the medians, and the median of the
differences with the range that it lies in with 95 % certainty.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

RUN = ("-m", "httpie", "--ignore-stdin", "--offline", "https://example.org")
BOUND_MS = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", help="where the package is; this Python has HTTPie and not it")
    parser.add_argument("--pairs", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        paths = (empty, options.directory)
        for path in paths:
            milliseconds(path)
        pairs = []
        for number in range(options.pairs):
            order = paths if number % 2 else paths[::-1]
            took = {path: milliseconds(path) for path in order}
            pairs.append((took[empty], took[options.directory]))
    for what, column in (("wall", 0), ("processor", 1)):
        report(what, [(one[column], other[column]) for one, other in pairs])


def milliseconds(path: str) -> tuple[float, float]:
    """Run HTTPie once, and give its wall and its processor time."""
    environment = {**os.environ, "PYTHONPATH": path, "HTTPIE_CONFIG_DIR": os.devnull}
    # As where pip has installed it: the first runs, which are not counted, compile everything.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began, used = time.perf_counter(), processor_seconds()
    command = [sys.executable, "-P", *RUN]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return (time.perf_counter() - began) * 1000, (processor_seconds() - used) * 1000


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(what: str, pairs: Sequence[tuple[float, float]]) -> None:
    without, with_it = (statistics.median(column) for column in zip(*pairs, strict=True))
    differences = [other - one for one, other in pairs]
    low, high = spread(differences)
    print(
        f"{what} time of {len(pairs)} pairs: {without:.1f} ms without, {with_it:.1f} ms with; "
        f"difference {statistics.median(differences):.1f} ms ({low:.1f} to {high:.1f}), "
        f"allowed {BOUND_MS:.0f}"
    )


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Give the range of the median, by drawing from the values again and again."""
    drawn = random.Random(1)
    medians = sorted(statistics.median(drawn.choices(values, k=len(values))) for _ in range(2000))
    return medians[50], medians[-51]


if __name__ == "__main__":
    main()
