"""Starting user code: a program with its arguments on its stack, or the few instructions of one `syscall`.

C counterpart: fs/exec.c.  What a program finds at its start is in binfmt.py; run.py runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.c_types import to_signed64
from kshell.abi.mman import PROT_EXEC, PROT_READ, PROT_WRITE
from kshell.abi.ptregs import AX, IP
from kshell.abi.sigaction import SA_RESTORER, SIG_IGN
from kshell.abi.signal import SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU
from kshell.kernel.core.layout import USER_STACK_TOP, USER_TEXT
from kshell.kernel.core.signal import SigAction
from kshell.kernel.entry.run import Outcome, run_task
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.kernel.task.binfmt import Segment, build_stack, load_bytes, map_fresh, map_segments, map_stack, start_thread
from kshell.kernel.task.task import Task, do_exit, release_task
from kshell.kernel.trace.listening import heard_by
from kshell.kernel.trace.tracer import Call, Tracer
from kshell.kernel.vdso.vma import map_vdso
from kshell.machine.encode import stub_listing
from kshell.machine.ram import PAGE_SIZE, OutOfMemory

STUB_DATA = USER_TEXT + PAGE_SIZE  # strings and buffers of `syscall`
STUB_DATA_SIZE = 16 << 20
STUB_END = STUB_DATA + STUB_DATA_SIZE
STUB_HANDLER = USER_TEXT + PAGE_SIZE - 16  # of the shell's task for SIGINT, which does nothing; and its restorer
HANDLER = b"\xc3" + b"\xb8\x0f\x00\x00\x00\x0f\x05"  # ret; mov eax, __NR_rt_sigreturn; syscall
CHILD = b"\x31\xff\xb8\xe7\x00\x00\x00\x0f\x05"  # behind the stub: a child that it has made exits at once
SHELL_ACTIONS = {  # as a shell at its prompt has them
    SIGINT: SigAction(STUB_HANDLER, SA_RESTORER, STUB_HANDLER + 1),
    **dict.fromkeys((SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU), SigAction(SIG_IGN)),
}


class Buffer(NamedTuple):
    """An argument of `syscall` that is room for `size` bytes in user memory, which begins with the bytes `first`."""

    size: int
    first: bytes = b""


class StubRun(NamedTuple):
    """One `syscall`: the call (None if it was never made), its outcome, the stub's instructions (bytes and text),
    each buffer afterwards (argument number, address, bytes), and what the program finds in rax."""

    call: Call | None
    outcome: Outcome
    stub: list[tuple[bytes, str]]
    buffers: list[tuple[int, int, bytes]]
    rax: int = 0


def new_shell_task(k: Kernel) -> Task:
    """The task that makes the calls of `syscall`; its descriptors stay from one call to the next."""
    task = k.shell_task = Task(k, "kshell", None)
    k.tasks[task.nr] = task
    _map_areas(task)
    task.mm.start_brk = task.mm.brk = STUB_END
    map_stack(task)
    task.signals.actions.update(SHELL_ACTIONS)
    map_vdso(k, task)
    k.switch_to(task)
    return task


def _map_areas(task: Task) -> None:
    """Map the areas of the stub and of its data, in place of what is there."""
    map_fresh(task, USER_TEXT, PAGE_SIZE, PROT_READ | PROT_EXEC)
    map_fresh(task, STUB_DATA, STUB_DATA_SIZE, PROT_READ | PROT_WRITE)
    task.mm.changes = 0


def revive_shell_task(k: Kernel) -> bool:
    """If the shell's task has ended, make a new one; True if it was so."""
    if k.shell_task.is_alive:
        return False
    release_task(k, k.shell_task)
    new_shell_task(k)
    return True


def run_stub(
    k: Kernel,
    nr: int,
    args: Sequence[int | bytes | Buffer],
    budget: int = 0,
    tracer: Tracer | None = None,
    is_32: bool = False,
) -> StubRun:
    """Make one system call as a user program does: a few instructions in ring 3, run by the CPU.  If it `is_32`, by
    `int 0x80`, and `nr` is a number of that.

    `args` are numbers, bytes (put into user memory with a NUL behind them) and Buffers.  `tracer`, a new one where none
    is given, hears of the call.
    Raises ValueError when they do not fit into user memory.
    """
    tracer = tracer or Tracer()
    before = len(tracer.calls)
    with k.cpu.ctrl_c:  # nothing is raised in the middle of the kernel
        revive_shell_task(k)
        task = k.shell_task
        if k.current is not task:
            k.switch_to(task)
        at = _place(args)
        stub = stub_listing(nr, [arg if isinstance(arg, int) else at[i] for i, arg in enumerate(args)], is_32)
        strings = [(at[i], arg + b"\0") for i, arg in enumerate(args) if isinstance(arg, bytes)]
        strings += [(at[i], arg.first) for i, arg in enumerate(args) if isinstance(arg, Buffer) and arg.first]
        text = (b"".join(code for code, _ in stub) + CHILD).ljust(STUB_HANDLER - USER_TEXT, b"\0") + HANDLER
        _load_stub(k, task, [*strings, (USER_TEXT, text)])
        task.signals.presses, k.bad_access = 0, None
        with heard_by(k, tracer):
            outcome = run_task(k, task, calls=1, budget=budget)
            while outcome.kind == "returned" and not USER_TEXT <= task.regs[IP] < STUB_HANDLER:
                outcome = run_task(k, task, calls=1, budget=budget)  # a handler, until it has returned
        buffers = [(i, arg.size) for i, arg in enumerate(args) if isinstance(arg, Buffer) and task.is_alive]
        after = [(i, at[i], copy_from_user(k, at[i], size)) for i, size in buffers]
        return StubRun(next(iter(tracer.calls[before:]), None), outcome, stub, after, to_signed64(task.regs[AX]))


def _place(args: Sequence[int | bytes | Buffer]) -> dict[int, int]:
    """The address in user memory of each argument that is no number, by the argument's index."""
    places, at = {}, STUB_DATA
    for index, arg in enumerate(args):
        if not isinstance(arg, int):
            size = arg.size if isinstance(arg, Buffer) else len(arg) + 1
            if at + size > STUB_END:
                raise ValueError(f"strings and buffers of one call may take {STUB_DATA_SIZE >> 20} MiB together")
            places[index] = at
            at += (size + 15) & ~15
    return places


def _load_stub(k: Kernel, task: Task, pieces: list[tuple[int, bytes]]) -> None:
    """Put the stub and its strings into fresh memory, whatever the last call did to it, and clear the registers."""
    if task.mm.changes:
        _map_areas(task)
    else:
        task.mm.zap(USER_TEXT, STUB_END)
    try:
        for address, data in pieces:
            load_bytes(k, task, address, data)
    except ValueError:
        raise ValueError("the machine has no memory left for the arguments") from None
    start_thread(task, USER_TEXT, USER_STACK_TOP - 0x100)


def load_program(
    k: Kernel, segments: Sequence[Segment], entry: int, comm: str, argv: Sequence[str], envp: Sequence[str] = ()
) -> Task:
    """A new child of the shell's task with the program in its memory, ready to run at `entry`.

    Raises ValueError when a segment has no place in user memory, or when the machine has no memory left.
    """
    with k.cpu.ctrl_c:
        revive_shell_task(k)
        try:
            task = Task(k, comm, k.shell_task)
        except OutOfMemory:
            raise ValueError("the machine has no memory left for another task") from None
        k.tasks[task.nr] = task
        task.is_program = True
        k.switch_to(task)
        try:
            task.mm.start_brk = task.mm.brk = map_segments(k, task, segments)
            map_stack(task)
            map_vdso(k, task)
            sp = build_stack(k, task, entry, argv, envp)
        except ValueError:
            do_exit(k, task, 1)
            release_task(k, task)
            k.switch_to(k.shell_task)
            raise
        start_thread(task, entry, sp)
        return task
