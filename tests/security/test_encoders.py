"""Encoders that write out whatever an object holds find no secret in an auth object.

FastAPI's ``jsonable_encoder`` is one: Prefect puts the parameters of a flow into its database
through it, and an application may return an object from a handler.
"""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.methods import METHODS, REDIRECT_URI, Method
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzLogin,
    dastra_authorization_url,
)
from dtz_dastra_auth.testing import StandIns
from rfc7636 import VERIFIER
from security.scenes_wire import Connect, method_of, named, signed_in_with


def written(thing: Any, depth: int = 0) -> Any:
    """Write out all that can be reached by way of fields and dictionaries."""
    if thing is None or isinstance(thing, str | int | float | bool) or depth > 12:
        return thing
    if isinstance(thing, dict):
        return {str(key): written(value, depth + 1) for key, value in thing.items()}
    if isinstance(thing, list | tuple | set | frozenset):
        return [written(each, depth + 1) for each in thing]
    if dataclasses.is_dataclass(thing):
        fields = dataclasses.fields(thing)
        return {each.name: written(getattr(thing, each.name), depth + 1) for each in fields}
    return written(getattr(thing, "__dict__", type(thing).__name__), depth + 1)


def secrets_of(stand_ins: StandIns) -> list[str]:
    dastra, dtz = stand_ins.dastra, stand_ins.dtz
    plain = [dastra.private_key, dtz.api_key, dtz.password]
    return [*plain, *signed_in_with(stand_ins)]


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_what_writes_out_the_fields_of_an_auth_object_finds_no_secret(
    method: Method, stand_ins: StandIns
) -> None:
    made = method.make(stand_ins)
    text = json.dumps(written(made.auth))
    assert "_source" in text
    contexts = (stand_ins.dtz.context_id,)
    sent = [value.split(" ")[-1] for value in made.headers.values() if value not in contexts]
    assert [secret for secret in (*secrets_of(stand_ins), *sent) if secret in text] == []


SOURCES: dict[str, Callable[[StandIns], Any]] = {
    "login": lambda services: DtzLogin(services.dtz.username, services.dtz.password),
    "key-exchange": lambda services: DtzApiKeyExchange(services.dtz.api_key),
    "dtz-code": lambda services: DtzAuthorizationCode(
        services.dtz.make_code(REDIRECT_URI), "context-1", REDIRECT_URI, code_verifier=VERIFIER
    ),
    "dastra-code": lambda services: DastraAuthorizationCode(
        *(services.dastra.make_code(REDIRECT_URI), REDIRECT_URI),
        *(services.dastra.public_key, services.dastra.private_key),
        code_verifier=VERIFIER,
    ),
    "authorization-url": lambda services: dastra_authorization_url(
        "public", REDIRECT_URI, code_verifier=VERIFIER
    ),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_what_writes_out_whatever_else_has_a_secret_finds_none(
    make: Callable[[StandIns], Any], stand_ins: StandIns
) -> None:
    text = json.dumps(written(make(stand_ins)))
    assert [secret for secret in secrets_of(stand_ins) if secret in text] == []
    assert len(text) > len('"DtzLogin"')


@pytest.mark.parametrize("name", ["dastra-authorization-code", "dastra-refresh-token"])
def test_what_writes_out_an_auth_object_that_was_used_finds_no_refresh_token(
    name: str, connect: Connect, stand_ins: StandIns
) -> None:
    method = method_of(name)
    auth = method.make(stand_ins).auth
    assert connect(auth).get(method.url).status_code == 200
    assert stand_ins.dastra.refresh_tokens_in_force
    secrets = [*secrets_of(stand_ins), *stand_ins.dastra.tokens_in_force]
    text = json.dumps(written(auth))
    assert [secret for secret in secrets if secret in text] == []
