"""What may not show, and every place where an error could show it."""

import base64
import traceback
from collections.abc import Iterator

from dtz_dastra_auth.testing import DastraStandIn


def forms_of(public_key: str, private_key: str) -> tuple[str, ...]:
    """Give a secret as it is and as it travels."""
    return private_key, base64.b64encode(f"{public_key}:{private_key}".encode()).decode()


def secrets_of(dastra: DastraStandIn) -> tuple[str, ...]:
    """Give what is secret between a caller and Dastra."""
    return (*forms_of(dastra.public_key, dastra.private_key), *dastra.tokens_in_force)


def texts_of(error: BaseException) -> Iterator[str]:
    """Give every text of an error: its own, and those of all that hang on it."""
    yield "".join(traceback.format_exception(error))
    seen: list[object] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if any(each is one for one in seen):
            continue
        seen.append(each)
        yield str(each)
        yield repr(each)
        if isinstance(each, BaseException):
            waiting += [*each.args, each.__cause__, each.__context__, *vars(each).values()]
            # Another's traceback shows frames that the first one's does not.
            yield "".join(traceback.format_exception(each))
