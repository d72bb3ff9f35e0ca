"""Starting user code: a program with its arguments on its stack, or the few instructions of one `syscall`.

C counterpart: fs/exec.c and fs/binfmt_*.c; the stack is what the x86-64 ABI says a program finds at its start.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from kshell.abi import ptregs
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_GROWSDOWN, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE
from kshell.kernel import traps
from kshell.kernel.layout import USER_STACK_TOP, USER_TEXT
from kshell.kernel.task import Siginfo, Task, do_exit, release_task
from kshell.kernel.trace import Call, Tracer
from kshell.kernel.uaccess import copy_from_user, copy_to_user
from kshell.machine.cpu import BUDGET, CTRL_C, STOPPED, USER_CS, USER_SS
from kshell.machine.ctrl_c import CtrlC
from kshell.machine.encode import stub_listing
from kshell.machine.paging import FRAME_MASK, READ
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

STUB_DATA = USER_TEXT + PAGE_SIZE  # strings and buffers of `syscall`
STUB_DATA_SIZE = 16 << 20
STACK_PAGES = 33
PRIVATE = MAP_PRIVATE | MAP_FIXED
TRAP_COST = 1000  # instructions charged for a trap that a run goes on after
CALL_COST = 100  # instructions charged for a system call
PROTECTIONS = {"r": PROT_READ, "w": PROT_WRITE, "x": PROT_EXEC, "-": 0}
AT_NULL, AT_PAGESZ, AT_ENTRY, AT_UID, AT_EUID, AT_GID, AT_EGID, AT_RANDOM = 0, 6, 9, 11, 12, 13, 14, 25


class Segment(NamedTuple):
    """Part of a program: `data` at `address`, followed by zeros up to `size`; `prot` is "r-x", "rw-" or "r--"."""

    address: int
    data: bytes
    size: int
    prot: str


class Outcome(NamedTuple):
    """How a run ended: "returned" (to the shell, after one call), "exited" with `status`, "killed" by `signal`,
    "budget" (too many instructions) or "interrupted" (Ctrl-C)."""

    kind: str
    status: int | None = None
    signal: Siginfo | None = None


class Buffer(NamedTuple):
    """An argument of `syscall` that is room for `size` bytes in user memory."""

    size: int


class StubRun(NamedTuple):
    """One `syscall`: the call (None if it was never made), its outcome, the stub's instructions
    (address, bytes, text), and each buffer afterwards (argument number, address, bytes)."""

    call: Call | None
    outcome: Outcome
    listing: list[tuple[int, bytes, str]]
    buffers: list[tuple[int, int, bytes]]


class ProgramRun(NamedTuple):
    """One `run`: its calls, its outcome, and the task, whose registers can still be read."""

    calls: list[Call]
    outcome: Outcome
    task: Task


def run_task(k: Kernel, task: Task, calls: int = 0, budget: int = 0) -> Outcome:
    """Run `task` in ring 3 until it ends, or has made `calls` system calls ("returned"; 0: any number).

    `budget` is a number of instructions, 0 for no limit; a system call counts as CALL_COST of them.
    """
    with CtrlC(k.cpu.uc.emu_stop) as ctrl_c:
        k.switch_to(task)
        k.calls_left = calls or budget // CALL_COST or -1
        left = budget
        while True:
            stop = k.cpu.run(task.frame, left)
            left -= k.cpu.charged
            if stop.kind not in (STOPPED, CTRL_C, BUDGET):
                traps.handle(k, task, stop)
                left -= TRAP_COST
            if not task.is_alive:
                return _ended(task)
            if ctrl_c.pressed:
                return Outcome("interrupted")
            if k.calls_left == 0:
                return Outcome("returned" if calls else "budget")
            if budget and left <= 0:
                return Outcome("budget")


def _ended(task: Task) -> Outcome:
    if task.killed_by is not None:
        return Outcome("killed", signal=task.killed_by)
    return Outcome("exited", status=task.exit_status)


def _start(task: Task, ip: int, sp: int) -> None:
    regs = task.regs
    for slot in range(ptregs.COUNT):
        regs[slot] = 0
    regs[ptregs.IP], regs[ptregs.SP], regs[ptregs.FLAGS] = ip, sp, 0x202
    regs[ptregs.CS], regs[ptregs.SS] = USER_CS, USER_SS


def _map_stack(task: Task) -> None:
    size = STACK_PAGES * PAGE_SIZE
    task.mm.map(USER_STACK_TOP - size, size, PROT_READ | PROT_WRITE, PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, "[stack]")


# One call.


def new_shell_task(k: Kernel) -> Task:
    """The task that makes the calls of `syscall`; its descriptors stay from one call to the next."""
    task = Task(k, "kshell", None)
    k.tasks[task.pid] = task
    _map_fresh(task, USER_TEXT, PAGE_SIZE, PROT_READ | PROT_EXEC)
    _map_fresh(task, STUB_DATA, STUB_DATA_SIZE, PROT_READ | PROT_WRITE)
    task.mm.start_brk = task.mm.brk = STUB_DATA + STUB_DATA_SIZE
    _map_stack(task)
    k.shell_task = task
    k.switch_to(task)
    return task


def revive_shell_task(k: Kernel) -> bool:
    """If the shell's task has ended, make a new one; True if it was so."""
    if k.shell_task.is_alive:
        return False
    release_task(k, k.shell_task)
    new_shell_task(k)
    return True


def run_stub(k: Kernel, nr: int, args: Sequence[int | bytes | Buffer], budget: int = 0) -> StubRun:
    """Make one system call as a user program does: a few instructions in ring 3, run by the CPU.

    `args` are numbers, bytes (put into user memory with a NUL behind them) and Buffers.
    Raises ValueError when they do not fit into user memory.
    """
    with CtrlC(k.cpu.uc.emu_stop):  # nothing is raised in the middle of the kernel
        revive_shell_task(k)
        task = k.shell_task
        k.switch_to(task)
        values, buffers = _place(k, task, args)
        listing, at = [], USER_TEXT
        for code, text in stub_listing(nr, values):
            listing.append((at, code, text))
            at += len(code)
        _map_fresh(task, USER_TEXT, PAGE_SIZE, PROT_READ | PROT_EXEC)  # whatever the last call did to it
        _load_segment(k, task, USER_TEXT, b"".join(code for _, code, _ in listing))
        _start(task, USER_TEXT, USER_STACK_TOP - 0x100)
        with _traced(k, True) as calls:
            outcome = run_task(k, task, calls=1, budget=budget)
        after = []
        if task.is_alive:
            after = [(i, address, copy_from_user(k, address, size)) for i, address, size in buffers]
        return StubRun(calls[0] if calls else None, outcome, listing, after)


@contextmanager
def _traced(k: Kernel, wanted: bool) -> Iterator[list[Call]]:
    """The list of the calls that are made in this block; empty if nobody wants them and no tracer is set."""
    outer = k.tracer
    if outer is None and wanted:
        k.tracer = Tracer()
    made, calls = len(outer.calls) if outer is not None else 0, list[Call]()
    try:
        yield calls
    finally:
        if k.tracer is not None:
            calls += k.tracer.calls[made:]
        k.tracer = outer


def _place(k: Kernel, task: Task, args: Sequence[int | bytes | Buffer]) -> tuple[list[int], list[tuple[int, int, int]]]:
    _map_fresh(task, STUB_DATA, STUB_DATA_SIZE, PROT_READ | PROT_WRITE)
    values, buffers, at = [], [], STUB_DATA
    for index, arg in enumerate(args):
        if isinstance(arg, int):
            values.append(arg)
            continue
        size = arg.size if isinstance(arg, Buffer) else len(arg) + 1
        if at + size > STUB_DATA + STUB_DATA_SIZE:
            raise ValueError(f"strings and buffers of one call may take {STUB_DATA_SIZE >> 20} MiB together")
        values.append(at)
        if isinstance(arg, Buffer):
            buffers.append((index, at, size))
        elif copy_to_user(k, at, arg + b"\0"):
            task.pending = None  # no OOM killer: the call is not made
            raise ValueError("the machine has no memory left for the arguments")
        at += (size + 15) & ~15
    return values, buffers


def _map_fresh(task: Task, address: int, size: int, prot: int) -> None:
    task.mm.map(address, size, prot, PRIVATE | MAP_ANONYMOUS, "kshell")


def _load_segment(k: Kernel, task: Task, address: int, data: bytes) -> None:
    done = 0
    while done < len(data):
        at = address + done
        length = min(len(data) - done, PAGE_SIZE - (at & PAGE_SIZE - 1))
        if task.mm.fault(at, READ) is not None:
            raise ValueError("the program does not fit into memory")
        frame = (task.mm.pages.entry(at) & FRAME_MASK) + (at & PAGE_SIZE - 1)
        k.ram.bytes[frame : frame + length] = data[done : done + length]
        done += length


# A program.


def load_program(
    k: Kernel, segments: Sequence[Segment], entry: int, comm: str, argv: Sequence[str], envp: Sequence[str] = ()
) -> Task:
    """A new child of the shell's task with the program in its memory, ready to run at `entry`.

    Raises ValueError when a segment has no place in user memory, or when the machine has no memory left.
    """
    with CtrlC(k.cpu.uc.emu_stop):
        revive_shell_task(k)
        try:
            task = Task(k, comm, k.shell_task)
        except OutOfMemory:
            raise ValueError("the machine has no memory left for another task") from None
        k.tasks[task.pid] = task
        k.switch_to(task)
        try:
            task.mm.start_brk = task.mm.brk = _map_segments(k, task, segments)
            _map_stack(task)
            sp = _build_stack(k, task, entry, argv, envp)
        except ValueError:
            do_exit(k, task, 1)
            release_task(k, task)
            k.switch_to(k.shell_task)
            raise
        _start(task, entry, sp)
        return task


def _map_segments(k: Kernel, task: Task, segments: Sequence[Segment]) -> int:
    """Map and fill them; the result is the first page behind the last of them."""
    end = 0
    for segment in segments:
        start = segment.address & PAGE_MASK
        size = max(segment.size, len(segment.data)) + segment.address - start
        prot = sum(PROTECTIONS[c] for c in segment.prot)
        if task.mm.overlaps(start, size) or task.mm.map(start, size, prot, PRIVATE | MAP_ANONYMOUS, task.comm) < 0:
            raise ValueError(f"there is no place for a part of the program at {segment.address:#x}")
        _load_segment(k, task, segment.address, segment.data)
        end = max(end, start + size)
    return (end + PAGE_SIZE - 1) & PAGE_MASK


def _build_stack(k: Kernel, task: Task, entry: int, argv: Sequence[str], envp: Sequence[str]) -> int:
    """argc, argv, envp and the auxiliary vector, as the ABI's figure 3.9 has them; returns the stack pointer."""
    strings, pointers, at = b"", [], USER_STACK_TOP - 8
    for text in (*argv, *envp):
        data = text.encode("utf-8", "surrogateescape") + b"\0"
        pointers.append(len(strings))
        strings += data
    at -= len(strings) + 16
    random_at = at + len(strings)
    offsets = [at + offset for offset in pointers]
    uid, gid = task.cred.uid, task.cred.gid
    auxv = (AT_PAGESZ, PAGE_SIZE, AT_ENTRY, entry, AT_UID, uid, AT_EUID, uid, AT_GID, gid, AT_EGID, gid)
    words = [len(argv), *offsets[: len(argv)], 0, *offsets[len(argv) :], 0, *auxv, AT_RANDOM, random_at, AT_NULL, 0]
    sp = (at - 8 * len(words)) & ~15
    data = struct.pack(f"<{len(words)}Q", *words)
    if copy_to_user(k, at, strings + k.random.randbytes(16)) or copy_to_user(k, sp, data):
        raise ValueError("the arguments do not fit on the stack")
    return sp


def run_program(k: Kernel, task: Task, budget: int = 0, trace: bool = False) -> ProgramRun:
    """Run a loaded program to its end; an unfinished one (budget, Ctrl-C) is killed.

    Its calls are recorded if `trace` says so, or if a tracer is set already; without, it runs much faster.
    """
    with CtrlC(k.cpu.uc.emu_stop), _traced(k, trace) as calls:
        try:
            k.cpu.reset()
            outcome = run_task(k, task, budget=budget)
        finally:
            do_exit(k, task, 130)
            release_task(k, task)
            k.switch_to(k.shell_task)
    return ProgramRun(calls, outcome, task)
