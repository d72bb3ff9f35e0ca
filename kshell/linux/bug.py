"""Stopping where nothing can go on (C: <linux/bug.h>)."""

from __future__ import annotations

from typing import NoReturn


def BUG() -> NoReturn:
    """Stop here and now: the kernel is in a state that must not be (ud2, and a report)."""


def BUG_ON(condition: object) -> None:
    """BUG() if `condition` holds."""


def WARN_ON(condition: object) -> int:
    """Report and go on if `condition` holds; whether it did."""
