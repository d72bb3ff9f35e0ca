"""Let a call go on that stands still: a line, an instruction, to the end of a function, or to the next breakpoint."""

from __future__ import annotations

from kshell.kernel.debug.frames import is_way_in
from kshell.kernel.debug.steps import Finish, InstructionStep, LineStep
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import STOPPED_AT, command, misuse
from kshell.shell.debugger.frame_words import frame_json, frame_line, is_in_middle
from kshell.shell.debugger.talk import selected_frame, stopped_state
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Deferred, View

TIMES = (Argument("word", "[TIMES]"),)


def _go(session: Context, name: str, words: list[Word], kind: type[LineStep | InstructionStep], over: bool) -> View:
    state, stopped = stopped_state(session, name)
    if len(words) > 1:
        raise misuse(name, "how often? one number")
    times = count(name, words[0]) if words else 1
    state.debugger.step = kind(session.kernel, stopped.frames[0], over, times)
    return Deferred()


@command(
    "step",
    group="The debugger",
    arguments=TIMES,
    examples=((STOPPED_AT + "step; step", "the second step leaves the function: the call is over"),),
    aliases=("s",),
)
def step(session: Context, words: list[Word]) -> View:
    """Go on to the next line, of a function that is called as well.

    A function of the kernel's whose body is Python runs within the step. At the end of a function the step goes on to
    the next line of its caller.
    """
    return _go(session, "step", words, LineStep, over=False)


@command(
    "next",
    group="The debugger",
    arguments=TIMES,
    examples=((STOPPED_AT + "next 2", "two lines further"),),
    aliases=("n",),
)
def next_(session: Context, words: list[Word]) -> View:
    """Go on to the next line of this function.

    What it calls runs within the step.
    """
    return _go(session, "next", words, LineStep, over=True)


@command(
    "stepi",
    group="The debugger",
    arguments=TIMES,
    examples=((STOPPED_AT + "stepi; info registers; continue", "an instruction, and what it did"),),
    aliases=("si",),
)
def stepi(session: Context, words: list[Word]) -> View:
    """Execute one instruction of machine code.

    The call of a function whose body is Python is one instruction, body included.
    """
    return _go(session, "stepi", words, InstructionStep, over=False)


@command(
    "nexti",
    group="The debugger",
    arguments=TIMES,
    examples=((STOPPED_AT + "nexti; continue", "as stepi, but a call is one step"),),
    aliases=("ni",),
)
def nexti(session: Context, words: list[Word]) -> View:
    """Execute one instruction, a call with all that it does."""
    return _go(session, "nexti", words, InstructionStep, over=True)


@command(
    "finish",
    group="The debugger",
    examples=((STOPPED_AT + "finish; continue", "what my_test_call returned, and to where"),),
    aliases=("fin",),
)
def finish(session: Context, words: list[Word]) -> View:
    """Go on until this function returns, and show its result."""
    state, _ = stopped_state(session, "finish")
    _no_words("finish", words)
    frame = selected_frame(session, "finish")
    if frame.code is None or is_way_in(frame):
        what, because = '"finish" not meaningful in the outermost frame.', "no machine code called it"
        raise CommandError(what, because, "continue")
    found = frame_json(session.kernel, frame, state.selected)
    state.debugger.step = Finish(session.kernel, frame)
    level = f"#{state.selected}  "
    return Deferred([[("Run till exit from ", ""), (level, ""), *frame_line(found, with_address=is_in_middle(frame))]])


@command(
    "continue",
    group="The debugger",
    examples=((STOPPED_AT + "continue", "to the next breakpoint, or to the end of the call"),),
    aliases=("c",),
)
def continue_(session: Context, words: list[Word]) -> View:
    """Go on to the next breakpoint, or to the end of the call."""
    stopped_state(session, "continue")
    _no_words("continue", words)
    return Deferred()


@command(
    "detach",
    group="The debugger",
    examples=((STOPPED_AT + "detach", "the call runs to its end"),),
)
def detach(session: Context, words: list[Word]) -> View:
    """End the debugging of this call: it runs to its end.

    Breakpoints stop the next call again. quit, kill and Ctrl-D do the same at the debugger's prompt. Kernel code cannot
    be killed in the middle: nobody would give back what it holds.
    """
    state, _ = stopped_state(session, "detach")
    _no_words("detach", words)
    state.debugger.detached = True
    return Deferred()


def _no_words(name: str, words: list[Word]) -> None:
    if words:
        raise misuse(name, "it takes no arguments")
