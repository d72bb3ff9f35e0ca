"""A program's run from its loading to its end, with its calls as they come."""

from __future__ import annotations

import os

from kshell.abi import ptregs
from kshell.kernel.core.trace import MOST_CALLS, Call
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import Outcome, run_program
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.call_views import Ending, RunView, call_line
from kshell.shell.calls.hops import Hops
from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.programs.program_files import Program
from kshell.shell.programs.program_trace import ProgramTracer, instruction_at, stopped_at
from kshell.shell.state.context import BUDGET, Context
from kshell.shell.views.view import Line, View, show


def start(session: Context, program: Program, args: list[str], traced: bool, with_hops: bool, detail: str = "") -> View:
    """Load a program, run it to its end, and say how that was."""
    k = session.kernel
    comm = os.path.basename(program.name)
    for note in program.notes:
        k.note(note)
    try:
        task = load_program(k, program.segments, program.entry, comm, [program.name, *args])
    except ValueError as error:
        raise CommandError(f"run: {show(program.name)}: {error}", "the machine has 64 MiB", "a smaller one") from None
    live = traced and not session.output.collects

    def show_line(line: Line) -> None:
        session.tty.line(line, stop=False)

    show_call = (lambda call: show_line(call_line(call))) if live else None
    hops_wanted, asked = with_hops or (traced and session.output.collects), traced or session.output.collects
    tracer = ProgramTracer(k, program, hops_wanted, asked, show_call, show_line if live and with_hops else None)
    tracer.detail = detail or tracer.detail
    oopses = k.oopses
    outcome = run_program(k, task, session.budget, tracer)
    if tracer.full:
        k.note(f"the program made more than {MOST_CALLS:,} system calls: the rest are not kept here")
    session.registers = dict(zip(ptregs.NAMES, task.regs.tolist(), strict=True))
    if outcome.kind in ("interrupted", "budget"):
        raise _stopped(program, outcome, instruction_at(program, session.registers["ip"]))
    signal = outcome.signal
    instruction = instruction_at(program, stopped_at(program, signal)) if signal and signal.ip else ""
    ending = Ending(outcome, instruction, k.oopses > oopses, comm)
    calls = [(call, _count(k, call)) for call in tracer.calls]
    failed = tracer.last_failed(traced)
    session.last_call = failed or session.last_call
    if failed is not None:
        from kshell.shell.calls.explain import enosys_note

        enosys_note(session, failed)
    if session.tree or k.image.tree:
        from kshell.shell.trees.tree_running import remind

        remind(session, k, {*tracer.names, *(call.name for call in tracer.calls)})
    hops = Hops(tracer.events, [], tree=k.image.tree) if hops_wanted else None
    return RunView(calls, ending, hops, traced and not live, with_hops and not live)


def _count(k: Kernel, call: Call) -> int:
    """How many registers of a call are arguments."""
    definition = k.define_of(call.nr)
    return len(definition.parameters) if definition is not None else len(call.args)


def _stopped(program: Program, outcome: Outcome, instruction: str) -> CommandError:
    """What to say of a program that did not end by itself."""
    name = show(os.path.basename(program.name))
    if outcome.kind == "interrupted":
        because = f"Ctrl-C was pressed; it was at {instruction}"
        return CommandError(f"run: {name}: interrupted", because, "regs  (its registers)", status=INTERRUPTED)
    return CommandError(
        f"run: {name}: stopped after {BUDGET:,} instructions",
        f"a script may run no more, so that an endless loop ends; it was at {instruction}",
        "the same at the prompt, where Ctrl-C ends it",
    )
