"""How a system call is declared (C: <linux/syscalls.h>)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


def SYSCALL_DEFINE0(body: _F) -> _F:
    """``@SYSCALL_DEFINE0`` over ``def name(k: Kernel, ...) -> Long:``, with 0 arguments behind k."""


def SYSCALL_DEFINE1(body: _F) -> _F:
    """``@SYSCALL_DEFINE1`` over ``def name(k: Kernel, ...) -> Long:``, with 1 argument behind k."""


def SYSCALL_DEFINE2(body: _F) -> _F:
    """``@SYSCALL_DEFINE2`` over ``def name(k: Kernel, ...) -> Long:``, with 2 arguments behind k."""


def SYSCALL_DEFINE3(body: _F) -> _F:
    """``@SYSCALL_DEFINE3`` over ``def name(k: Kernel, ...) -> Long:``, with 3 arguments behind k."""


def SYSCALL_DEFINE4(body: _F) -> _F:
    """``@SYSCALL_DEFINE4`` over ``def name(k: Kernel, ...) -> Long:``, with 4 arguments behind k."""


def SYSCALL_DEFINE5(body: _F) -> _F:
    """``@SYSCALL_DEFINE5`` over ``def name(k: Kernel, ...) -> Long:``, with 5 arguments behind k."""


def SYSCALL_DEFINE6(body: _F) -> _F:
    """``@SYSCALL_DEFINE6`` over ``def name(k: Kernel, ...) -> Long:``, with 6 arguments behind k."""


def COND_SYSCALL(name: str) -> None:
    """``COND_SYSCALL("accept")``: a weak __x64_sys_accept, which is -ENOSYS and gives way to any other of its name."""
