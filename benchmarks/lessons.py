"""How long a lesson takes to begin, and a check of it to look, as ratios to a boot.

The processor's time is taken: on a busy machine a boot ends before it is interrupted, and what takes longer does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.ratio import Figure, slower
from kshell.kernel.boot.start import boot
from kshell.shell.session import Session
from kshell.shell.views.output import Output

ROUNDS = 5
# A lesson is to begin within 150 ms, and a check to look within 50, on a machine that boots a kernel in 5.
START_BOOTS, CHECK_BOOTS = 30, 10
# In a process of its own: what it imports is a part of it, and is imported once.
START = """
import os, sys, time
from kshell.shell.prompt.repl import run_repl
from kshell.shell.session import Session
from kshell.shell.views.output import Output
session = Session("course", output=Output())
session.execute("syscall getpid")
began = time.process_time()
[result] = session.execute("lesson start 1")
print(time.process_time() - began if result.status == 0 else result.error)
"""


def booted() -> float:
    """Seconds that a boot takes."""
    began = time.process_time()
    boot("course")
    return time.process_time() - began


def start() -> float:
    """Seconds that `lesson start 1` takes in a shell that is up."""
    done = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True)
    return float(done.stdout)


def checked(session: Session) -> float:
    """Seconds that `lesson check` takes, in a step that has four checks to do."""
    began = time.process_time()
    [result] = session.execute("lesson check")
    seconds = time.process_time() - began
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
        yield slower("a lesson begun in a shell that is up / a boot", start, booted, rounds, most=START_BOOTS)
        session = Session("course", keep_going=True, output=Output())
        session.execute("lesson start taking-a-module-away; goto mend-it")
        name = "lesson check, of four checks / a boot"
        yield slower(name, lambda: checked(session), booted, rounds, most=CHECK_BOOTS)
