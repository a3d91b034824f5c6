"""DTZ for a person who has signed in, by the code of a callback."""

import requests

from . import _checks
from ._code import Code
from ._dtz_identity import IDENTITY_URL, IdentityService, base_url, is_refusal
from ._errors import SignInRequiredError, TokenError
from ._flow import Answer, Exchange, Steps
from ._need import Granted
from ._rotation import Beginning
from ._sign_in import SignedInSource
from ._stores import TokenStore
from ._token import Deadline, Token


class DtzAuthorizationCode(SignedInSource):
    """Sign in with the code of a callback: a token source for the classes that take one.

    The first call exchanges the code (RFC 6749 section 4.1.3). DTZ gives no refresh token: while
    the token (a day long) lives, it is renewed by itself (``/token/refresh``). Once it has ended,
    a call raises `SignInRequiredError`. Objects with equal arguments share the token. A call that
    needs a token and gets none raises `TokenError`, or its client's network error.
    """

    def __init__(
        self,
        code: str,
        context_id: str,
        redirect_uri: str,
        *,
        code_verifier: str | None = None,
        identity_url: str = IDENTITY_URL,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Take the code of a callback; no request is made before the first call.

        Args:
            code: The code, as `code_from_callback` gives it. It is good once, and for minutes.
            context_id: The context to act in, which is the OAuth 2 client identifier, and its
                secret.
            redirect_uri: Where the browser was sent back to, as in the authorization URL.
            code_verifier: What the authorization URL was made with (RFC 7636): its
                ``code_verifier``; None if it was made without.
            identity_url: The base of the identity service, as `DtzLogin` takes it.
            session: What token requests go over when the caller is requests; see
                `DastraClientCredentials`.
            store: Where the token is kept; None for the store all objects of the process share.
                Processes that share a sign-in need a `SharedTokenStore`.
            timeout: How long getting a token may take, in seconds.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        url = base_url(identity_url)
        context_id = _checks.token_text("context_id", context_id)
        self._code = Code.checked(code, redirect_uri, code_verifier)
        begun = self._code.identity(("dtz_authorization_code", url, context_id))
        super().__init__(Beginning(begun), session=session, store=store, timeout=timeout)

    @property
    def _label(self) -> str:
        return f"a person at DTZ context {_checks.beginning(self._identity.parts[2])!a}"

    def __repr__(self) -> str:
        shown = _checks.beginning(self._identity.parts[2])
        return f"{type(self).__name__}(code='***', context_id={shown!r})"

    def _exchange(self, deadline: Deadline, previous: Token | None) -> Steps[Granted]:
        if not self._chain.is_begun:
            return (yield from self._signed_in(self._by_code(deadline)))
        if previous is None or previous.left(deadline.clock.now()) <= 0:
            raise self._over("the token has ended")
        _, url, context_id, _ = self._identity.parts
        service = IdentityService(url, deadline, self._session, self._label)
        return (yield from self._signed_in(service.refresh(previous.value, context_id)))

    def _by_code(self, deadline: Deadline) -> Steps[Granted]:
        from . import _oauth

        _, url, context_id, _ = self._identity.parts
        client = {"client_id": context_id, "client_secret": context_id}
        headers, body = _oauth.form(self._code.fields() | client)
        answer: Answer = yield Exchange(
            url + "/oauth/token", headers, body, deadline, self._session, is_patient=True
        )
        return _oauth.read_token(answer, self._label, self._code.secrets, signs_in=True)

    def _signed_in(self, steps: Steps[Granted]) -> Steps[Granted]:
        """Take a refusal for the end of the sign-in: DTZ's errors have no codes."""
        try:
            return (yield from steps)
        except TokenError as error:
            if isinstance(error, SignInRequiredError) or not is_refusal(error):
                raise
            over = SignInRequiredError(
                f"sign in again: {error}",
                error=error.error,
                description=error.description,
                status_code=error.status_code,
                retry_after=error.retry_after,
            )
        raise over

    def _is_final(self, error: SignInRequiredError) -> bool:
        # A code is good once. A token that was refused may be taken in a while: services answer so
        # when they cannot reach the identity service.
        return not self._chain.is_begun
