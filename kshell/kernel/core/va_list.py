"""The arguments that follow a format: one by one, each of the type that its conversion says.

C counterpart: <stdarg.h>.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from kshell.abi.c_types import CType

LONG = CType("long", 8, True)


class VaList(Protocol):
    """C: va_list.  A body whose last parameter is annotated with it is variadic: whoever calls it from machine code
    hands over a reader of what the registers and then the stack hold."""

    def next(self, ctype: CType = LONG) -> int:
        """The next argument, narrowed to `ctype` (C: va_arg)."""


class Values:
    """Arguments that are there already."""

    def __init__(self, values: Iterable[int]) -> None:
        self._values = iter(values)

    def next(self, ctype: CType = LONG) -> int:
        """The next of them; a missing one reads as 0."""
        return ctype.narrow(next(self._values, 0))
