"""How long a lesson takes to begin, and a check of it to look, as ratios to a boot."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.modules import boot_time
from benchmarks.ratio import Figure, slower
from kshell.shell.session import Session
from kshell.shell.views.output import Output

ROUNDS = 5
# A lesson is to begin within 150 ms, and a check to look within 50, on a machine that boots a kernel in 6.
START_BOOTS, CHECK_BOOTS = 25, 8
# In a process of its own: what it imports is a part of it, and is imported once.
START = """
import os, sys, time
from kshell.shell.prompt.repl import run_repl
from kshell.shell.session import Session
from kshell.shell.views.output import Output
session = Session("course", output=Output())
session.execute("syscall getpid")
began = time.perf_counter()
[result] = session.execute("lesson start 1")
print(time.perf_counter() - began if result.status == 0 else result.error)
"""


def start() -> float:
    """Seconds that `lesson start 1` takes in a shell that is up."""
    done = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True)
    return float(done.stdout)


def checked(session: Session) -> float:
    """Seconds that `lesson check` takes, in a step that has four checks to do."""
    began = time.perf_counter()
    [result] = session.execute("lesson check")
    seconds = time.perf_counter() - began
    if len(result.json()["result"]["checks"]) != 4:
        raise RuntimeError("that step is another one now")
    return seconds


@contextmanager
def _away() -> Iterator[None]:
    """In a folder of its own, with nobody's progress."""
    here, before = os.getcwd(), os.environ.get("XDG_STATE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["XDG_STATE_HOME"] = folder
        try:
            yield
        finally:
            os.chdir(here)
            del os.environ["XDG_STATE_HOME"]
            os.environ |= {"XDG_STATE_HOME": before} if before is not None else {}


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Both."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.getcwd(), os.environ.get("PYTHONPATH"))))
    with _away():
        yield slower("a lesson begun in a shell that is up / a boot", start, boot_time, rounds, most=START_BOOTS)
        session = Session("course", keep_going=True, output=Output())
        session.execute("lesson start taking-a-module-away; goto mend-it")
        name = "lesson check, of four checks / a boot"
        yield slower(name, lambda: checked(session), boot_time, rounds, most=CHECK_BOOTS)
