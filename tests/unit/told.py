"""What an error gives away."""


def told(error: BaseException) -> str:
    """Collect every text of an error and of all that hangs on it as cause or context."""
    texts: list[str] = []
    queue: list[BaseException | None] = [error]
    while queue:
        this = queue.pop()
        if this is None:
            continue
        texts += [str(this), repr(this), repr(this.args), repr(getattr(this, "__notes__", ""))]
        queue += [this.__cause__, this.__context__]
    return "\n".join(texts)
