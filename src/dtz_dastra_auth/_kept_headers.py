"""Headers of httpx and httpx2 that look where a redirect leads before they are copied.

Copies are made by the constructor, which reads a private list. Who calls it tells a redirect from
every other copy: those are complete, and of the same kind.
"""

import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from ._clients import HTTPX_LIBRARIES
from ._hidden import Credential, is_ours
from ._origins import Origins


def lower_names(headers: Any) -> list[bytes]:
    """Give the names of all headers, in lower case.

    Args:
        headers: The headers of a request of httpx or httpx2.
    """
    if type(headers) in _KINDS and hasattr(headers, "_list"):
        return [name for _, name, _ in headers._list]
    return [name.lower() for name, _ in headers.raw]


class Keeper:
    """What has a say in what becomes of the credential among the headers of a request.

    Attributes:
        origins: Where it may go; None for nowhere at all.
    """

    def __init__(self, origins: Origins | None) -> None:
        """Keep a credential inside origins."""
        self.origins = origins

    def keep(self, request: Any) -> None:
        """Have no header with the credential copied for a redirect away from the origins.

        Args:
            request: The request whose headers hold the credential.
        """
        headers = request.headers
        kind = _KINDS.get(type(headers))
        if kind is not None and hasattr(headers, "_list"):
            # Nobody else has it: both libraries make one for each request.
            headers._whole = headers._list
            del headers._list
            headers.__class__ = kind
        else:
            library = next(each for each in HTTPX_LIBRARIES if isinstance(request, each.Request))
            request.headers = headers = _KINDS[library.Headers](list(headers.raw))
        headers.keeper = self

    def on_redirect(self, request: Any) -> None:
        """Be told that a redirect copies the headers of a request."""


def _kept(headers_class: Any, raw: Any, origins: Origins | None) -> Any:
    headers = _KINDS[headers_class](raw)
    headers.keeper = Keeper(origins)
    return headers


def _text(values: list[bytes], encoding: str) -> str:
    text = ", ".join(value.decode(encoding) for value in values)
    # Joined with others of the same name, it is a text like any other.
    return Credential(text) if any(map(is_ours, values)) else text


def _redirect_of(frame: FrameType) -> Mapping[str, Any] | None:
    # The constructor may be wrapped by whoever watches a library at work.
    for _ in range(6):
        if frame.f_code.co_name == "_redirect_headers":
            return frame.f_locals
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None


def _may_go_along(copied_for: Mapping[str, Any], keeper: Keeper) -> bool:
    url, request = copied_for.get("url"), copied_for.get("request")
    if request is not None:
        keeper.on_redirect(request)
    if url is None or keeper.origins is None or not keeper.origins.allow(url):
        return False
    # A request that loses its body has its headers written anew, as plain ones that would take
    # the credential on from there to anywhere. Where there is a guard, it puts it on again.
    return request is not None and copied_for.get("method") == request.method


def _copied(headers: Any, copy: Any, frame: FrameType) -> Any:
    """Give what a constructor is to have of the list that it copies."""
    if copy is headers:
        return headers._whole
    if type(copy) in _KINDS:
        copy.__class__ = type(headers)
        copy.keeper = headers.keeper
    redirect = _redirect_of(frame)
    if redirect is None or _may_go_along(redirect, headers.keeper):
        return headers._whole
    return [entry for entry in headers._whole if not is_ours(entry[2])]


def _kind(headers_class: Any) -> Any:
    class Headers(headers_class):  # type: ignore[misc]  # a base known at run time only
        keeper = Keeper(None)

        @property
        def _list(self) -> Any:
            frame = sys._getframe(1)
            if frame.f_code.co_name != "__init__":
                return self._whole
            return _copied(self, frame.f_locals.get("self"), frame)

        @_list.setter
        def _list(self, entries: Any) -> None:
            self._whole = entries

        def __getitem__(self, name: str) -> str:
            # Not by the class above: httpx asks for all headers once more after each answer.
            encoding = self.encoding
            wanted = name.lower().encode(encoding)
            found = [value for _, key, value in self._whole if key == wanted]
            if len(found) == 1:
                # What is marked gives a text that is.
                text: str = found[0].decode(encoding)
                return text
            return _text(found, encoding) if found else super().__getitem__(name)

        def __reduce__(self) -> tuple[Any, ...]:
            return _kept, (headers_class, self.raw, self.keeper.origins)

    return Headers


_KINDS = {library.Headers: _kind(library.Headers) for library in HTTPX_LIBRARIES}
