"""Run a command against the stand-ins: ``python -m dtz_dastra_auth.testing COMMAND …``.

The command finds credentials that the stand-ins take in the variables that ``from_env()`` reads,
and its HTTP clients are led to the stand-ins by the environment. They end when it does. The keys
that the documentation's examples write out are taken as well. On the sign-in pages
user@example.org signs in with the word password.
"""

import subprocess
import sys

# What else `from_env()` reads: somebody's real token, or where credentials go instead.
_NOT_OURS = (
    *("DTZ_ACCESS_TOKEN", "DTZ_CONTEXT_ID", "DTZ_IDENTITY_URL", "DTZ_ORIGINS"),
    *("DASTRA_TOKEN_URL", "DASTRA_ORIGINS"),
)


def main(command: list[str]) -> int:
    """Run a command, and give its exit status; 2 without one, 127 where there is no such one.

    Args:
        command: The program and its arguments.
    """
    if not command or command[0] in {"-h", "--help"}:
        (sys.stdout if command else sys.stderr).write(__doc__ or "")
        return 0 if command else 2
    from . import serve

    with serve(set_environment=False) as services:
        # Those that the documentation writes out.
        services.dastra.add_key_pair("public-key", "private-key")
        services.dastra.username, services.dastra.password = "user@example.org", "password"
        services.dtz.add_api_key("apikey-1234", "context-1234")
        services.dtz.add_user("user@example.org", "password", "context-1234")
        kept = {n: v for n, v in services.environment.items() if n not in _NOT_OURS}
        signed_in = {"DASTRA_REFRESH_TOKEN": services.dastra.make_refresh_token()}
        environment = {**kept, **services.credentials, **signed_in}
        try:
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  # the user's own
        except FileNotFoundError as error:
            sys.stderr.write(f"{error}\n")
            return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
