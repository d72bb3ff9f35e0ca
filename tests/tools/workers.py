"""Forked workers: each attacks machines of its own, tells how far it is, and may crash or hang without ending the tool.

A worker is a function `child(numbers, tell, report)`: it does the work of each number, calls `tell(number)` before it
begins one, and `report(text)` for a failure.
"""

import faulthandler
import mmap
import os
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from typing import NamedTuple

from scratch import SCRATCH

HANG = 20  # seconds without a sign of life
MOST_SAID = 3500  # bytes of one failure
HARNESS = 9  # exit status of a worker whose own code has failed; it has reported so

Child = Callable[[range, Callable[[int], None], Callable[[str], None]], None]


class Worker(NamedTuple):
    """A running child: its process, its numbers, the page it tells its progress on, the pipe of its reports."""

    pid: int
    numbers: range
    progress: mmap.mmap
    reports: int


def options(*defaults: float) -> list[float]:
    """The numbers on the command line, by place; the defaults stand for what is not there."""
    given = sys.argv[1 : 1 + len(defaults)]
    return [type(default)(text) for default, text in zip(defaults, given, strict=False)] + list(defaults[len(given) :])


def attack(tool: str, unit: str, batch: int, child: Child, describe: Callable[[int], str]) -> int:
    """The whole of a tool with [COUNT] [SECONDS] [SEED] [WORKERS]: prints failures and figures, returns the status.

    `describe` says what the number was, of a worker that crashed or hung.
    """
    count, seconds, first, most = options(200_000, 180.0, 1, 2)
    crew = Crew(child, describe)
    started, at, end = time.time(), int(first), int(first + count)
    while True:
        while len(crew.live) < most and at < end and time.time() - started < seconds:
            numbers = range(at, min(at + batch, end))
            crew.spawn(numbers)
            at = numbers.stop
        if not crew.live:
            break
        time.sleep(0.02)
        for worker in list(crew.live):
            crew.look_after(worker)
    print(f"{tool}: {crew.done} {unit} in {time.time() - started:.0f} s, {crew.failures} failures")
    return 1 if crew.failures else 0


class Crew:
    """The living workers, and what has come out so far."""

    def __init__(self, child: Child, describe: Callable[[int], str]) -> None:
        self.child, self.describe = child, describe
        self.live: list[Worker] = []
        self.done = self.failures = 0
        self.said: dict[int, bytes] = {}

    def spawn(self, numbers: range) -> None:
        """Start a worker on these numbers."""
        progress = mmap.mmap(-1, 16)
        struct.pack_into("<Qd", progress, 0, numbers.start, time.time())
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            os._exit(_work(self.child, numbers, progress, writing))
        os.close(writing)
        self.said[pid] = b""
        self.live.append(Worker(pid, numbers, progress, reading))

    def look_after(self, worker: Worker) -> None:
        """Take what a worker reports; kill it if it hangs; if it has ended, count, and go on after a crash."""
        self._take(worker)
        when = struct.unpack_from("<d", worker.progress, 8)[0]
        ended, status = os.waitpid(worker.pid, os.WNOHANG)
        hangs = not ended and when > 0 and time.time() - when > HANG  # pack_into writes zeros first
        if hangs:
            os.kill(worker.pid, signal.SIGKILL)
            ended, status = os.waitpid(worker.pid, 0)
        if not ended:
            return
        self._take(worker)
        os.close(worker.reports)
        self.live.remove(worker)
        for line in self.said.pop(worker.pid).decode(errors="replace").splitlines():
            self._fail(line)
        number = struct.unpack_from("<Q", worker.progress, 0)[0]
        if (number == worker.numbers.stop and status == 0) or status == HARNESS << 8:
            self.done += number - worker.numbers.start
            return
        self._fail(f"{'HANG' if hangs else 'CRASH'} status {status:#x} at {number}: {self.describe(number)}")
        for line in _stack(worker.pid):
            print("   ", line)
        self.done += number - worker.numbers.start + 1
        if number + 1 < worker.numbers.stop:
            self.spawn(range(number + 1, worker.numbers.stop))

    def _take(self, worker: Worker) -> None:
        try:
            while data := os.read(worker.reports, 1 << 20):
                self.said[worker.pid] += data
        except BlockingIOError:
            pass

    def _fail(self, line: str) -> None:
        self.failures += 1
        print(line, flush=True)


def _work(child: Child, numbers: range, progress: mmap.mmap, writing: int) -> int:
    """What a worker does, after the fork; its exit status."""

    def tell(number: int) -> None:
        struct.pack_into("<Qd", progress, 0, number, time.time())

    def report(text: str) -> None:
        os.write(writing, text.replace("\n", " | ").encode(errors="replace")[:MOST_SAID] + b"\n")

    crash = SCRATCH / f"crash_{os.getpid()}.txt"
    try:
        with crash.open("w") as file:
            faulthandler.enable(file)
            child(numbers, tell, report)
            tell(numbers.stop)
            faulthandler.disable()
        crash.unlink()
    except BaseException:
        report(f"harness: {traceback.format_exc()}")
        return HARNESS
    return 0


def _stack(pid: int) -> list[str]:
    """Where a worker was when it crashed, as far as faulthandler wrote it."""
    crash = SCRATCH / f"crash_{pid}.txt"
    return crash.read_text(errors="replace").splitlines()[:8] if crash.exists() else []
