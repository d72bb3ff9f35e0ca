"""Stopping where nothing can go on (C: <linux/bug.h>)."""

from __future__ import annotations

from typing import NoReturn


def BUG() -> NoReturn:
    """Stop here and now: the kernel is in a state that must not be (ud2, and a report).

    >>> if n < 0: BUG()
    """


def BUG_ON(condition: object) -> None:
    """BUG() if `condition` holds.

    >>> BUG_ON(q is None)
    """


def WARN_ON(condition: object) -> int:
    """Report and go on if `condition` holds; whether it did.

    >>> if WARN_ON(n < 0): return -EINVAL
    """
