"""What is different when it is niquests that calls.

niquests took over the interface of requests, classes of its own behind it. It is not imported
here: whoever calls us with its requests has imported it.
"""

import sys
from types import FrameType
from typing import Any

import requests

from ._errors import ConfigurationError


def is_calling(request: Any) -> bool:
    """Tell whether a request is one of niquests.

    Args:
        request: A request, prepared or not.
    """
    return type(request).__module__.partition(".")[0] == "niquests"


def refuse_async(request: Any) -> None:
    """Refuse to renew tokens for ``niquests.AsyncSession``, whose event loop would stand still.

    Args:
        request: The request that is being authenticated.

    Raises:
        ConfigurationError: It is an ``AsyncSession`` that prepares this request.
    """
    if is_calling(request) and _is_prepared_by_async_session():
        raise ConfigurationError(
            "auth: niquests.AsyncSession is not supported for tokens that are renewed; "
            "use niquests.Session, or httpx.AsyncClient"
        )


def plain_session(request: Any) -> requests.Session:
    """Make the session for a token request: one that trusts what the caller's would.

    Args:
        request: The request that is being authenticated.
    """
    if is_calling(request):
        session: requests.Session = sys.modules["niquests"].Session()
        return session
    return requests.Session()


def _is_prepared_by_async_session() -> bool:
    # Nothing on the request tells, and a running event loop does not either: notebooks have one
    # while they use the blocking session. The session stands on the stack, a few calls up.
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        session = frame.f_locals.get("self")
        if frame.f_code.co_name == "prepare_request" and session is not None:
            return any(kind.__name__ == "AsyncSession" for kind in type(session).__mro__)
        frame = frame.f_back
    return False
