"""Environment variables, read by `from_env` and by nobody else."""

import os

from ._errors import ConfigurationError


def get(name: str) -> str | None:
    """Give a variable's value, None when it is not set or empty.

    Args:
        name: The variable.
    """
    return os.environ.get(name) or None


def needed(name: str) -> str:
    """Give a variable's value.

    Args:
        name: The variable.

    Raises:
        ConfigurationError: It is not set, or empty.
    """
    value = get(name)
    if value is None:
        raise ConfigurationError(f"{name}: is not set in the environment")
    return value


def listed(name: str) -> list[str] | None:
    """Give the parts of a variable's value, which commas separate; None when it is not set.

    Args:
        name: The variable.
    """
    value = get(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else None
