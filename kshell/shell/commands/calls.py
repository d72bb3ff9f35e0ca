"""System calls: make one, follow it hop by hop, read its page."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.layout import USER_TEXT
from kshell.kernel.core.trace import INSTRUCTIONS, LINES
from kshell.kernel.entry.exec import StubRun
from kshell.kernel.kernel import Kernel
from kshell.machine.encode import ARGUMENT_REGISTERS
from kshell.shell.calls.call_line import call_arguments, call_number
from kshell.shell.calls.call_views import CallView, Ending
from kshell.shell.calls.interrupted import interrupted
from kshell.shell.calls.stat import STAT, counted
from kshell.shell.calls.surprises import surprises
from kshell.shell.calls.target import Target, target_of
from kshell.shell.commands.registry import command, find, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.replay.deeds import SystemCall
from kshell.shell.state.context import BUDGET, Context
from kshell.shell.views.view import Line, Text, View, labelled, span
from kshell.strace.strace import Strace

if TYPE_CHECKING:
    from kshell.shell.calls.hops import Hops

DETAILS = {"--lines": LINES, "--insns": INSTRUCTIONS}


@command(
    "syscall",
    "syscall NAME|NR [ARGS...]",
    "syscall --raw NAME|NR [ARGS...]",
    "syscall --during COMMAND NAME|NR [ARGS...]",
    "syscall --stat NAME|NR [ARGS...]",
    group="System calls",
    arguments=(Argument("syscall", "NAME|NR"), Argument("value", "[ARGS...]")),
    options=(
        Option("--raw", "make the call with any number of arguments"),
        Option("--during", "a command (in quotes) for the moment in which the call sleeps", "COMMAND"),
        STAT,
    ),
    examples=(
        ("syscall getpid", "a call without arguments"),
        ('syscall write 1 "hello\\n" 6', "a string is put into user memory"),
        ('syscall open "/etc/hostname" O_RDONLY', "flags have their names"),
        ("syscall uname buf:390", "buf:N is room that is shown afterwards"),
        ("syscall 335 42", "a call by its number"),
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
    (O_WRONLY|O_CREAT, AT_FDCWD), NULL, buf:64 for room of 64 bytes, and &name for a kernel symbol's address.

    By name, the arguments are counted; by number they are not, as with syscall(2) in C: missing ones are 0.

    All calls are made by one task, so a descriptor that one call opens is there for the next.

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
    nr = _number(session, k, words, "syscall")
    target = target_of(k, nr)
    definition = target.definition
    raw = raw or words[0].text[:1].isdigit()  # by number it is syscall(2), which knows no signature either
    args = call_arguments(k, words[0].text, words[1:], definition, raw)
    oopses, pid, regs_address = k.oopses, k.shell_task.pid, k.shell_task.regs_address
    session.core = None
    tracer = Strace(k, wants_events=with_hops)
    tracer.detail = detail or tracer.detail
    try:
        run = session.do(SystemCall(nr, args), tracer, meanwhile.run if meanwhile is not None else None)
    except ValueError as error:
        raise CommandError(f"syscall: {error}", "the arguments are put into user memory first", "less data") from None
    if meanwhile is not None:
        meanwhile.finish()
    _stopped(run)
    count = len(definition.parameters) if definition is not None else len(args)
    name = run.call.name if run.call is not None else None
    hops = _hops(tracer, run, f"__NR_{name} = {nr}" if name else "", k.image.tree) if with_hops else None
    returned = run.call is not None and run.outcome.kind == "returned"
    explanation = _why(session, run, target) if returned else None
    if session.tree or k.image.tree:
        from kshell.shell.trees.tree_running import remind

        remind(session, k, {name})
    _note_plain(k, target, regs_address)
    memory = [(i, _parameter(definition, i), address, data) for i, address, data in run.buffers]
    ending = Ending(run.outcome, _faulting(run), k.oopses > oopses, f"the shell's task {pid}")
    if run.call is not None and returned:
        session.last_call = run.call
        for text in surprises(k, run.call):
            k.note(text)
    return CallView(run.call, count, ending, memory, explanation, hops, meanwhile, session.libc)


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


def _number(session: Context, k: Kernel, words: list[Word], command: str) -> int:
    """The number of the call that the first word names.  CommandError otherwise, with what a tree has to do with it."""
    try:
        return call_number(k, words[0], words[1:] if command == "syscall" else (), command)
    except CommandError as error:
        if error.what.startswith("no system call") and (session.tree or k.image.tree):
            from kshell.shell.calls.in_tree import missing_call

            error.reword(*(missing_call(session, words[0].text) or (error.because, error.try_)))
        raise


def _parameter(definition: SyscallDefinition | None, index: int) -> str:
    if definition is not None and index < len(definition.parameters):
        return definition.parameters[index].name
    return f"argument {index + 1}"


def _hops(tracer: Strace, run: StubRun, number: str, tree: str) -> Hops:
    from kshell.shell.calls.hops import Hops

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
        raise CommandError("syscall: stopped", because, "the same at the prompt, where Ctrl-C ends it")


@command(
    "trace",
    "trace syscall [--during COMMAND] NAME|NR [ARGS...]",
    "trace run [--hops] FILE [ARGS...]",
    "trace insmod|modprobe|rmmod ...",
    "trace [--lines|--insns] COMMAND...",
    "trace on|off",
    group="System calls",
    arguments=(Argument("line", "COMMAND..."),),
    options=(
        Option("--hops", "with run: every hop of every call"),
        Option("--during", "with syscall: a command for the moment in which the call sleeps", "COMMAND"),
        Option("--lines", "before the command: also each line of a module's code, and which variables it changed"),
        Option("--insns", "before the command: also each instruction of it, and which registers it changed"),
    ),
    examples=(
        ("trace syscall getpid", "every hop of one call"),
        ("trace syscall test_call 42", "a call that follows a pointer"),
        ("trace --lines syscall test_call 42", "the lines of a module's code as they run"),
        ("trace --insns syscall test_call 42", "its instructions"),
        ("trace modprobe syscallModule", "what its init function does"),
        ("trace on", "trace all calls from now on"),
    ),
)
def trace(session: Context, words: list[Word]) -> View:
    """Show every hop of a system call: rings, table, wrapper, pointers.

    `trace syscall` shows the hops of one call, `trace run` the calls of a program as strace does. `trace on` does
    so for all calls that follow, until `trace off`.

    Where the code of a loaded .ko runs, its hops are the calls: -> with the arguments where a function begins, <- with
    the result where it returns, indented by how deep they are. Names and types come from its debugging information;
    of a function that has none, three registers are shown. Before insmod, modprobe and rmmod it shows the same of the
    module's init or exit function. After 1,000 such steps of a command no more are shown.
    """
    detail = DETAILS.get(words[0].text, "") if words else ""
    words = words[1:] if detail else words
    if not words:
        if detail:
            raise misuse("trace", "which command?", "trace --lines syscall test_call 42")
        return _trace_state(session)
    name = words[0].text
    if name in ("on", "off") and len(words) == 1 and not detail:
        session.trace_all = name == "on"
        return _trace_state(session)
    if name == "run":
        from kshell.shell.commands.run_program import run_traced

        return run_traced(session, words[1:], detail)
    if name == "syscall":
        return make_call(session, words[1:], with_hops=True, detail=detail)
    if name in ("insmod", "modprobe", "rmmod"):
        from kshell.shell.commands.trace_modules import trace_modules

        return trace_modules(session, words, detail)
    if find(name) is not None and name not in session.kernel.table.by_name:
        raise misuse("trace", f"{name} makes no system calls that could be traced")
    return make_call(session, words, with_hops=True, detail=detail)


def _trace_state(session: Context) -> View:
    off = "off: only trace syscall and trace run show what happens"
    state = "on: syscall shows the hops of its call, run the calls of its program" if session.trace_all else off
    return Text([f"trace is {state}"], {"trace": session.trace_all})


@command(
    "man",
    group="System calls",
    arguments=(Argument("syscall", "NAME|NR"),),
    examples=(("man write", "what write does and answers"), ("man 39", "the call with that number")),
)
def man(session: Context, words: list[Word]) -> View:
    """Show the page of a system call, with every errno it answers here.

    The page of a shell command is shown by help.
    """
    if len(words) != 1:
        raise misuse("man", "which call?" if not words else "one call at a time")
    k = session.kernel
    name = words[0].text
    if find(name) is not None and name not in k.table.by_name:
        from kshell.shell.commands.the_shell import help_page

        return help_page(name)
    try:
        nr = _number(session, k, words, "man")
    except CommandError as error:
        what = f"man: {error.what.removeprefix('man: ')}"
        raise CommandError(what, error.because, error.try_) from None
    definition = target_of(k, nr).definition
    if definition is None:
        return _missing_page(k, nr)
    return _page(k, nr, definition)


def _missing_page(k: Kernel, nr: int) -> View:
    """The page of a number without a body here."""
    from kshell.shell.calls.forgotten import without_body

    row, state = k.table.by_number.get(nr), k.syscall_state(nr)
    if row is None:
        what = "is a hole in the table" if state == "hole" else "has no row in the table"
        answer = f"number {nr} {what} of kernel {k.profile.name}: calling it answers -ENOSYS"
        return Text([answer], {"nr": nr, "name": None, "state": state})
    forgotten = without_body(k, row)
    if forgotten is not None:
        raise CommandError(f"man: {row.name} has no page", *forgotten)
    says = [
        f"A call of real Linux (entry {row.entry or 'none'})"
        + (" for x32 programs" if state == "x32" else "")
        + ", but not built here: kshell has no body for it.",
        "Calling it answers -1 ENOSYS (Function not implemented).",
    ]
    if state == "built":
        says = [f"The function {row.symbol} is called for it, and no SYSCALL_DEFINE made that: it has no page."]
    lines: list[Line] = [[(row.name, "name"), (f"  system call {nr} ({nr:#x}), kernel {k.profile.name}", "dim")], []]
    return Text([*lines, *map(span, says)], {"nr": nr, "name": row.name, "state": state})


def _page(k: Kernel, nr: int, definition: SyscallDefinition) -> View:
    from textwrap import wrap

    from kshell.abi.errno import ERRNO, strerror
    from kshell.shell.calls.call_code import code_of_call
    from kshell.shell.calls.manual import page

    is_code = definition.body is None
    found = page(definition, k.profile, code_of_call(k, definition.name) if is_code else b"")
    row = k.table.by_number.get(nr)
    name = row.name if row is not None else definition.name
    signature = (
        definition.signature if name == definition.name else definition.signature.replace(definition.name, name, 1)
    )
    lines: list[Line] = [[(name, "name"), (f"  system call {nr} ({nr:#x}), kernel {k.profile.name}", "dim")], []]
    lines += [[("  long ", "dim"), (signature, "name")], []]
    lines += [[("  ", ""), (text, "")] for text in wrap(found.summary, 78)]
    for paragraph in found.paragraphs:
        lines += [[], *([("  ", ""), (text, "")] for text in wrap(paragraph, 78))]
    rax = f"{nr}, and then the result" if found.returns else str(nr)
    lines += [[], span("Registers", "heading"), [("  rax  ", "address"), (rax, "")]]
    for register, parameter in zip(ARGUMENT_REGISTERS, definition.parameters, strict=False):
        lines.append([(f"  {register:<4} ", "address"), (str(parameter), "")])
    lines += [[], span("Errors", "heading")]
    numbers = {text: number for number, (text, _) in ERRNO.items()}
    for errno, reason in found.errors:
        number = numbers.get(errno)
        words = f"{strerror(number)} (-{number})" if number is not None else ""
        lines.append([(f"  {errno:<13} ", "errno"), (words, "dim")])
        lines += [[("      ", ""), (text, "")] for text in wrap(reason, 86)]
    if is_code and found.untold:
        named = ", ".join(f"-{name}" for name in found.untold)
        lines.append(span(f"  its docstring does not say it, but its code returns {named} too"))
    if not found.errors:
        lines.append(span(f"  none: {found.without_errors}" if found.knows_errors else f"  {found.without_errors}"))
    lines += [[], *labelled("declared as", definition.macro)]
    result = {
        "nr": nr,
        "name": name,
        "state": "built",
        "signature": signature,
        "summary": found.summary,
        "errors": [{"errno": errno, "because": reason} for errno, reason in found.errors],
    }
    return Text(lines, result)
