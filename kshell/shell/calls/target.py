"""Where the number of a system call leads, looked up once for all that is said about the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.c_types import U64
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.entry.entry import lookup
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call

if TYPE_CHECKING:
    from kshell.shell.calls.handlers import Handler


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
    return reached(k, number, address, k.define_of(number) if address is not None else None)


def reached(k: Kernel, nr: int, address: int | None, definition: SyscallDefinition | None) -> Target:
    """What is reached at an address, with the pointers that it follows as they are at this moment."""
    if address is None or definition is None or address in k.bodies:
        return Target(nr, address, definition, ())
    from kshell.shell.calls.handlers import handlers_of

    return Target(nr, address, definition, handlers_of(k, address, definition.name))


def target_of_call(k: Kernel, call: Call) -> Target:
    """Where the number of a call that was made leads."""
    if not call.is_32:
        return target_of(k, call.nr)
    from kshell.shell.calls.int80 import target_32

    return target_32(k, call.nr)
