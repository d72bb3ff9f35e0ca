"""System calls: make one."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from kshell.kernel.core.layout import USER_TEXT
from kshell.kernel.entry.exec import StubRun
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.call_line import call_arguments, call_number
from kshell.shell.calls.call_views import CallView, Ending
from kshell.shell.calls.int80 import ABI, is_i386, number_32, target_32
from kshell.shell.calls.interrupted import interrupted
from kshell.shell.calls.stat import STAT, counted
from kshell.shell.calls.surprises import surprises
from kshell.shell.calls.target import Target, target_of
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.replay.deeds import SystemCall
from kshell.shell.state.context import BUDGET, Context
from kshell.shell.views.view import View
from kshell.strace.strace import Strace

if TYPE_CHECKING:
    from kshell.shell.calls.hops import Hops
    from kshell.shell.calls.memory_after import MemoryAfter


@command(
    "syscall",
    "syscall NAME|NR [ARGS...]",
    "syscall --raw NAME|NR [ARGS...]",
    "syscall --abi i386 NAME|NR [ARGS...]",
    "syscall --during COMMAND NAME|NR [ARGS...]",
    "syscall --stat NAME|NR [ARGS...]",
    group="System calls",
    arguments=(Argument("syscall", "NAME|NR"), Argument("value", "[ARGS...]")),
    options=(
        Option("--raw", "make the call with any number of arguments"),
        ABI,
        Option("--during", "a command (in quotes) for the moment in which the call sleeps", "COMMAND"),
        STAT,
    ),
    examples=(
        ("syscall getpid", "a call without arguments"),
        ('syscall write 1 "hello\\n" 6', "a string is put into user memory"),
        ('syscall open "/etc/hostname" O_RDONLY', "flags have their names"),
        ("syscall uname buf:390", "buf:N is room that is shown afterwards"),
        ("syscall 335 42", "a call by its number"),
        ('syscall --abi i386 write 1 "hi\\n" 3', "by int 0x80, where write is 4"),
        (
            "modprobe sleepy; syscall --during 'rmmod sleepy' test_call 1",
            "a module goes while its handler sleeps: the oops is what happens then",
        ),
        ("modprobe syscallModule; syscall --stat test_call 42", "how many instructions it takes"),
    ),
)
def syscall(session: Context, words: list[Word]) -> View:
    """Make one system call, from user code in ring 3.

    The arguments are numbers as in C (42, 0x2a, 0755, -1), characters ('a'), strings ("text\\n"), constants
    (O_WRONLY|O_CREAT, AT_FDCWD), NULL, buf:64 for room of 64 bytes, file:NAME for the bytes of a
    file of yours, and &name for a kernel symbol's address. int:5, ulong:1,2 and, for a call that says which,
    struct:a=1,b=2 are memory with values in it, shown afterwards.

    By name, the arguments are counted; by number they are not, as with syscall(2) in C: missing ones are 0.

    All calls are made by one task, so a descriptor that one call opens is there for the next.

    --abi i386 makes it as a 32-bit program does: by int 0x80, with the numbers of that table, and with ebx, ecx, edx,
    esi, edi and ebp as arguments, which are the lower 32 bits of the registers. Strings and buffers lie low enough for
    that; the stack does not.

    --during COMMAND runs a command at the first msleep() of the call, as if it was typed in a second terminal: rmmod,
    insmod, modprobe, lsmod, modinfo, dmesg, kallsyms or table.

    --stat counts what the CPU executes; the call is the same. In the kernel that is machine code alone: a function with
    a body in Python counts as the two instructions that stand for it, and a call with such a body as none.
    """
    return make_call(session, words, with_hops=session.trace_all)


def make_call(session: Context, words: list[Word], with_hops: bool, detail: str = "") -> View:
    """What `syscall` and `trace syscall` share."""
    k = session.kernel
    given = take_options("syscall", words, leading=True)
    is_32 = is_i386("syscall", given.get("--abi"))
    if STAT.key in given:
        return counted(k, "syscall", words, lambda rest: make_call(session, rest, with_hops, detail))
    meanwhile, words = None, given.words
    raw = "--raw" in given
    during = given.get("--during")
    if during is not None:
        from kshell.shell.commands.meanwhile import Meanwhile

        meanwhile = Meanwhile(session, during)
    if not words:
        raise misuse("syscall", "which call?")
    nr, target = _target(session, k, words, is_32)
    definition = target.definition
    raw = raw or words[0].text[:1].isdigit()  # by number it is syscall(2), which knows no signature either
    args = call_arguments(k, ("--abi i386 " if is_32 else "") + words[0].text, words[1:], definition, raw)
    oopses, pid, regs_address = k.oopses, k.shell_task.pid, k.shell_task.regs_address
    session.core = None
    tracer = Strace(k, wants_events=with_hops)
    tracer.detail = detail or tracer.detail
    try:
        run = session.do(SystemCall(nr, args, is_32), tracer, meanwhile.run if meanwhile is not None else None)
    except ValueError as error:
        because = "the arguments are put into user memory first"
        raise CommandError(f"syscall: {error}", because, "syscall write 1 buf:4096 4096  (less data)") from None
    if meanwhile is not None:
        meanwhile.finish()
    _stopped(run)
    count = len(definition.parameters) if definition is not None else len(args)
    name = run.call.name if run.call is not None else None
    hops = _hops(tracer, run, k.image.tree) if with_hops else None
    returned = run.call is not None and run.outcome.kind == "returned"
    explanation = _why(session, run, target) if returned else None
    _remind_of_tree(session, name)
    if not is_32:
        _note_plain(k, target, regs_address)
    memory = _memory_after(k, target, run)
    ending = Ending(run.outcome, _faulting(run), k.oopses > oopses, f"the shell's task {pid}")
    if run.call is not None and returned:
        session.last_call = run.call
        for text in surprises(k, run.call):
            k.note(text)
    between = [text for _, text in tracer.between]
    return CallView(run.call, count, ending, memory, explanation, hops, meanwhile, session.libc, run.rax, between)


def _memory_after(k: Kernel, target: Target, run: StubRun) -> list[MemoryAfter]:
    """What the call left in its buffers."""
    if not run.buffers:
        return []
    from kshell.shell.calls.memory_after import memory_after

    return [memory_after(k, target.definition, *buffer) for buffer in run.buffers]


def _remind_of_tree(session: Context, name: str | None) -> None:
    """Say so where another kernel runs than the tree's."""
    if session.tree or session.kernel.image.tree:
        from kshell.shell.trees.tree_running import remind

        remind(session, session.kernel, {name})


def _target(session: Context, k: Kernel, words: list[Word], is_32: bool) -> tuple[int, Target]:
    """The number that the first word means, and where it leads."""
    if is_32:
        nr = number_32(k, words)
        return nr, target_32(k, nr)
    nr = number_of_call(session, k, words, "syscall")
    return nr, target_of(k, nr)


def _note_plain(k: Kernel, target: Target, regs_address: int) -> None:
    """Say of machine code that is called what it was called with, where it asks for something else."""
    if target.address is not None and target.address not in k.bodies:
        from kshell.shell.calls.plain_function import note_plain

        note_plain(k, target.nr, regs_address)


def _why(session: Context, run: StubRun, target: Target) -> tuple[str, str] | None:
    """Why a call answered an error."""
    if run.call is None or run.call.ret is None or run.call.ret >= 0:
        return None
    from kshell.shell.calls.explain import why

    return why(session, run.call, target)


def number_of_call(session: Context, k: Kernel, words: list[Word], command: str) -> int:
    """The number of the call that the first word names.  CommandError otherwise, with what a tree has to do with it."""
    try:
        return call_number(k, words[0], words[1:] if command == "syscall" else (), command)
    except CommandError as error:
        if error.what.startswith("no system call") and (session.tree or k.image.tree):
            from kshell.shell.calls.in_tree import missing_call

            error.reword(*(missing_call(session, words[0].text) or (error.because, error.try_)))
        raise


def _hops(tracer: Strace, run: StubRun, tree: str) -> Hops:
    from kshell.shell.calls.hops import Hops

    call, number = run.call, ""
    if call is not None and call.name:
        number = f"__NR_{call.name} = {call.nr}{' for i386' if call.is_32 else ''}"
    return Hops(tracer.events, _listing(run), number, tree)


def _listing(run: StubRun) -> list[tuple[int, bytes, str]]:
    """The instructions of the stub, each with its address."""
    addresses = accumulate((len(code) for code, _ in run.stub), initial=USER_TEXT)
    return [(address, *instruction) for address, instruction in zip(addresses, run.stub, strict=False)]


def _faulting(run: StubRun) -> str:
    """The instruction of the stub that a signal stopped."""
    signal = run.outcome.signal
    if signal is None or not signal.ip:
        return ""
    end = USER_TEXT + sum(len(code) for code, _ in run.stub)
    listing = [*_listing(run), (end, b"", "(on the way back from syscall)")]
    text = next((text for address, _, text in listing if address == signal.ip), "")
    return f"{signal.ip:#x}  {text}".rstrip()


def _stopped(run: StubRun) -> None:
    """CommandError for a run that somebody or something else than the program ended."""
    if run.outcome.kind == "interrupted":
        name = run.call.name if run.call is not None else None
        raise interrupted("syscall", run.call, "", f"man {name}" if name else "table")
    if run.outcome.kind == "budget":
        because = f"in a script a command may run {BUDGET:,} instructions, and this one used them up"
        raise CommandError("syscall: stopped", because, "kshell  (at its prompt it may run on, and Ctrl-C ends it)")
