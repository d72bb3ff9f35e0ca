"""What a listener is told of a call by `int 0x80`: its record, and the steps on the way in as events."""

from __future__ import annotations

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.kernel.ia32.call_table import NAMES, arguments_32
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.listening import stop_listening
from kshell.kernel.trace.tracer import Call, Tracer

U32 = 0xFFFF_FFFF
# What the CPU pushes at an interrupt, in that order.
PUSHED = {"ss": ptregs.SS, "rsp": ptregs.SP, "rflags": ptregs.FLAGS, "cs": ptregs.CS, "rip": ptregs.IP}


def int80_trace_enter(k: Kernel, tracer: Tracer, regs: memoryview, address: int | None, nr: int) -> None:
    """A call was dispatched as `nr` to `address`, or to no function if that is None."""
    if tracer.running is not None and tracer.running.waits:
        tracer.running.waits = False
        return
    row, registers = k.ia32.table.by_number.get(nr), arguments_32(regs)
    call = Call(
        nr,
        row.name if row is not None else None,
        tuple([value & U32 for value in registers]),
        k.ia32.define_of(nr),
        registers,
    )
    if not tracer.call_begins(call):
        stop_listening(k)
        return
    tracer.running = call
    if k.on_event is None:
        return
    k.code_trace.frames.clear()
    by_table = k.dispatches_by_table
    gate = "entry_INT80_compat" if by_table else "asm_int80_emulation"
    dispatcher = "do_int80_syscall_32" if by_table else "int80_emulation"
    k.tell("cpu", "int80", gate=gate, **{name: regs[slot] for name, slot in PUSHED.items()})
    k.tell("entry", "pt_regs_32", k.current.regs_address)
    k.tell("dispatch", "number_32", nr=nr, dispatcher=dispatcher)
    _tell_function(k, nr, address)
    if address is not None and call.definition is not None and address in k.ia32.definitions:
        _tell_arguments(k, call)


def _tell_function(k: Kernel, nr: int, address: int | None) -> None:
    """Where the function was found: in the table, in the switch, or nowhere."""
    ia32 = k.ia32
    if address is None:
        k.tell("dispatch", "past_end_32" if k.dispatches_by_table else "minus_one", nr=nr, nr_syscalls=ia32.nr_syscalls)
        return
    function = k.name_at(address)
    if k.dispatches_by_table:
        k.tell("table", "slot_32", address, nr=nr, **function)
    elif 0 <= nr < ia32.nr_syscalls:
        k.tell("switch", "case_32" if nr in ia32.table.by_number else "default_32", address, nr=nr, **function)
    else:
        k.tell("dispatch", "ni_syscall_32", address, nr=nr, nr_syscalls=ia32.nr_syscalls, **function)


def _tell_arguments(k: Kernel, call: Call) -> None:
    """What is left of each register, and what the wrapper makes of that."""
    definition = call.definition
    assert definition is not None
    arguments = [
        {"register": name, "raw": raw, "type": p.ctype.c, "name": p.name, "value": value, "kind": p.ctype.show}
        for name, raw, p, value in zip(NAMES, call.registers, definition.parameters, call.values, strict=False)
    ]
    for each, raw, p in zip(arguments, call.registers, definition.parameters, strict=False):
        if p.ctype.narrow(raw) != each["value"]:
            k.tell("wrapper", "cut", register=f"r{each['register']}", raw=raw & U64, left=raw & U32)
    k.tell("wrapper", "arguments", macro=definition.macro, arguments=arguments)
