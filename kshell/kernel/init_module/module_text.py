"""The kernel's text around a module's init and exit: it calls them, since they are machine code.  What is to be done
when they have returned is a body in Python, behind the `vmcall`.

C counterpart: do_one_initcall() in init/main.c, do_init_module() and delete_module() in kernel/module/main.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kshell.kernel.core import layout
from kshell.machine.listing import Line

_ENTER: tuple[Line, ...] = (("push %rbp", "55"), ("mov %rsp, %rbp", "48 89 e5"))
_LEAVE: tuple[Line, ...] = (("pop %rbp", "5d"), ("ret", "c3"))
_KEEP_MODULE: tuple[Line, ...] = (("push %rdi", "57"), ("push %rdi", "57"))  # twice: a call wants rsp in whole 16s
_TAKE_MODULE: tuple[Line, ...] = (("pop %rdi", "5f"), ("pop %rdi", "5f"))
_BODY: Line = ("vmcall", "0f 01 c1")


class Routine(NamedTuple):
    """One function; `kind` is nm's letter."""

    name: str
    address: int
    kind: str
    lines: tuple[Line, ...]

    @property
    def code(self) -> bytes:
        """Its bytes."""
        return bytes.fromhex("".join(code for _, code in self.lines))

    @property
    def body(self) -> int:
        """Where its body in Python is entered."""
        return self.address + self.code.index(bytes.fromhex(_BODY[1]))

    def stack_rows(self) -> Iterator[tuple[int, int, int, bool]]:
        """From an address to another, how far from rsp the stack is as it was before the call."""
        at, depth = self.address, 8
        for text, code in self.lines:
            yield at, at + len(bytes.fromhex(code)), depth, True
            at += len(bytes.fromhex(code))
            depth += {"push": 8, "pop": -8}.get(text.split()[0], 0)


DO_ONE_INITCALL = Routine("do_one_initcall", layout.DO_ONE_INITCALL, "T", (*_ENTER, ("call *%rdi", "ff d7"), *_LEAVE))
DO_INIT_MODULE = Routine(  # (mod, mod->init)
    "do_init_module",
    layout.DO_INIT_MODULE,
    "t",
    (
        *_ENTER,
        *_KEEP_MODULE,
        ("mov %rsi, %rdi", "48 89 f7"),
        ("call do_one_initcall", "e8 e2 ff ff ff"),
        *_TAKE_MODULE,
        ("mov %eax, %esi", "89 c6"),
        _BODY,
        *_LEAVE,
    ),
)
DO_SYS_DELETE_MODULE = Routine(  # (mod, mod->exit)
    "__do_sys_delete_module",
    layout.DO_SYS_DELETE_MODULE,
    "t",
    (*_ENTER, *_KEEP_MODULE, ("call *%rsi", "ff d6"), *_TAKE_MODULE, _BODY, *_LEAVE),
)
ROUTINES = (DO_ONE_INITCALL, DO_INIT_MODULE, DO_SYS_DELETE_MODULE)
