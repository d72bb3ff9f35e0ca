"""What a file lets others use (C: <linux/export.h>)."""

from __future__ import annotations

from typing import Any


def EXPORT_SYMBOL(thing: Any) -> None:
    """Let modules use this pointer, variable or function by name."""


def EXPORT_SYMBOL_GPL(thing: Any) -> None:
    """The same for modules only whose licence goes with the GPL."""
