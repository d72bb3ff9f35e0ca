"""Stopping where nothing can go on (C: <linux/bug.h>)."""

from __future__ import annotations

from kshell.kernel.core.pointers import KernelBug

__all__ = ["BUG", "BUG_ON"]


def BUG() -> None:
    """Stop here and now: the kernel is in a state that must not be (C: BUG)."""
    raise KernelBug("BUG()")


def BUG_ON(condition: object) -> None:
    """BUG() if `condition` holds."""
    if condition:
        raise KernelBug("BUG_ON")
