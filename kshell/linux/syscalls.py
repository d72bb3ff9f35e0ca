"""How a system call is declared (C: <linux/syscalls.h>)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


def SYSCALL_DEFINE0(body: _F) -> _F:
    """Over a def, declare a system call with 0 arguments behind k; what it answers is a Long.

    >>> @SYSCALL_DEFINE0
    >>> def x(k: Kernel) -> Long: return 0
    """


def SYSCALL_DEFINE1(body: _F) -> _F:
    """Over a def, declare a system call with 1 argument behind k; what it answers is a Long.

    >>> @SYSCALL_DEFINE1
    >>> def x(k: Kernel, a: Int) -> Long: return 0
    """


def SYSCALL_DEFINE2(body: _F) -> _F:
    """Over a def, declare a system call with 2 arguments behind k; what it answers is a Long.

    >>> @SYSCALL_DEFINE2
    >>> def x(k: Kernel, a: Int, b: Int) -> Long: return 0
    """


def SYSCALL_DEFINE3(body: _F) -> _F:
    """Over a def, declare a system call with 3 arguments behind k; what it answers is a Long.

    >>> @SYSCALL_DEFINE3
    >>> def x(k: Kernel, a: Int, b: Int, c: Int) -> Long: return 0
    """


def SYSCALL_DEFINE4(body: _F) -> _F:
    """Over a def, declare a system call with 4 arguments behind k; what it answers is a Long.

    >>> @SYSCALL_DEFINE4
    >>> def x(k: Kernel, a: Int, b: Int, c: Int, d: Int) -> Long: return 0
    """


def SYSCALL_DEFINE5(body: _F) -> _F:
    """Over a def, declare a system call with 5 arguments behind k; what it answers is a Long.

    >>> @SYSCALL_DEFINE5
    >>> def x(k: Kernel, a: Int, b: Int, c: Int, d: Int, e: Int) -> Long: return 0
    """


def SYSCALL_DEFINE6(body: _F) -> _F:
    """Over a def, declare a system call with 6 arguments behind k; what it answers is a Long.

    >>> @SYSCALL_DEFINE6
    >>> def x(k: Kernel, a: Int, b: Int, c: Int, d: Int, e: Int, f: Int) -> Long: return 0
    """


def COND_SYSCALL(name: str) -> None:
    """``COND_SYSCALL("accept")``: a weak __x64_sys_accept, which is -ENOSYS and gives way to any other of its name.

    >>> COND_SYSCALL("accept")
    """
