"""What a listener is told of a system call: its record on the way in and out, and the steps there as events.

C counterpart: syscall_trace_enter() and syscall_exit_work() in kernel/entry/common.c.
"""

from __future__ import annotations

from kshell.abi import ptregs
from kshell.abi.c_types import to_signed64
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.listening import stop_listening
from kshell.kernel.trace.tracer import Call, Tracer


def syscall_trace_enter(k: Kernel, tracer: Tracer, regs: memoryview, address: int | None, nr: int) -> None:
    """A call was dispatched as `nr` to `address`, or to no function if that is None."""
    if tracer.running is None:
        syscall_trace_begin(k, tracer, regs, nr)
    call = tracer.running
    if call is not None and call.waits:
        call.waits = False
    elif call is not None and k.on_event is not None:
        k.tell("entry", "pt_regs", k.current.regs_address)
        k.tell("dispatch", "number", nr=nr)
        if address is None:
            what = "past_end" if k.dispatches_by_table else "minus_one"
            k.tell("dispatch", what, nr=nr, nr_syscalls=k.nr_syscalls)
        else:
            _tell_function(k, nr, address)
            _tell_arguments(k, call, address)


def syscall_trace_begin(k: Kernel, tracer: Tracer, regs: memoryview, nr: int) -> None:
    """A call begins: the CPU has gone to LSTAR."""
    row = k.table.by_number.get(nr)
    name = row.name if row is not None and row.abi != "x32" else None
    call = Call(to_signed64(regs[ptregs.ORIG_AX]), name, ptregs.arguments(regs), k.define_of(nr))
    if not tracer.call_begins(call):
        stop_listening(k)
        return
    tracer.running = call
    if k.on_event is not None:
        k.code_trace.frames.clear()
        k.tell("cpu", "syscall", rcx=regs[ptregs.CX], r11=regs[ptregs.R11])


def _tell_function(k: Kernel, nr: int, address: int) -> None:
    """Where the function was found: in the table, in the switch, or in do_syscall_64 itself."""
    function = k.name_at(address)
    if k.dispatches_by_table:
        k.tell("table", "slot", address, nr=nr, **function)
    elif 0 <= nr < k.nr_syscalls:
        k.tell("switch", "case" if nr in k.table.by_number else "default", address, nr=nr, **function)
    else:
        k.tell("dispatch", "ni_syscall", address, nr=nr, nr_syscalls=k.nr_syscalls, **function)


def _tell_arguments(k: Kernel, call: Call, address: int) -> None:
    """What the wrapper makes of the registers, if it is a system call's that stands at this address."""
    definition = k.definition_at.get(address)
    if definition is None:
        return
    values = call.values if definition is call.definition else definition.narrow(call.args)
    arguments = [
        {
            "register": ptregs.NAMES[slot],
            "raw": raw,
            "type": p.ctype.c,
            "name": p.name,
            "value": value,
            "kind": p.ctype.show,
        }
        for slot, raw, p, value in zip(ptregs.ARGUMENTS, call.args, definition.parameters, values, strict=False)
    ]
    k.tell("wrapper", "arguments", macro=definition.macro, arguments=arguments)


def syscall_trace_exit(k: Kernel, tracer: Tracer, regs: memoryview) -> None:
    """The running call is over: it has returned, or its task is dead."""
    call, tracer.running = tracer.running, None
    if call is None:
        return
    alive = k.current.is_alive
    if alive:
        call.ret = to_signed64(regs[ptregs.AX])
        if k.on_event is not None:
            k.tell("return", "result", rax=call.ret)
            if call.is_32:
                k.tell("cpu", "iretq", rip=regs[ptregs.IP])
    tracer.call_ends(call)
    if alive and not k.current.signals.pending and k.on_event is not None:
        k.on_event(3, "user", "instruction", regs[ptregs.IP], {})
