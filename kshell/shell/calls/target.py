"""Where the number of a system call leads, looked up once for all that is said about the call."""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.c_types import U64
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.trace import Call
from kshell.kernel.entry.entry import lookup
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.handlers import Handler, handlers_of


class Target(NamedTuple):
    """What a call reaches: its number as the kernel takes it (on 6.19 only 32 bits count), the address of the function,
    or None where there is none, its declaration, and the pointers that its code follows."""

    nr: int
    address: int | None
    definition: SyscallDefinition | None
    handlers: tuple[Handler, ...]


def target_of(k: Kernel, nr: int) -> Target:
    """Where a number leads at this moment."""
    address, number = lookup(k, nr & U64)
    definition = k.define_of(number) if address is not None else None
    handlers = handlers_of(k, address, definition) if address is not None else ()
    return Target(number, address, definition, handlers)


def target_of_call(k: Kernel, call: Call) -> Target:
    """Where the number of a call that was made leads."""
    if not call.is_32:
        return target_of(k, call.nr)
    from kshell.shell.calls.int80 import target_32

    return target_32(k, call.nr)
