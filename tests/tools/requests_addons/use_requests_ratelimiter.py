"""A `LimiterSession` is a session of requests, which counts the calls that are made with it.

A token request goes over a session of its own, and counts where the object is given this one.
"""

from requests_ratelimiter import LimiterSession

from dtz_dastra_auth import DastraClientCredentials


def workspaces(pages: int) -> list[int]:
    """Stay below Dastra's 500 calls a minute."""
    with LimiterSession(per_minute=500, burst=10) as session:
        session.auth = DastraClientCredentials.from_env()
        url = "https://api.dastra.eu/v1/workspaces"
        calls = [session.get(url, params={"page": page + 1}) for page in range(pages)]
        return [call.status_code for call in calls]
