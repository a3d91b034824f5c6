"""A Locust user's ``client`` is a session of requests: set the object as its ``auth``.

All users of a process share one token.
"""

from locust import HttpUser, constant, task

from dtz_dastra_auth import DastraClientCredentials


class Reader(HttpUser):
    """Somebody who looks at the workspaces."""

    host = "https://api.dastra.eu"
    wait_time = constant(0.1)

    def on_start(self) -> None:
        """Authenticate."""
        # A Locust user ignores the environment: proxies, CA files, and stand-ins.
        self.client.trust_env = True
        self.client.auth = DastraClientCredentials.from_env()

    @task
    def workspaces(self) -> None:
        """Read the workspaces."""
        self.client.get("/v1/workspaces")
