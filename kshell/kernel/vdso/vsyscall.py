"""The vsyscall page: three calls at addresses that are the same in every program, from before there was a vDSO.

Nothing is executed there any more: a jump to one of the entries faults, and the kernel makes the call in its stead and
returns to the caller.  `vsyscall=` says what is left of the page: "emulate", where it can also be read; "xonly" (since
5.3), where it cannot; "none".

C counterpart: arch/x86/entry/vsyscall/vsyscall_64.c.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.c_types import U64
from kshell.abi.errno import EFAULT, ENOSYS
from kshell.abi.loglevel import KERN_INFO, KERN_WARNING
from kshell.abi.mman import PROT_EXEC, PROT_READ, PROT_WRITE
from kshell.abi.ptregs import AX, CS, DI, DX, IP, SI, SP
from kshell.abi.signal import SEGV_ACCERR, SEGV_MAPERR, SI_KERNEL, SIGSEGV
from kshell.kernel.core.layout import VSYSCALL
from kshell.kernel.core.signal import Siginfo, force_sig_info
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fault import PF_USER, PF_WRITE
from kshell.kernel.mm.uaccess import access_ok, copy_from_user
from kshell.kernel.mm.vma import Vma
from kshell.kernel.report import why_signal
from kshell.kernel.task.task import Task
from kshell.machine import stop as stops
from kshell.machine.paging import FETCH, NX, PRESENT, READ, USER
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, page_parts

EMULATE, XONLY, NONE = "emulate", "xonly", "none"
VSYSCALL_MODES = (EMULATE, XONLY, NONE)
XONLY_SINCE = (5, 3)
POINTER_FAULTS_UNTIL = (6, 8)  # since then the signal of a bad pointer does not say which address it was
LOOK = "look up the vsyscall kernel parameter if you need a workaround"


class Entry(NamedTuple):
    """One call, at `offset` of the page; `sizes` are those of what its first arguments point to."""

    offset: int
    name: str
    nr: int
    sizes: tuple[int, ...]


ENTRIES = (
    Entry(0x000, "gettimeofday", 96, (16, 8)),
    Entry(0x400, "time", 201, (8,)),
    Entry(0x800, "getcpu", 309, (4, 4)),
)


def modes(version: tuple[int, int]) -> tuple[str, ...]:
    """What `vsyscall=` may say to a release, the default first."""
    return (XONLY, EMULATE, NONE) if version >= XONLY_SINCE else (EMULATE, NONE)


def mode_of(cmdline: str, version: tuple[int, int]) -> str:
    """What a boot with these words makes of the page; one that the release does not know counts for nothing."""
    words = [word.removeprefix("vsyscall=") for word in cmdline.split() if word.startswith("vsyscall=")]
    known = modes(version)
    return [known[0], *(word for word in words if word in known)][-1]


def map_vsyscall(k: Kernel) -> None:
    """Boot: have the page where programs can read it, if they may."""
    k.vsyscall_mode = mode_of(k.cmdline, k.profile.version)
    if k.vsyscall_mode != EMULATE:
        return
    frame = k.ram.alloc_frame()
    k.ram.bytes[frame : frame + PAGE_SIZE] = page()
    k.memory.space.set_entry(VSYSCALL, frame | PRESENT | USER | NX)


def page() -> bytes:
    """What stands there: for each call what a program could do itself."""
    code = b""
    for entry in ENTRIES:  # mov $nr, %rax; syscall; ret
        code = code.ljust(entry.offset, b"\xcc") + b"\x48\xc7\xc0" + entry.nr.to_bytes(4, "little") + b"\x0f\x05\xc3"
    return code.ljust(PAGE_SIZE, b"\xcc")


def gate_vma(k: Kernel) -> Vma | None:
    """The page as /proc/PID/maps shows it: an area of every program, though in the kernel's half (C: get_gate_vma)."""
    if k.vsyscall_mode == NONE:
        return None
    prot = PROT_EXEC | (PROT_READ if k.vsyscall_mode == EMULATE else 0)
    return Vma(VSYSCALL, VSYSCALL + PAGE_SIZE, prot, 0, "[vsyscall]", None, 0)


def emulate_vsyscall(k: Kernel, task: Task, address: int, access: int) -> bool:
    """User code has faulted on the page: True if the call was made, or a signal sent."""
    if address & PAGE_MASK & U64 != VSYSCALL:
        return False
    if access != FETCH:
        if access == READ and k.vsyscall_mode != EMULATE and k.profile.version >= XONLY_SINCE:
            _warn(k, task, KERN_INFO, f"vsyscall read attempt denied -- {LOOK}")
        return False
    if k.vsyscall_mode == NONE:
        _warn(k, task, KERN_INFO, "vsyscall attempted with vsyscall=none")
        return False
    entry = next((each for each in ENTRIES if VSYSCALL + each.offset == address), None)
    if entry is None:
        _warn(k, task, KERN_WARNING, f"misaligned vsyscall (exploit attempt or buggy program) -- {LOOK}")
        _segv(k, task, why_signal.NO_VSYSCALL)
        return True
    caller = copy_from_user(k, task.regs[SP], 8)
    if len(caller) < 8:
        _warn(k, task, KERN_WARNING, "vsyscall with bad stack (exploit attempt?)")
        _segv(k, task, why_signal.VSYSCALL_STACK)
    else:
        _call(k, task, entry, int.from_bytes(caller, "little"))
    return True


def _call(k: Kernel, task: Task, entry: Entry, caller: int) -> None:
    """Make the call and return to the caller; where a pointer is bad, the program stands still at the entry."""
    regs = task.regs
    if k.on_event is not None:
        k.tell("vsyscall", "emulated", VSYSCALL + entry.offset, name=entry.name, caller=caller)
    pointers = [(regs[slot], size) for slot, size in zip((DI, SI), entry.sizes, strict=False)]
    for pointer, size in pointers:
        if not access_ok(k, pointer, size, "write_ok_or_segv"):
            return _bad_pointer(k, task, Siginfo(SIGSEGV, SEGV_MAPERR, pointer))
    result = _run(k, task, entry)
    if result == -EFAULT:
        bad = _first_fault(task, pointers) if k.profile.version < POINTER_FAULTS_UNTIL else None
        return _bad_pointer(k, task, bad or Siginfo(SIGSEGV, SI_KERNEL))
    regs[AX], regs[IP], regs[SP] = result & U64, caller, regs[SP] + 8 & U64
    if k.on_event is not None:
        k.tell("return", "result", rax=result)
    return None


def _run(k: Kernel, task: Task, entry: Entry) -> int:
    """What a system call's function answers, whatever the table says.  getcpu's third argument has no meaning."""
    symbol = k.symbols.lookup(f"__x64_sys_{entry.name}")
    body = k.bodies[symbol.address if symbol is not None else k.ni_syscall]
    task.regs[AX], dx = -ENOSYS & U64, task.regs[DX]
    task.regs[DX] = 0
    try:
        result: int = body(k, task.regs)
        return result
    finally:
        task.regs[DX] = dx


def _first_fault(task: Task, pointers: list[tuple[int, int]]) -> Siginfo | None:
    """The signal that a program's own store to the first bad one of these places would have been."""
    for pointer, size in pointers:
        for at, _ in page_parts(pointer, size if pointer else 0):
            vma = task.mm.vmas.find(at)
            if vma is None or not vma.prot & PROT_WRITE:
                return Siginfo(SIGSEGV, SEGV_MAPERR if vma is None else SEGV_ACCERR, at)
    return None


def _bad_pointer(k: Kernel, task: Task, info: Siginfo) -> None:
    _warn(k, task, KERN_INFO, "vsyscall fault (exploit attempt?)")
    info.ip, info.why = task.regs[IP], why_signal.VSYSCALL_POINTER
    if info.address is not None:
        task.signals.trap = (stops.PAGE, PF_USER | PF_WRITE, info.address)
    force_sig_info(k, info)


def _segv(k: Kernel, task: Task, why: str) -> None:
    force_sig_info(k, Siginfo(SIGSEGV, SI_KERNEL, None, task.regs[IP], why))


def _warn(k: Kernel, task: Task, level: int, message: str) -> None:
    """C: warn_bad_vsyscall()."""
    ip, cs, sp, ax, si, di = (task.regs[slot] for slot in (IP, CS, SP, AX, SI, DI))
    registers = f"ip:{ip:x} cs:{cs:x} sp:{sp:x} ax:{ax:x} si:{si:x} di:{di:x}"
    k.printk(level, f"{task.comm}[{task.pid}] {message} {registers}")
