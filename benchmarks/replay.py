"""How long it takes to take a command back, as a ratio to a boot."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator

from benchmarks.ratio import Figure, slower
from kshell.kernel.boot.start import boot
from kshell.shell.replay.frozen import Frozen, freeze
from kshell.shell.session import Session
from kshell.shell.views.output import Output

ROUNDS = 5
EXIT = "run --hex b83c000000bf030000000f05"


class _Silence(Output):
    collects = True


def worked() -> Session:
    """A session of 200 commands: 150 calls, 30 times a module in or out, 10 programs, 2 builds, and some that look."""
    session = Session("course", output=_Silence())
    lines = ["tree new t 4.19", "module copy syscallModule m.py"]
    for turn in range(15):
        lines += ["insmod m.py", *[f"syscall test_call {number}" for number in range(10)], "rmmod m"]
        lines += [EXIT] if turn < 10 else ["dmesg -n 5"]
        lines += ["make -C t"] if turn in (3, 9) else []
    for line in [*lines, "lsmod"]:
        if session.execute(line)[-1].error is not None:
            raise RuntimeError(f"the benchmark's session did not go as it should: {line}")
    return session


def back(session: Session, frozen: bool) -> float:
    """Seconds that `back` takes from the end, with the machines that were put by, or all the way from the boot."""
    session.execute(f"goto {len(session.journal.steps)}")
    if not frozen:
        for step in session.journal.steps:
            step.frozen = None
    began = time.perf_counter()
    session.execute("back")
    return time.perf_counter() - began


def _boot() -> float:
    began = time.perf_counter()
    boot("course")
    return time.perf_counter() - began


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    """All of them."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            session = worked()
            name = "back in a session of 200 commands / a boot"
            yield slower(name, lambda: back(session, False), _boot, rounds, most=90)
            session.journal.put_by(len(session.journal.steps) - 20, _put_by(session, 20))
            yield slower("the same with a machine that was put by / a boot", lambda: back(session, True), _boot, rounds)
        finally:
            os.chdir(here)


def _put_by(session: Session, before: int) -> Frozen | None:
    session.execute(f"goto {len(session.journal.steps) - before}")
    return freeze(session.kernel)
