"""What a fault in the kernel comes to when the exception table has an entry for its instruction.

4.19's entry names a handler, 6.19's a type; each says how to go on.

C counterpart: arch/x86/mm/extable.c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.c_types import U64
from kshell.abi.ptregs import AX, IP, NAMES
from kshell.kernel.core.sections import EXPORT_SYMBOL, EXPORT_SYMBOL_GPL
from kshell.kernel.mm.extable import ExceptionEntry, has_types, search_exception_tables

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

X86_TRAP_GP, X86_TRAP_PF = 13, 14
EX_TYPE_DEFAULT, EX_TYPE_FAULT, EX_TYPE_UACCESS, EX_TYPE_IMM_REG = 1, 2, 3, 17
TYPE_NAMES = {1: "DEFAULT", 2: "FAULT", 3: "UACCESS", 17: "IMM_REG"}
# In the word of a type: its number, the register in the order in which instructions number them, a signed value.
TYPE_MASK, REGISTER_SHIFT, IMMEDIATE_SHIFT = 0xFF, 8, 16
REGISTERS = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"]


def ex_handler_default(k: Kernel, entry: ExceptionEntry, regs: memoryview, trap: int) -> bool:
    """On at the fixup."""
    regs[IP] = entry.fixup
    return True


def ex_handler_fault(k: Kernel, entry: ExceptionEntry, regs: memoryview, trap: int) -> bool:
    """The same, with the number of the exception in rax."""
    regs[AX] = trap
    return ex_handler_default(k, entry, regs, trap)


def ex_handler_imm_reg(k: Kernel, entry: ExceptionEntry, regs: memoryview, trap: int) -> bool:
    """The same, with a number in a register, as the entry says."""
    regs[NAMES.index(REGISTERS[entry.how >> REGISTER_SHIFT & 15])] = entry.how >> IMMEDIATE_SHIFT & U64
    return ex_handler_default(k, entry, regs, trap)


EXPORT_SYMBOL(ex_handler_default)
EXPORT_SYMBOL_GPL(ex_handler_fault)
Handler = Callable[..., bool]
_HANDLERS: tuple[Handler, ...] = (ex_handler_default, ex_handler_fault)
_BY_TYPE: dict[int, Handler] = {
    EX_TYPE_DEFAULT: ex_handler_default,
    EX_TYPE_FAULT: ex_handler_fault,
    EX_TYPE_UACCESS: ex_handler_default,
    EX_TYPE_IMM_REG: ex_handler_imm_reg,
}


def handler_of(k: Kernel, entry: ExceptionEntry) -> Handler | None:
    """Who says how to go on; None for a handler or a type that the kernel does not have."""
    if has_types(k):
        return _BY_TYPE.get(entry.how & TYPE_MASK)
    body = k.bodies.get(entry.how)
    return body if body in _HANDLERS else None


class BadAccess(NamedTuple):
    """An access to user memory that came to nothing: at `address`, by the instruction `ip`, and where the kernel went
    on; both are 0 where access_ok refused it."""

    address: int
    ip: int = 0
    fixup: int = 0


def fixup_exception(k: Kernel, regs: memoryview, trap: int, address: int) -> ExceptionEntry | None:
    """The path that faulted at regs[IP] goes on at the fixup of this entry; None: that is an oops.

    `trap` is the number of the exception, and `address` what was touched.
    """
    ip = regs[IP]
    entry = search_exception_tables(k, ip)
    handler = handler_of(k, entry) if entry is not None else None
    if entry is None or handler is None or not handler(k, entry, regs, trap):
        return None
    take_fixup(k, entry, address)
    return entry


def take_fixup(k: Kernel, entry: ExceptionEntry, address: int) -> None:
    """Remember that an access to `address` came to nothing, and tell who listens where the kernel goes on."""
    k.bad_access = BadAccess(address, entry.insn, entry.fixup)
    if k.on_event is not None:
        k.tell("fixup", "fixup", entry.fixup, where=k.symbols.offset(entry.fixup), how=how_text(k, entry))


def how_text(k: Kernel, entry: ExceptionEntry) -> str:
    """The handler's name, or that of the type with what it says of a register."""
    if not has_types(k):
        symbol = k.symbols.at(entry.how)
        return symbol.name if symbol is not None else f"{entry.how:#x}"
    kind, register = entry.how & TYPE_MASK, entry.how >> REGISTER_SHIFT & 15
    name = f"EX_TYPE_{TYPE_NAMES.get(kind, kind)}"
    return f"{name} r{REGISTERS[register]} = {entry.how >> IMMEDIATE_SHIFT}" if kind == EX_TYPE_IMM_REG else name
