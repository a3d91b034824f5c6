"""How many examples a property is tried on; see `conftest.py` for the two profiles."""

from hypothesis import settings


def effort(share: float) -> settings:
    """Try a property on more or fewer examples than others, by what one of them costs.

    Args:
        share: 1 is what the profile says.
    """
    return settings(max_examples=max(10, round(settings().max_examples * share)))
