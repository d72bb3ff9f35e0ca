"""The arguments of a format, where there are no registers to read them from."""

from __future__ import annotations

from collections.abc import Iterable

from kshell.abi.c_types import CType
from kshell.kernel.core.calling import LONG, VaList


class Values(VaList):
    """C: a va_list of what is there already."""

    def __init__(self, values: Iterable[int]) -> None:
        self._values = iter(values)

    def next(self, ctype: CType = LONG) -> int:
        """The next of them; a missing one reads as 0."""
        return ctype.narrow(next(self._values, 0))
