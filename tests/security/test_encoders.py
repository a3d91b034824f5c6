"""Encoders that write out whatever an object holds find no secret in an auth object.

FastAPI's ``jsonable_encoder`` is one: Prefect puts the parameters of a flow into its database
through it, and an application may return an object from a handler.
"""

import dataclasses
import json
from typing import Any

import pytest

from conformance.methods import METHODS, Method
from dtz_dastra_auth import DtzLogin
from dtz_dastra_auth.testing import StandIns
from security.scenes_wire import named


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
    return [dastra.private_key, dtz.api_key, dtz.password]


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


def test_what_writes_out_a_source_finds_no_password(stand_ins: StandIns) -> None:
    login = DtzLogin(stand_ins.dtz.username, stand_ins.dtz.password)
    assert stand_ins.dtz.password not in json.dumps(written(login))
