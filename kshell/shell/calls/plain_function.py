"""What a slot of sys_call_table leads to and no SYSCALL_DEFINE made: what it is called with, and what it asks for."""

from __future__ import annotations

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.kernel.debug.code_places import linked_objects
from kshell.kernel.debug.traced_code import TracedCode, TracedFunction, code_of
from kshell.kernel.entry.entry import lookup
from kshell.kernel.kernel import Kernel


def function_of(k: Kernel, address: int) -> tuple[TracedCode, TracedFunction] | None:
    """The function of machine code that begins at an address, with the file it is of."""
    code = next((code_of(k, each) for each in linked_objects(k) if each.holds(address)), None)
    function = code.entries.get(address) if code is not None else None
    return (code, function) if code is not None and function is not None else None


def note_plain(k: Kernel, nr: int, regs_address: int) -> None:
    """Say of a call that a task has just made, whose pt_regs are at this address, what arrived in the function, if that
    asks for other things than pt_regs."""
    address = lookup(k, nr & U64)[0]
    symbol = k.symbols.at(address) if address is not None and address not in k.bodies else None
    if symbol is None or symbol.name.removeprefix("__x64_sys_") in k.definitions:
        return
    found = function_of(k, symbol.address)
    if found is None or found[1].debug is None:
        return
    registers = [0] * len(ptregs.NAMES)
    registers[ptregs.DI] = regs_address
    arguments = found[0].arguments(found[1], registers)
    if not arguments or "pt_regs" in arguments[0]["type"]:
        return
    from kshell.kbuild.steps.plain_calls import SINCE

    takes = ", ".join(found[1].debug.takes)
    first = f"{arguments[0]['name']} was {arguments[0]['text']}, made of that pointer ({regs_address:#x})"
    ways = f"SYSCALL_DEFINE{len(arguments)} takes the arguments out of there"
    if symbol.module:
        ways = "a hook takes const struct pt_regs *regs, and the caller's arguments are regs->di, si, dx, r10, r8, r9"
    name = f"{symbol.name} [{symbol.module}]" if symbol.module else symbol.name
    k.note(f"{name} takes ({takes}), but {SINCE}: {first}; {ways}")
