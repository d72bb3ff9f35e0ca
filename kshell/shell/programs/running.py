"""A program's run from its loading to its end, with its calls as they come."""

from __future__ import annotations

import os
from functools import partial

from kshell.abi import ptregs
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import MOST_CALLS, Call
from kshell.shell.calls.call_views import Ending, RunView, call_line, signal_line
from kshell.shell.calls.hops import Hops
from kshell.shell.calls.interrupted import interrupted
from kshell.shell.errors import CommandError
from kshell.shell.programs.program_files import HELP, Program
from kshell.shell.programs.program_trace import ProgramTracer, instruction_at, stopped_at
from kshell.shell.replay.core import core_of
from kshell.shell.replay.deeds import Ran, RunProgram
from kshell.shell.state.context import BUDGET, Context
from kshell.shell.views.view import Line, View, show


def start(
    session: Context,
    program: Program,
    args: list[str],
    traced: bool,
    with_hops: bool,
    detail: str = "",
    propagates: bool = False,
    drawn: bool = False,
) -> View:
    """Load a program, run it to its end, and say how that was; with `propagates` its exit status is the command's.

    Its calls are shown as they come, unless a picture is `drawn` of them.
    """
    k = session.kernel
    for note in program.notes:
        k.note(note)
    live = traced and not drawn and not session.output.collects
    tracer = _tracer(session, program, traced, with_hops, live)
    tracer.detail = detail or tracer.detail
    oopses = k.oopses
    task, outcome = _run(session, program, args, tracer)
    if tracer.full:
        k.note(f"the program made more than {MOST_CALLS:,} system calls: the rest are not kept here")
    at = instruction_at(program, task.regs[ptregs.IP])
    if outcome.kind == "interrupted":
        last = tracer.calls[-1] if tracer.calls else tracer.last_failed(traced)
        raise interrupted(f"run: {show(_comm(program))}", last, at, "regs  (its registers)", is_shown=live)
    if outcome.kind == "budget":
        raise _stopped(program, at)
    signal = outcome.signal
    instruction = instruction_at(program, stopped_at(program, signal)) if signal and signal.ip else ""
    ending = Ending(outcome, instruction, k.oopses > oopses, _comm(program))
    calls = [(call, _count(call)) for call in tracer.calls]
    failed = tracer.last_failed(traced)
    session.last_call = failed or session.last_call
    _add_notes(session, tracer, failed, task.regs_address, signal.why if signal is not None else "")
    hops = Hops(tracer.events, [], tree=k.image.tree) if tracer.wants_events else None
    shows = traced and not live
    if live:
        for line in ending.strace_lines():
            session.tty.line(line, stop=False)
    return RunView(calls, ending, hops, shows, with_hops and not live, propagates, tracer.between)


def _comm(program: Program) -> str:
    return os.path.basename(program.name)


def _tracer(session: Context, program: Program, traced: bool, with_hops: bool, live: bool) -> ProgramTracer:
    """What hears of the program's calls; if `live` it shows them as they come."""

    def show_line(line: Line) -> None:
        session.tty.line(line, stop=False)

    show_call = (lambda call: show_line(call_line(call))) if live else None
    wants_events, is_asked = with_hops or (traced and session.output.collects), traced or session.output.collects
    show_hop = show_line if live and with_hops else None
    tracer = ProgramTracer(session.kernel, program, wants_events, is_asked, show_call, show_hop)
    if live and not with_hops:
        tracer.line_between = lambda text: show_line(signal_line(text))  # type: ignore[method-assign]
    return tracer


def _run(session: Context, program: Program, args: list[str], tracer: ProgramTracer) -> Ran:
    """The program's task, and how it ended.  CommandError where there is no room for it."""
    k = session.kernel
    deed = RunProgram(program.segments, program.entry, _comm(program), [program.name, *args])
    session.core, k.on_exit = None, partial(_kept, session, k)
    try:
        return session.do(deed, tracer)
    except ValueError as error:
        raise CommandError(f"run: {show(program.name)}: {error}", "the machine has 64 MiB", HELP) from None
    finally:
        k.on_exit = None


def _add_notes(session: Context, tracer: ProgramTracer, failed: Call | None, regs_address: int, why: str) -> None:
    """Why there was nothing behind the call that failed last; what a function without SYSCALL_DEFINE was given; whether
    another kernel runs than the tree's.  `why` the program was killed, "" if it was not."""
    k = session.kernel
    if failed is not None:
        from kshell.shell.calls.explain import failure_note

        failure_note(session, failed)
    if k.image.tree and why.startswith("uretprobe"):
        from kshell.shell.calls.in_tree import own_number

        k.note(": ".join(own_number(k) or ()))
    for nr in {call.nr for call in tracer.calls if not call.is_32 and k.switch.get(call.nr) not in k.bodies}:
        from kshell.shell.calls.plain_function import note_plain

        note_plain(k, nr, regs_address)
    if session.tree or k.image.tree:
        from kshell.shell.trees.tree_running import remind

        remind(session, k, {*tracer.names, *(call.name for call in tracer.calls)})


def _kept(session: Context, k: Kernel) -> None:
    """What there is to look at after a program has ended."""
    session.core = core_of(k)


def _count(call: Call) -> int:
    """How many registers of a call are arguments."""
    return len(call.definition.parameters) if call.definition is not None else len(call.args)


def _stopped(program: Program, instruction: str) -> CommandError:
    """What to say of a program that did not end by itself."""
    name = show(os.path.basename(program.name))
    return CommandError(
        f"run: {name}: stopped after {BUDGET:,} instructions",
        f"a script may run no more, so that an endless loop ends; it was at {instruction}",
        "kshell  (at its prompt it may run on, and Ctrl-C ends it)",
    )
