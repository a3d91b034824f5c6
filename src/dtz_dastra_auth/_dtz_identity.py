"""DTZ's identity service: where it is, and the requests for a token that take JSON."""

from typing import NamedTuple

from . import _check_urls
from ._errors import TokenError
from ._flow import Answer, Exchange, Steps
from ._need import Granted
from ._token import Deadline

IDENTITY_URL = "https://identity.dtz.rocks/api/2021-02-21"


def base_url(identity_url: object) -> str:
    """Accept where the identity service is.

    Args:
        identity_url: What was passed; a slash at its end makes no difference.

    Raises:
        ConfigurationError: It is no URL that secrets may be sent to.
    """
    return _check_urls.endpoint("identity_url", identity_url, query=False).rstrip("/")


class IdentityService(NamedTuple):
    """DTZ's identity service, as one token request sees it.

    Attributes:
        url: Its base.
        deadline: When the answer has to be there.
        session: What requests for a token go over when the caller is requests.
        label: Whose token it is, in words that are not secret.
        secrets: What must not show in an error, should the server repeat it.
    """

    url: str
    deadline: Deadline
    session: object
    label: str
    secrets: tuple[str, ...] = ()

    def ask(self, path: str, content: dict[str, str], bearer: str | None = None) -> Steps[Granted]:
        """Make one request for a token.

        Args:
            path: Where, below the base.
            content: The members of the body.
            bearer: The token that authenticates the request, if any.

        Raises:
            TokenError: The answer holds no token that could be used.
        """
        from . import _oauth

        headers, body = _oauth.json_request(content, bearer)
        url = self.url + path
        answer: Answer = yield Exchange(url, headers, body, self.deadline, self.session)
        secrets = (*self.secrets, *([bearer] if bearer else []))
        return _oauth.read_token(answer, self.label, secrets)

    def refresh(self, bearer: str, context_id: str) -> Steps[Granted]:
        """Get a new token for one that still lives.

        Args:
            bearer: That one.
            context_id: The context to act in; empty for its own.

        Raises:
            TokenError: There is no new token.
        """
        content = {"contextId": context_id} if context_id else {}
        return self.ask("/token/refresh", content, bearer)


def is_refusal(error: TokenError) -> bool:
    """Tell an answer that will be the same in a moment from one of a service out of order."""
    status = error.status_code
    return status is not None and status < 500 and status != 429
