"""What a file lets others use (C: <linux/export.h>)."""

from __future__ import annotations

from typing import Any


def EXPORT_SYMBOL(thing: Any) -> None:
    """Let modules use this pointer, variable or function by name.

    >>> EXPORT_SYMBOL(STUB_x)
    """


def EXPORT_SYMBOL_GPL(thing: Any) -> None:
    """Let modules whose licence goes with the GPL use this pointer, variable or function by name.

    >>> EXPORT_SYMBOL_GPL(count)
    """
