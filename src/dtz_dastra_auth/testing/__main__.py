"""Run a command against the stand-ins: ``python -m dtz_dastra_auth.testing COMMAND …``.

The command finds credentials that the stand-ins take in the variables that ``from_env()`` reads,
and its HTTP clients are led to the stand-ins by the environment. They end when it does.
"""

import subprocess
import sys


def main(command: list[str]) -> int:
    """Run a command, and give its exit status; 2 without one, 127 where there is no such one.

    Args:
        command: The program and its arguments.
    """
    if not command:
        sys.stderr.write(__doc__ or "")
        return 2
    from . import serve

    with serve(set_environment=False) as services:
        environment = {**services.environment, **services.credentials}
        try:
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  # the user's own
        except FileNotFoundError as error:
            sys.stderr.write(f"{error}\n")
            return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
