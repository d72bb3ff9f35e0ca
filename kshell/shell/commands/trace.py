"""Following a system call hop by hop: in columns, as a picture, beside another one."""

from __future__ import annotations

from kshell.kernel.trace.tracer import INSTRUCTIONS, LINES
from kshell.shell.commands.calls import make_call
from kshell.shell.commands.registry import command, find, misuse, take_options
from kshell.shell.lines.options import Argument, Given, Option
from kshell.shell.lines.words import Word, plain
from kshell.shell.state.context import Context
from kshell.shell.views.view import Text, View

DETAILS = {"--lines": LINES, "--insns": INSTRUCTIONS}
PICTURES = ("--diagram", "--mermaid", "--compare")
NEEDED = {"-o": "--mermaid", "--with": "--compare", "--kernel": "--compare"}
INNER = ("--hops", "--during")  # options of the command behind, which may stand before it too


@command(
    "trace",
    "trace syscall [--during COMMAND] NAME|NR [ARGS...]",
    "trace run [--hops] FILE [ARGS...]",
    "trace insmod|modprobe|rmmod ...",
    "trace [--lines|--insns] [--diagram|--mermaid [-o FILE]] COMMAND...",
    "trace --compare [--with COMMAND] [--kernel KERNEL] COMMAND...",
    "trace --compare 'COMMAND...' 'COMMAND...'",
    "trace on|off",
    group="System calls",
    arguments=(Argument("line", "COMMAND..."),),
    options=(
        Option("--hops", "with run: every hop of every call"),
        Option("--during", "with syscall: a command for the moment in which the call sleeps", "COMMAND"),
        Option("--lines", "before the command: also each line of a module's code, and which variables it changed"),
        Option("--insns", "before the command: also each instruction of it, and which registers it changed"),
        Option("--diagram", "before the command: who calls whom, as a sequence diagram"),
        Option("--mermaid", "the same as text for mermaid, which draws it on a slide or a page"),
        Option("-o FILE", "with --mermaid: into a file of yours"),
        Option("--compare", "two runs side by side, each on a machine of its own"),
        Option("--with COMMAND", "with --compare: what the second run has before it, in quotes"),
        Option("--kernel KERNEL", "with --compare: what the second run boots before it"),
    ),
    examples=(
        ("trace syscall getpid", "every hop of one call"),
        ("trace syscall test_call 42", "a call that follows a pointer"),
        ("trace --lines syscall test_call 42", "the lines of a module's code as they run"),
        ("trace --insns syscall test_call 42", "its instructions"),
        ("trace modprobe syscallModule", "what its init function does"),
        ("trace --diagram syscall test_call 42", "its way through the kernel, drawn"),
        ("trace --mermaid -o getpid.mmd syscall getpid", "for a slide"),
        ("trace --compare --with 'modprobe syscallModule' syscall test_call 42", "an empty stub and a filled one"),
        ("trace --compare --kernel 6.19 syscall getpid", "the table of 4.19, the switch of 6.19"),
        ("trace --compare 'syscall getpid' 'modprobe hijack; syscall getpid'", "clean, and hijacked"),
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

    --diagram has a lane for each that takes part; ring 3 is left of the CPU and ring 0 right of it. A full arrow is a
    call, a dashed one a return, a dot something that happens in the lane, and a cross is where the path ends.

    --compare runs the last command of each line traced, on a copy of the machine as it is now, and leaves the machine
    itself alone. Hops that differ are marked: | in both, < in the first alone, > in the second alone.
    """
    given = take_options("trace", words, leading=True)
    _fits(given)
    words, detail = given.words, next((DETAILS[key] for key in given.values if key in DETAILS), "")
    if "--compare" in given:
        from kshell.shell.commands.trace_compared import compared

        return compared(session, given)
    if not words:
        if given.values:
            raise misuse("trace", "which command?", f"trace {next(iter(given.values))} syscall test_call 42")
        return _trace_state(session)
    if words[0].text in ("on", "off") and len(words) == 1 and not given.values:
        session.trace_all = words[0].text == "on"
        return _trace_state(session)
    words = [words[0], *_inner(given), *words[1:]]
    picture = next((key for key in ("--diagram", "--mermaid") if key in given), "")
    if not picture:
        return _traced(session, words, detail)
    from kshell.shell.commands import trace_drawn

    drawn = trace_drawn.diagram if picture == "--diagram" else trace_drawn.for_mermaid
    return drawn(session, lambda: _traced(session, words, detail, is_drawn=True), given)


def _fits(given: Given) -> None:
    """CommandError for options that have no meaning together."""
    pictures = [key for key in PICTURES if key in given]
    if len(pictures) > 1:
        raise misuse("trace", f"{' or '.join(pictures)}: one of them")
    for key, needed in NEEDED.items():
        if key in given and needed not in given:
            raise misuse("trace", f"{key} belongs to {needed}")


def _inner(given: Given) -> list[Word]:
    """The options of the command behind that stand before it, as they stand behind it."""
    return [word for key in INNER if key in given for word in (plain(key), given.values[key]) if word.raw]


def _traced(session: Context, words: list[Word], detail: str, is_drawn: bool = False) -> View:
    """The command, traced; where it is to be drawn, nothing is shown before."""
    name = words[0].text
    if name == "run":
        from kshell.shell.commands.run_program import run_traced

        return run_traced(session, words[1:], detail, is_drawn)
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
