"""Every `try:` that a test of the shell makes the screen show is typed, as a person would type it, in a copy of the
process: it must be a command of kshell's, used rightly, that does not fail in the state in which it was advised.

The copy (fork) leaves the test's machine alone; what the line changes in the test's folder is undone.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kshell.shell.commands import registry
from kshell.shell.lines.foreign import BEFORE, NAMES
from kshell.shell.session import Session
from kshell.shell.views.failure import Failure
from kshell.shell.views.output import Result
from tests.shell.lab import Silence

MOST_TEXT = 100_000  # of a view's text, from its end: what is advised stands there
LONGEST = 60  # seconds, after which a line counts as one that hangs
MISSING = ("{}: No such file or directory", "Module {} not found")
_TRY = re.compile(r"^ *(?:try|next): (.*)", re.MULTILINE)
_OUTSIDE = re.compile(r"^(?:tree|make|edit|module) .*(?:\.\.|(?<= )/(?!lib/modules))")  # of the folder of the test
# What is answered in a state that another mistake has made before, and leads on.
ACCEPTED = {
    "boot test_kernel": ("no kernel is installed",),
    "make install": ("no vmlinux is in the tree", "no tree was named yet"),
    "asm": ("asm: left",),  # by a person of the tests, who leaves the editor again
}
_LEAVES = frozenset({"exit", "quit"})
# What an error may advise beside a command of kshell's: a line for a Unix shell, a key, and a line for a file.
_ELSEWHERE = re.compile(
    r"(?:\w+=\S+ )?kshell\b|objcopy |gcc |pip install |ulimit |df |mv |outside kshell: |Ctrl-C|"
    r"return 0|MODULE_\w+\(|EXPORT_SYMBOL|extern\(|SYSCALL_DEFINE|obj-[ym] |core-y |\d+\t|[(@k]|M=|SUBDIRS="
)
_seen: set[tuple[str, str]] = set()  # lines, each with the reason that stood over it


def tries(result: Result) -> Iterator[str]:
    """The lines that are advised with a result, without the remarks behind them.  Those about a line of a source, which
    is shown with it, are for an editor."""
    if isinstance(result.view, Failure):
        error = result.view.error
        texts = [] if error.details else error.try_.split("\n")
    else:
        texts = _TRY.findall(result.view.text()[-MOST_TEXT:])
    for text in texts:
        yield text.partition("  (")[0]


def refused(session: Session, result: Result) -> list[str]:
    """The lines advised with this result that fail when they are typed, each with what was answered."""
    wrong = []
    because = result.error["because"] if result.error is not None else ""
    for line in tries(result):
        first = re.split("[ ;]", line)[0]
        if (
            (line, because) in _seen or "\\x" in line or _OUTSIDE.search(line)
        ):  # a name with such characters cannot be typed
            continue
        _seen.add((line, because))
        known = registry.is_command(first) or (session.guide is not None and first in session.guide.words())
        if isinstance(result.view, Failure) and not known and not _ELSEWHERE.match(line):
            wrong.append(f"{result.text!r} advises {line!r}, which is no line to be typed")
        if not known and (first in NAMES or first in BEFORE):
            wrong.append(f"{result.text!r} advises {line!r}, and kshell has no {first}")
        elif known and first not in _LEAVES:
            said = [each for each in _typed(session, line) if not _is_their_own(result, line, each)]
            wrong += [f"{result.text!r} advises {line!r}, and that answers: {each}" for each in said]
    return wrong


def _is_their_own(result: Result, line: str, said: str) -> bool:
    """Whether an error is another mistake that the person had made in the line: a file that is not there, what is left
    of a command when the grammar of another shell is taken out of it, or what is in a file whose name was misspelt."""
    typed = result.text
    words = set(typed.split())
    if result.error is not None and "No such file" in result.error["what"] and "No such file" not in said:
        return True
    if any(words in said for words in ACCEPTED.get(line, ())):
        return True
    if any(form.format(word) in said for word in words for form in MISSING):
        return True
    return line.split()[0] == typed.split()[0] and set(line.split()) < words


def _typed(session: Session, line: str) -> list[str]:
    """What was answered to the line, if that was an error; typed in a copy of this process."""
    with tempfile.TemporaryDirectory() as kept:
        saved = Path(kept, "folder")
        shutil.copytree(".", saved, symlinks=True)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            _type_and_leave(session, line, writing)
        os.close(writing)
        with open(reading, "rb") as answer:
            said = answer.read()
        os.waitpid(child, 0)
        _restore(saved)
    found: list[str] = pickle.loads(said) if said else ["the shell died"]
    return found


def _type_and_leave(session: Session, line: str, writing: int) -> None:
    """Type the line at a terminal and write down what failed; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST)
        os.environ["EDITOR"] = "true"
        sys.stdin = open(os.openpty()[1])  # noqa: SIM115  the process ends here
        record = session.output.record
        session.output, session.interactive, session.exit_status, session._waiting = Silence(), True, None, []
        session.output.record = record
        session.journal.on_step = session.journal.on_move = None  # the file of the session is the test's
        results = session.execute(line)
        with open(writing, "wb") as answer:
            answer.write(pickle.dumps([each.view.text() for each in results if each.error is not None]))
        status = 0
    finally:
        os._exit(status)


def _restore(saved: Path) -> None:
    for entry in os.scandir("."):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    shutil.copytree(saved, ".", symlinks=True, dirs_exist_ok=True)
