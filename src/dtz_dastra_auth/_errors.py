"""The errors of the package.

    Exception
    └── AuthError
        ├── AuthorizationError      a browser came back from a sign-in without what it was for
        ├── ConfigurationError      also a ValueError: what was passed cannot work
        └── TokenError              also the request error of every HTTP library installed:
            │                       no token could be had
            └── SignInRequiredError     nor will there be one before the person signs in again

A ``TokenError`` is caught by the ``except requests.RequestException`` or ``except
httpx.HTTPError`` that the caller already has.
"""

import copy

from ._clients import RequestErrors

_LONGEST_TEXT = 200


class AuthError(Exception):
    """Stand for every error this package raises by itself."""


class ConfigurationError(AuthError, ValueError):
    """Report an argument or environment variable that cannot work.

    The message names the parameter and never its value.
    """


class AuthorizationError(AuthError):
    """Report that a browser came back from a sign-in without an authorization code for it.

    Args:
        message: What the error says; the others are the attributes.

    Attributes:
        error: The server's error code, such as ``access_denied`` (RFC 6749 section 4.1.2.1), or
            None when the answer had none.
        description: The server's own words about it, shortened and escaped, or None.
    """

    def __init__(
        self, message: str, *, error: str | None = None, description: str | None = None
    ) -> None:
        Exception.__init__(self, message)
        self.error = error
        self.description = description


class TokenError(AuthError, RequestErrors):
    """Report that no token could be had.

    Args:
        message: What the error says, without what is secret; the others are the attributes.

    Attributes:
        error: The server's error code, such as ``invalid_client`` (RFC 6749 section 5.2), or
            None when the answer had none.
        description: The server's own words about it, shortened and escaped, or None.
        status_code: The HTTP status of the token endpoint's answer, or None when there was no
            answer.
        retry_after: The seconds the server asked to wait (RFC 9110 section 10.2.3), or None.
    """

    def __init__(
        self,
        message: str,
        *,
        error: str | None = None,
        description: str | None = None,
        status_code: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        Exception.__init__(self, message)
        self.error = error
        self.description = description
        self.status_code = status_code
        self.retry_after = retry_after


class SignInRequiredError(TokenError):
    """Report that there will be no token before the person signs in again.

    The code or refresh token was refused for good (``invalid_grant``, RFC 6749 section 5.2), or
    there is nothing left to renew the token with. Send the person to the authorization URL.
    """


def retold(error: Exception, label: str) -> TokenError:
    """Make the error of one caller fit to be raised for another one.

    Each caller gets an object of its own, since a raised exception collects tracebacks. An
    error of an HTTP library is only named: its text and its request may hold what is secret.

    Args:
        error: What the caller that made the token request met.
        label: Whose token was asked for.
    """
    if isinstance(error, TokenError):
        again = copy.copy(error)
        again.__traceback__ = again.__cause__ = again.__context__ = None
        return again
    kind = type(error)
    return TokenError(f"the token request for {label} met {kind.__module__}.{kind.__qualname__}")


def plain(said: str) -> str:
    """Make somebody else's words fit to be shown: shortened, and escaped.

    Escaped, whoever says them cannot forge log lines or move a terminal's cursor.

    Args:
        said: The words, without what is secret.
    """
    return said[:_LONGEST_TEXT].encode("unicode_escape").decode()


def is_answer(error: Exception) -> bool:
    """Tell what the token endpoint has answered from what went wrong on the way."""
    if isinstance(error, SignInRequiredError):
        # Or from what is known without any.
        return True
    return isinstance(error, TokenError) and error.status_code is not None
