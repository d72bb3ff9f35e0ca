"""Waiting (C: <linux/delay.h>)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from kshell.kernel.kernel import Kernel
from kshell.kernel.task.sleep import pass_time

__all__ = ["msleep"]


def msleep(k: Kernel, ms: int) -> None:
    """Sleep for `ms` milliseconds of the simulated clock; meanwhile another task may run, and unload the caller.

    Then the caller's text is gone, and the return from here is a fault.
    """
    address, body = _function_around(k, sys._getframe(1))
    pass_time(k, max(int(ms), 0))
    k.schedule()
    if k.bodies.get(address) is not body:
        k.return_into_nothing(address)


def _function_around(k: Kernel, frame: FrameType | None) -> tuple[int, Callable[..., Any] | None]:
    """The innermost function with an address that is running, and that address."""
    bodies = {getattr(body, "__wrapped__", body).__code__: (address, body) for address, body in k.bodies.items()}
    while frame is not None and frame.f_code not in bodies:
        frame = frame.f_back
    return bodies[frame.f_code] if frame is not None else (0, None)
