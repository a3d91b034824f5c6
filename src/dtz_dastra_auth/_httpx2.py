"""The two base classes of httpx2 for type checkers, or their stand-ins where it is not installed.

A star import of a module that cannot be found adds no names. An import by name would add them as
``Any``, and an ``Any`` base silences every check on the classes built on it. So the stand-ins lie
between two star imports: of several definitions of a name some checkers take the first and others
the last, and both are httpx2's, if there is one.
"""

# What checkers say of this file depends on what is installed. An ignore on a line would be unused
# in the other environment; these switches are quiet in both.
# mypy: disable-error-code="import-not-found, assignment"
# pyright: reportMissingImports=false, reportWildcardImportFromLibrary=false

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import *
    from ._no_httpx2 import *  # isort: skip
    from httpx2 import *  # isort: skip
