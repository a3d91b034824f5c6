"""Reading the body of a 401 in requests where what is below the response is not urllib3's."""

from collections.abc import Iterator

import pytest
import requests

from dtz_dastra_auth._drivers import CAP
from dtz_dastra_auth._flow import Peek
from dtz_dastra_auth._raw import peek
from dtz_dastra_auth._token import Deadline, SystemClock

CHUNK = b"x" * 1000


class Recording:
    """A body as vcrpy has it: with urllib3's way to read, and another to be made."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self.read_so_far = 0

    def stream(self, amount: int, *, decode_content: bool) -> Iterator[bytes]:
        assert decode_content
        for _ in range(self.chunks):
            self.read_so_far += len(CHUNK)
            yield CHUNK


def refused(raw: object) -> requests.Response:
    response = requests.Response()
    response.status_code = 401
    response.raw = raw
    return response


@pytest.mark.parametrize(("chunks", "is_whole"), [(3, True), (100_000, False)])
def test_a_body_from_elsewhere_is_read_up_to_the_bound_and_left_whole(
    chunks: int, *, is_whole: bool
) -> None:
    raw = Recording(chunks)
    response = refused(raw)
    assert peek(Peek(response, Deadline.after(SystemClock(), 10.0))) is is_whole
    assert raw.read_so_far <= CAP + 2 * len(CHUNK)
    assert sum(map(len, response.iter_content(5000))) == chunks * len(CHUNK)
