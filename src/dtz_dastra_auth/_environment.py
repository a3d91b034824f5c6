"""Environment variables, read by `from_env` and by nobody else."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from . import _checks
from ._errors import ConfigurationError


def get(name: str) -> str | None:
    """Give a variable's value, None when it is not set or empty.

    Args:
        name: The variable.

    Raises:
        ConfigurationError: It is blank, or has a control character in it or white space around
            it.
    """
    value = os.environ.get(name)
    return _checks.text(name, value) if value else None


def needed(name: str) -> str:
    """Give a variable's value.

    Args:
        name: The variable.

    Raises:
        ConfigurationError: It is not set, or as in `get`.
    """
    value = get(name)
    if value is None:
        raise ConfigurationError(f"{name}: is not set in the environment")
    return value


def listed(name: str) -> list[str] | None:
    """Give the parts of a variable's value, which commas separate; None when it is not set.

    Blanks around a part, and parts that are empty (a comma at the end), are passed over.

    Args:
        name: The variable.

    Raises:
        ConfigurationError: It has no parts, or as in `get`.
    """
    value = get(name)
    if value is None:
        return None
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts:
        # Without a part the defaults would be meant, which is not what somebody wrote there.
        raise ConfigurationError(f"{name}: is empty")
    return parts


@contextmanager
def named(variables: Mapping[str, str]) -> Iterator[None]:
    """Have errors begin with a variable, in the place of a parameter that nobody wrote.

    Args:
        variables: The variable that was passed for each parameter.

    Raises:
        ConfigurationError: What was raised inside.
    """
    try:
        yield
    except ConfigurationError as error:
        parameter, colon, said = str(error).partition(": ")
        # The error itself, since another one would have it as its context.
        error.args = (variables.get(parameter, parameter) + colon + said,)
        raise
