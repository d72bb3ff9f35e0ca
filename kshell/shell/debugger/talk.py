"""The talk with the person while a call stands still: commands are read and run until one of them lets it go on."""

from __future__ import annotations

from functools import partial

from kshell.kernel.debug.debugger import Debugger, Stopped
from kshell.kernel.debug.frames import CodeFrame
from kshell.shell.debugger.frame_words import function_name
from kshell.shell.debugger.stop_view import StopView
from kshell.shell.errors import CommandError
from kshell.shell.state.context import Context
from kshell.shell.state.debug_state import DebugState
from kshell.shell.views.output import Result
from kshell.shell.views.view import Deferred

A_STOP = "modprobe syscallModule; break my_test_call; syscall test_call 42"  # what to type for a call to look at


def debugging(session: Context) -> DebugState:
    """The session's debugger, made when the first breakpoint is set."""
    if session.debugging is None:
        debugger = Debugger(partial(talk, session), asks_at_ctrl_c=session.interactive)
        debugger.attach(session.kernel)
        session.debugging = DebugState(debugger)
    return session.debugging


def stopped_state(session: Context, command: str) -> tuple[DebugState, Stopped]:
    """The debugger, and the call that stands still.  CommandError where none does."""
    state = session.debugging
    if state is None or state.stopped is None:
        because = "no call stands still: one does at a breakpoint"
        has_test_call = not session.has_kernel or "test_call" in session.kernel.definitions
        try_ = A_STOP if has_test_call else "break entry_SYSCALL_64; syscall getpid"
        raise CommandError(f"{command}: The program is not being run.", because, try_)
    return state, state.stopped


def selected_frame(session: Context, command: str) -> CodeFrame:
    """The frame that is looked at.  CommandError where no call stands still."""
    state, stopped = stopped_state(session, command)
    return stopped.frames[state.selected]


def talk(session: Context, stopped: Stopped) -> None:
    """Show where the call stands, and do what is typed until it goes on; where nobody types, it runs to its end."""
    state = session.debugging
    assert state is not None
    try:
        if session.has_reader:
            _show(session, state, stopped)
        while session.has_reader and not session.finished:
            result = session.run_next()
            if isinstance(result.view, Deferred):
                state.pending = result.text, result.view.head
                return
        state.debugger.detached = True
    except EOFError:
        state.debugger.detached = True


def _show(session: Context, state: DebugState, stopped: Stopped) -> None:
    here = (function_name(session.kernel, stopped.frames[0]), stopped.frames[0].cfa)
    same, state.shown, state.selected = here == state.shown, here, 0
    state.values += stopped.result is not None
    text, head = state.pending or (session.running, [])
    state.pending = None
    session.output.show(Result(text, 0, StopView(session.kernel, stopped, same, head, state.values)))
