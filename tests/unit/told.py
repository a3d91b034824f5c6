"""What an error gives away."""

import traceback
from pathlib import Path

import dtz_dastra_auth

_OURS = Path(str(dtz_dastra_auth.__file__)).parent


def told(error: BaseException) -> str:
    """Collect every text of an error and of all that hangs on it as cause or context."""
    texts: list[str] = []
    for this in chain_of(error):
        texts += [str(this), repr(this), repr(this.args), repr(getattr(this, "__notes__", ""))]
    return "\n".join(texts)


def variables_of(error: BaseException) -> str:
    """Collect what tools that report errors show of our own frames: the variables of each."""
    texts = [
        f"{frame.filename}:{frame.lineno} {name} = {value}"
        for this in chain_of(error)
        for frame in traceback.TracebackException.from_exception(this, capture_locals=True).stack
        if _OURS in Path(frame.filename).parents
        for name, value in (frame.locals or {}).items()
    ]
    assert texts, "an error of our own has frames of our own"
    return "\n".join(texts)


def chain_of(error: BaseException) -> list[BaseException]:
    """Give an error and all that hangs on it as cause or context."""
    chain: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        this = queue.pop()
        if this is not None and not any(this is each for each in chain):
            chain.append(this)
            queue += [this.__cause__, this.__context__]
    return chain
