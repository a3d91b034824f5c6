"""Stand-ins for the two base classes of httpx2, for type checkers where it is not installed."""


class Auth: ...


class RequestError(Exception): ...
