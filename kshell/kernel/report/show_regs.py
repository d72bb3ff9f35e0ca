"""The state of the machine in a report: who ran, the registers, the code, the functions that were running, the modules.

C counterpart: __show_regs() and show_iret_regs() in arch/x86/kernel, show_opcodes(), dump_stack_print_info().
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.abi.loglevel import KERN_DEFAULT
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.taint import tainted, words
from kshell.machine.control_registers import read_control_register
from kshell.machine.paging import FRAME_MASK, PRESENT
from kshell.machine.ram import PAGE_MASK

OPCODE_PROLOGUE, OPCODE_BYTES = 42, 64
TRACE_MAX = 16  # frames at either end of a long trace
RESUME_FLAG = 1 << 16  # a fault saves EFLAGS with it set
REGISTER_ROWS = ("AX BX CX", "DX SI DI", "BP R8 R9", "R10 R11 R12", "R13 R14 R15")


class Frame(NamedTuple):
    """A kernel or module function that was running: its `symbol` ("name+0x3/0x10 [module]"), the function's own
    address (0 where it has none), and where in the source it was."""

    symbol: str
    address: int
    file: str
    line: int
    source: str  # the text of that line, as it was when it was loaded


def say(k: Kernel, text: str) -> None:
    """A line of a report, at the level that most of them have."""
    k.printk(KERN_DEFAULT, text)


def is_old(k: Kernel) -> bool:
    """Whether the words are those of 4.19."""
    return k.profile.version < (5, 0)


def place(frame: Frame) -> str:
    """File and line of a frame, which kshell adds to what Linux prints."""
    return f"{os.path.basename(frame.file)}:{frame.line}"


def show_who(k: Kernel) -> None:
    """Which task ran, on which kernel (C: dump_stack_print_info)."""
    task, old = k.current, is_old(k)
    user, preemption = ("", "") if old else (f"UID: {task.cred.uid} ", " PREEMPT(voluntary)")  # since 6.15
    built = f"{k.release} #{k.image.build}{preemption}"
    say(k, f"CPU: 0 {user}PID: {task.pid} Comm: {task.comm} {tainted(k.taint)} {built}")
    if k.taint.letters and not old:
        say(k, words(k.taint))
    say(k, "Hardware name: kshell, simulated")


def registers(
    k: Kernel,
    frames: Sequence[Frame],
    jumped: int | None,
    machine: memoryview | None,
    cr2: int = 0,
    saved: int = RESUME_FLAG,
) -> list[str]:
    """RIP, the bytes around it, and the registers: a body in Python stands at its function's first byte, and has none
    of its own (C: __show_regs).  `saved` are flags that the CPU adds when it saves them."""
    if machine is not None:
        jumped = machine[ptregs.IP]
    rip = jumped if jumped is not None else frames[0].address if frames else 0
    if not rip and machine is None:
        lines = [f"RIP: 0010:{frames[0].symbol if frames else '0x0'}"]
    else:
        known = machine is not None and frames and frames[0].file
        name = k.symbols.describe(rip) if rip or not is_old(k) else f"{'(null)':>16}"  # %pS of NULL until 5.2
        hidden = rip < TASK_SIZE_MAX and not is_old(k)  # C: copy_code, since 5.8: as kernel text only
        code = _opcodes_missing(k, rip) if hidden else opcodes(k, rip)
        lines = [f"RIP: 0010:{name}" + (f" ({place(frames[0])})" if known else ""), "Code: " + code]
    if machine is None:
        lines.append(f"RSP: 0018:{k.current.regs_address - 0x40:016x} EFLAGS: 00010246")
    else:
        lines.append(f"RSP: 0018:{machine[ptregs.SP]:016x} EFLAGS: {machine[ptregs.FLAGS] | saved:08x}")
        lines += _general_registers(machine)
    cr0, cr3, cr4 = (read_control_register(k.cpu.mmu, number) for number in (0, 3, 4))
    return [
        *lines,
        f"FS:  {0:016x}(0000) GS:{0:016x}(0000) knlGS:{0:016x}",
        f"CS:  0010 DS: 0000 ES: 0000 CR0: {cr0:016x}",
        f"CR2: {cr2:016x} CR3: {cr3:016x} CR4: {cr4:016x}",
    ]


def opcodes(k: Kernel, rip: int) -> str:
    """The bytes around `rip`, that one in angle brackets (C: show_opcodes)."""
    start = max(rip - OPCODE_PROLOGUE, rip & PAGE_MASK)
    size = min(OPCODE_BYTES - OPCODE_PROLOGUE + rip - start, (start | ~PAGE_MASK) + 1 - start)
    code = _bytes_at(k, start, size)
    if not code:
        return _opcodes_missing(k, rip)
    return " ".join(f"<{byte:02x}>" if start + at == rip else f"{byte:02x}" for at, byte in enumerate(code))


def _bytes_at(k: Kernel, start: int, size: int) -> bytes:
    """Code in one page, of the kernel or of the current task; nothing where it cannot be read."""
    if start >= TASK_SIZE_MAX:
        try:
            return k.memory.read(start, size)
        except KernelFault:
            return b""
    entry = k.current.mm.pages.entry(start) if k.current.is_alive else 0
    at = (entry & FRAME_MASK) + (start & ~PAGE_MASK)
    return k.ram.bytes[at : at + size] if entry & PRESENT else b""


def _opcodes_missing(k: Kernel, rip: int) -> str:
    """What stands in the place of the bytes around `rip` where nothing is mapped."""
    return "Bad RIP value." if is_old(k) else f"Unable to access opcode bytes at 0x{rip - OPCODE_PROLOGUE & U64:x}."


def show_trace(k: Kernel, frames: Sequence[Frame], regs: memoryview | None) -> None:
    """The functions that were running, and what the program had in its registers when it made the call `regs`."""
    say(k, "Call Trace:")
    if not is_old(k):
        say(k, " <TASK>")
    lines = [f" {f.symbol}" + (f" ({place(f)})" if f.file else "") for f in frames]
    left_out = len(lines) - 2 * TRACE_MAX
    if left_out > 0:
        more = f"kshell: {left_out} more of these functions were running, and Linux prints a line for each"
        lines = [*lines[:TRACE_MAX], more, *lines[-TRACE_MAX:]]
    if regs is not None:
        ip, flags, number = regs[ptregs.IP], regs[ptregs.FLAGS], regs[ptregs.ORIG_AX]
        lines += [f"RIP: 0033:0x{ip:x}", "Code: " + opcodes(k, ip)]
        lines.append(f"RSP: 002b:{regs[ptregs.SP]:016x} EFLAGS: {flags:08x} ORIG_RAX: {number:016x}")
        lines += _general_registers(regs)
    for line in [*lines, " </TASK>"] if not is_old(k) else lines:
        say(k, line)


def _general_registers(regs: memoryview) -> list[str]:
    lines = []
    for row in REGISTER_ROWS:
        names = [f"R{int(n[1:]):02d}" if n[1:].isdigit() else "R" + n for n in row.split()]
        values = [regs[getattr(ptregs, n)] for n in row.split()]
        lines.append(" ".join(f"{n}: {v:016x}" for n, v in zip(names, values, strict=True)))
    return lines


def show_modules(k: Kernel) -> None:
    """Which modules are loaded, the last one first (C: print_modules)."""
    marks = {"Loading": "+", "Unloading": "-"}
    listed = []
    for module in reversed(k.modules.values()):
        flags = module.taints + marks.get(module.state, "")
        listed.append(f" {module.name}({flags})" if flags else f" {module.name}")
    last = f" [last unloaded: {k.last_unloaded}]" if k.last_unloaded else ""
    say(k, f"Modules linked in:{''.join(listed)}{last}")
