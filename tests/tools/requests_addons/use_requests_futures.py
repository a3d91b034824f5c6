"""A `FuturesSession` is a session of requests: it takes the object as its ``auth``."""

from requests_futures.sessions import FuturesSession

from dtz_dastra_auth import DastraClientCredentials


def workspaces(pages: int) -> list[int]:
    """Call for all pages at once."""
    with FuturesSession(max_workers=8) as session:
        session.auth = DastraClientCredentials.from_env()
        url = "https://api.dastra.eu/v1/workspaces"
        futures = [session.request("GET", url, params={"page": page + 1}) for page in range(pages)]
        return [future.result().status_code for future in futures]
