"""How long a person waits after Ctrl-C until a program that would run for ever has ended."""

from __future__ import annotations

import os
import signal
import statistics
import struct
import time
from collections.abc import Iterator
from functools import partial

from benchmarks.machine import DATA, TEXT
from benchmarks.ratio import Figure, milliseconds
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment
from kshell.machine.ctrl_c import CtrlC

LOOPS = {
    "pure computation": bytes.fromhex("ebfe"),
    "system calls": bytes.fromhex("b827000000 0f05 ebf7"),
    "page faults": bytes.fromhex(
        "bf00000010 be00100000 ba03000000 41ba32000000 4983c8ff 4531c9 b809000000 0f05"
    )  # mmap
    + bytes.fromhex("c60001 4889c7 be00100000 b80b000000 0f05 ebc9"),  # touch it, munmap, again
}
PRESSES = 11
LIMIT_MS = 100
WAIT_SECONDS = 0.05  # before the key is pressed: by then the loop is running


def press_after(seconds: float) -> int:
    """A process that waits, sends this one SIGINT and ends; the result is where it writes when that was."""
    ours, theirs = os.pipe()
    if not os.fork():
        time.sleep(seconds)
        os.write(theirs, struct.pack("d", time.monotonic()))
        os.kill(os.getppid(), signal.SIGINT)
        os._exit(0)
    os.close(theirs)
    return ours


def latency(k: Kernel, code: bytes) -> float:
    """Seconds from the signal to the end of a run of `code`."""
    segments = [Segment(TEXT, code, len(code), "r-x"), Segment(DATA, b"", 4096, "rw-")]
    task = load_program(k, segments, TEXT, "bench", ["bench"])
    with CtrlC(lambda: None):  # the signal may come before the run: it ends all the same
        report = press_after(WAIT_SECONDS)
        outcome = run_program(k, task)
        ended = time.monotonic()
    with os.fdopen(report, "rb") as pipe:
        pressed: float = struct.unpack("d", pipe.read())[0]
    os.wait()
    if outcome.kind != "interrupted":
        raise RuntimeError(f"the benchmark's program did not end by Ctrl-C: {outcome}")
    return ended - pressed


def figures(presses: int = PRESSES) -> Iterator[Figure]:
    """The median latency for each kind of loop."""
    k = boot("course")
    for kind, code in LOOPS.items():
        yield milliseconds(f"Ctrl-C in a loop of {kind}", partial(median, k, code, presses), 1, LIMIT_MS)


def median(k: Kernel, code: bytes, presses: int) -> float:
    """Seconds, as latency() gives them."""
    return statistics.median(latency(k, code) for _ in range(presses))
