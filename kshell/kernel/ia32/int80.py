"""`int 0x80`: an interrupt that user code raises on purpose, through a gate of the IDT that is open to it.

The CPU itself pushes ss, rsp, rflags, cs and rip, and iretq takes them back: no register is lost, as rcx and r11 are at
a `syscall`.  C counterpart: entry_INT80_compat and do_int80_syscall_32() on 4.19, int80_emulation() on 6.19, in
arch/x86/entry.
"""

from __future__ import annotations

from kshell.abi.c_types import U64
from kshell.abi.errno import ENOSYS
from kshell.abi.ptregs import AX, ORIG_AX
from kshell.kernel.core import layout
from kshell.kernel.core.calling import CallAgain, TailCall
from kshell.kernel.core.pointers import function_at
from kshell.kernel.entry import oops
from kshell.kernel.entry.entry import syscall_exit_to_user_mode
from kshell.kernel.ia32.call_table import lookup_32
from kshell.kernel.ia32.entry_compat import gate_text
from kshell.kernel.ia32.int80_trace import int80_trace_enter
from kshell.kernel.ia32.placement import place_ia32
from kshell.kernel.kernel import Kernel
from kshell.kernel.process.again import call_again
from kshell.kernel.task.task import Task, TaskExit
from kshell.machine.ring0 import SYSCALL_SIZE, KernelEntry, KernelPath
from kshell.machine.stop import INT80

U32 = 0xFFFF_FFFF
SWITCH_SINCE = (6, 7)  # the handler is int80_emulation()


def open_gate(k: Kernel) -> None:
    """Boot: let `int 0x80` lead to its handler, and give the handler and its calls their addresses."""
    place_ia32(k)
    modern = k.profile.version >= SWITCH_SINCE
    text = gate_text(k.profile.version, modern)
    k.memory.poke(layout.INT80_TEXT, text.code)
    for symbol in text.symbols:
        k.symbols.add(symbol)
    name = "int80_emulation" if modern else "do_int80_syscall_32"
    k.define_functions(function_at(layout.DO_INT80, name, do_int80_syscall_32))
    k.gates[INT80] = entry_INT80


def entry_INT80(k: Kernel, task: Task) -> KernelPath | None:
    """The registers are in pt_regs: make the call.  Where it is machine code, the path on which the CPU is to go on."""
    regs = task.regs
    regs[ORIG_AX], regs[AX] = regs[AX] & U32, -ENOSYS & U64
    task.in_compat_syscall = True
    try:
        entry = do_int80_syscall_32(k, regs)
    except CallAgain:
        k.ia32.statistics_of(k, regs[ORIG_AX]).count -= 1
        call_again(k, regs, SYSCALL_SIZE)  # int 0x80 is as long
        task.in_compat_syscall = False
        return None
    except TailCall as call:
        entry = KernelEntry(call.address, task.regs_address, call.args)
    except TaskExit:
        return None
    except BaseException as error:  # whatever comes out of a body is an oops
        oops.die(k, error, regs)
        return None
    if entry is not None:
        return k.cpu.ring0.path_to(entry)
    task.in_compat_syscall = False
    syscall_exit_to_user_mode(k, regs)
    return None


def do_int80_syscall_32(k: Kernel, regs: memoryview) -> KernelEntry | None:
    """Find the call and leave its result in ax, all 64 bits of it, as do_syscall_64 does."""
    address, nr = lookup_32(k, regs[ORIG_AX])
    if k.tracer is not None:
        int80_trace_enter(k, k.tracer, regs, address, nr)
    if address is None:
        return None
    statistics = k.ia32.statistics_of(k, nr)
    statistics.count += 1
    body = k.bodies.get(address)
    if body is None:
        pt_regs = k.current.regs_address
        return KernelEntry(address, pt_regs, (pt_regs,))
    result = body(k, regs)
    statistics.errors += -4096 < result < 0
    regs[AX] = result & U64
    return None
