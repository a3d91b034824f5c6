"""vcrpy writes what went over the wire into a file, a cassette, and plays it back without network.

`cassette_filter` keeps secrets and tokens out of the file; with a store of its own, each recording
begins with its own token request. Anybody can play it back, with any key pair.
"""

import requests
import vcr

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import cassette_filter

recorder = vcr.VCR(**cassette_filter(), cassette_library_dir="cassettes")


def workspaces(auth: DastraClientCredentials) -> list[str]:
    """Give the names of all workspaces: the code under test."""
    answer = requests.get("https://api.dastra.eu/v1/workspaces", auth=auth)
    answer.raise_for_status()
    return [each["label"] for each in answer.json()["items"]]


@recorder.use_cassette("workspaces.yaml")
def test_a_workspace_is_known_by_its_label() -> None:
    auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
    assert workspaces(auth) == ["My data company"]
