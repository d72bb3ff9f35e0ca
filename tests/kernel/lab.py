"""Programs in machine code for tests of the machine and the kernel: run one, say how it ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import Outcome, run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment

TEXT, DATA = 0x40_1000, 0x50_0000
DATA_SIZE = 0x10_0000
EXIT = bytes.fromhex("b83c000000 0f05")  # mov eax, 60; syscall: exit status is what edi holds


def run(
    k: Kernel, code: bytes, budget: int = 0, segments: Iterable[Segment] = (), entry: int = TEXT, prot: str = "r-x"
) -> Outcome:
    """Run `code` at TEXT, with a megabyte of zeros at DATA."""
    parts = [Segment(TEXT, code, len(code), prot), Segment(DATA, b"", DATA_SIZE, "rw-"), *segments]
    return run_program(k, load_program(k, parts, entry, "prog", ["prog"]), budget)


def ending(outcome: Outcome) -> str:
    """``exit 3``, ``SIGSEGV 1 0x10`` (signal, si_code, si_addr), or the outcome's kind."""
    signal = outcome.signal
    if signal is not None:
        return f"{signal.name} {signal.code} {signal.address or 0:#x}"
    return f"exit {outcome.status}" if outcome.kind == "exited" else outcome.kind


def in_child(action: Callable[[], str], seconds: int = 60) -> str:
    """What `action` returns when it runs in a forked process; how that process ended if it did not get so far."""
    import signal

    ours, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        signal.alarm(seconds)
        try:
            text = action()
        except BaseException as problem:
            text = f"{type(problem).__name__}: {problem}"
        os.write(theirs, text.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as report:
        text = report.read()
    status = os.waitpid(pid, 0)[1]
    return text or f"the process ended with wait status {status:#x}"
