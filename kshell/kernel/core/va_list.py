"""The arguments that follow a format: one by one, each of the type that its conversion says.

C counterpart: <stdarg.h>.
"""

from __future__ import annotations

from typing import Protocol

from kshell.abi.c_types import CType

LONG = CType("long", 8, True)


class VaList(Protocol):
    """C: va_list.  A body whose last parameter is annotated with it is variadic: whoever calls it from machine code
    hands over a reader of what the registers and then the stack hold."""

    def next(self, ctype: CType = LONG) -> int:
        """The next argument, narrowed to `ctype` (C: va_arg)."""
