"""How a system call is declared (C: <linux/syscalls.h>)."""

from __future__ import annotations

from kshell.kernel.core.declare import (
    COND_SYSCALL,
    SYSCALL_DEFINE0,
    SYSCALL_DEFINE1,
    SYSCALL_DEFINE2,
    SYSCALL_DEFINE3,
    SYSCALL_DEFINE4,
    SYSCALL_DEFINE5,
    SYSCALL_DEFINE6,
)

__all__ = [
    "COND_SYSCALL",
    "SYSCALL_DEFINE0",
    "SYSCALL_DEFINE1",
    "SYSCALL_DEFINE2",
    "SYSCALL_DEFINE3",
    "SYSCALL_DEFINE4",
    "SYSCALL_DEFINE5",
    "SYSCALL_DEFINE6",
]
