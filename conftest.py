"""Have pytest collect the code blocks of the pages: `pytest README.md README.fr.md docs`."""

from importlib.util import find_spec

# Most environments have nothing that reads pages, and no pages to test.
if find_spec("sybil") and find_spec("yaml"):
    from documentation.blocks import collect as pytest_collect_file
    from documentation.blocks import page, running

    __all__ = ["page", "pytest_collect_file", "running"]
