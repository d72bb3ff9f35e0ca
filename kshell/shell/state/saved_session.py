"""The session of a person at the prompt is kept on disk, and the last one brought back."""

from __future__ import annotations

import os
from collections.abc import Callable

from kshell import __version__
from kshell.shell.errors import CommandError
from kshell.shell.replay.saved import Saved, SavedError, SessionLog, is_in_use, read, sessions
from kshell.shell.settings import shortened, state_folder
from kshell.shell.state.context import Context
from kshell.shell.state.typed_lines import TypedLine
from kshell.shell.state.way_back import go_to, place


def sessions_folder() -> str:
    """Where the files of sessions are."""
    return os.path.join(state_folder(), "sessions")


def keep(session: Context, resume: bool) -> tuple[SessionLog, str]:
    """Keep this session on disk from now on; with `resume` it goes on where the last one was left.  The second result
    is what to say of that, "" for nothing.  CommandError where there is none that can be brought back."""
    log = SessionLog(sessions_folder(), __version__)
    said = ""
    if resume:
        path = _last()
        said = _bring_back(session, _read(path, lambda: log.go_on(path, session.keep())))
    log.follow(session.journal)
    return log, said


def look_back(session: Context) -> str:
    """Bring the last session's state back, and leave its file alone.  CommandError as above."""
    path = _last()
    return _bring_back(session, _read(path, lambda: read(path, session.keep(), __version__)[0]))


def _last() -> str:
    """The file of the last session that no other kshell is at work with."""
    folder = sessions_folder()
    paths = sessions(folder)
    found = next((path for path in paths if not is_in_use(path)), None)
    if found is None:
        because = f"none is kept in {shortened(folder)}; what is done at the prompt is"
        if paths:
            because = "the only one that is kept is still at work, in another kshell"
        raise CommandError("kshell: there is no session to bring back", because, "kshell")
    return found


def _read(path: str, reading: Callable[[], Saved]) -> Saved:
    what = f"kshell: the last session cannot be brought back ({shortened(path)})"
    try:
        return reading()
    except SavedError as error:
        raise CommandError(what, error.because, "kshell  (a new session)") from None
    except OSError as error:
        raise CommandError(what, error.strerror or "it cannot be read", "kshell  (a new session)") from None


def _bring_back(session: Context, saved: Saved) -> str:
    """Stand where the session was left, and say so."""
    journal = session.journal
    journal.take_over(saved.first, saved.begin, saved.steps)
    go_to(session, "kshell --resume", saved.at)
    for number, step in enumerate(saved.steps, 1):
        if step.line is not None or not session.history:
            session.history.append(TypedLine(step.line or step.text))
        session.history[-1] = session.history[-1]._replace(number=number)
    lost = ", but for what was being done when it ended" if saved.damaged else ""
    where = f"you are {place(session, saved.at)}"
    return f"the last session is back{lost}: {where}. history shows it, back and forward move in it."
