"""The parameters of a module (C: <linux/moduleparam.h>)."""

from __future__ import annotations

from typing import Any


class Param:
    """``static int n = 1;`` is ``n = Param("n", 1)``; its value is k.read(n), and module_param gives its type."""

    def __init__(self, name: str, value: object = 0) -> None: ...


def module_param(variable: Any, kind: str, mode: int, range: tuple[int, int] = (0, 0)) -> None:
    """Let insmod give a variable its value: ``module_param(n, "int", 0o444, range=(0, 5))``.

    `mode` is that of its file in /sys, 0 for none.  Types: byte short ushort int uint long ulong charp bool invbool.

    >>> level = Param("level", 1)
    >>> module_param(level, "int", 0o644)
    """


def MODULE_PARM_DESC(variable: Any, text: str) -> None:
    """What modinfo says about a parameter.

    >>> MODULE_PARM_DESC(mode, "how much is said")
    """
