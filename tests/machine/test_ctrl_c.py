"""Ctrl-C: never lost, and never in the middle of the kernel.  How soon it acts is a benchmark's business."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kshell.machine.ctrl_c import CtrlC

ROOT = Path(__file__).parents[2]
LOOPS = {
    "jump to itself": "ebfe",
    "endless getpid": "b827000000 0f05 ebf7",
    "endless rdtsc": "0f31 ebfc",
    "endless page faults": "bf00000010 be00100000 ba03000000 41ba32000000 4983c8ff 4531c9 b809000000 0f05"  # mmap
    "c60001 4889c7 be00100000 b80b000000 0f05 ebc9",  # touch, munmap
    "endless rep movsb": "bf00005000 be00105000 b900100000 f3a4 ebed",
}
# Runs a loop again and again, says when each begins and reports how it ended.  The outer block is there before the
# parent is told to press: without it a signal that comes before the run would be a KeyboardInterrupt, as it should be.
PROGRAM = """
import signal, sys
from kshell.kernel.boot.start import boot
from kshell.kernel.kernel import Kernel
from kshell.machine.ctrl_c import CtrlC
from tests.kernel.lab import run
k = boot("course")
before = signal.getsignal(signal.SIGINT)
for _ in range(int(sys.argv[2])):
    with CtrlC(lambda: None):
        print("go", flush=True)
        outcome = run(k, bytes.fromhex(sys.argv[1]))
    print(outcome.kind, signal.getsignal(signal.SIGINT) is before, flush=True)
"""
DELAYS = (0.0, 0.0005, 0.001, 0.003, 0.01, 0.05, 0.1)  # seconds: before the run, as it begins, in its midst
PATIENCE = 60  # seconds: what does not end by then would never have ended

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")


def wait_until(condition: Callable[[], bool]) -> None:
    """Give other threads the time that they need, however busy the machine is."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    assert condition()


@pytest.mark.parametrize("loop", LOOPS)
def test_an_endless_loop_ends_by_ctrl_c_whenever_it_is_pressed(loop: str) -> None:
    command = [sys.executable, "-c", PROGRAM, LOOPS[loop], str(len(DELAYS))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        guard = threading.Timer(PATIENCE, process.kill)
        guard.start()
        try:
            for delay in DELAYS:
                assert process.stdout.readline() == "go\n", process.stderr.read()
                time.sleep(delay)
                process.send_signal(signal.SIGINT)
                assert process.stdout.readline() == "interrupted True\n", process.stderr.read()
            assert process.wait(PATIENCE) == 0
        finally:
            guard.cancel()


def test_ctrl_c_that_comes_while_a_block_is_being_set_up_is_seen_by_the_watcher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the new handler and the wakeup descriptor no byte is written, and nobody would have called stop."""
    real = signal.set_wakeup_fd

    def pressed_before(fd: int, **options: bool) -> int:
        monkeypatch.undo()
        os.kill(os.getpid(), signal.SIGINT)
        return real(fd, **options)

    monkeypatch.setattr(signal, "set_wakeup_fd", pressed_before)
    calls: list[int] = []
    with CtrlC(lambda: calls.append(0)) as ctrl_c:
        wait_until(lambda: bool(calls))
        assert ctrl_c.pressed


def test_outside_a_block_the_process_has_its_own_handler() -> None:
    before, fd = signal.getsignal(signal.SIGINT), signal.set_wakeup_fd(-1)
    with CtrlC(lambda: None):
        with CtrlC(lambda: None):
            assert signal.getsignal(signal.SIGINT) is not before
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(fd) == -1


def test_ctrl_c_in_a_block_sets_pressed_and_raises_nothing() -> None:
    with CtrlC(lambda: None) as outer:
        assert not outer.pressed
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: outer.pressed)
        with CtrlC(lambda: None) as inner:
            assert inner.pressed
        assert outer.pressed
    with CtrlC(lambda: None) as later:
        assert not later.pressed


def test_a_block_may_stand_in_itself_and_the_outermost_puts_everything_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    outside: list[int] = []
    inside: list[int] = []
    with CtrlC(lambda: outside.append(0)) as outer:
        with outer, CtrlC(lambda: inside.append(0)):
            os.kill(os.getpid(), signal.SIGINT)
            wait_until(lambda: bool(inside))
            assert not outside
        wait_until(lambda: bool(outside))
        assert outer.pressed
    assert signal.getsignal(signal.SIGINT) is before
    assert not outer.pressed


def test_ctrl_c_that_nobody_looked_at_is_raised_after_the_block() -> None:
    done = []

    def press() -> None:
        with CtrlC(lambda: None):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        press()
    assert done


def test_stop_is_called_again_and_again_until_the_block_ends() -> None:
    calls: list[int] = []
    with CtrlC(lambda: calls.append(0)) as ctrl_c:
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: len(calls) >= 3)
        assert ctrl_c.pressed
    count = len(calls)
    time.sleep(0.02)
    assert len(calls) <= count + 1  # the last one may have been on its way


def test_another_signal_does_not_stop_anything() -> None:
    calls: list[int] = []
    old = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with CtrlC(lambda: calls.append(0)) as ctrl_c:
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.02)
            assert not ctrl_c.pressed
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert not calls


def test_in_another_thread_a_block_does_nothing() -> None:
    seen = []

    def work() -> None:
        with CtrlC(lambda: None) as ctrl_c:
            seen.append(ctrl_c.pressed)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_a_forked_child_has_a_watcher_of_its_own() -> None:
    with CtrlC(lambda: None):
        pass
    pid = os.fork()
    if not pid:
        calls: list[int] = []
        with CtrlC(lambda: calls.append(0)) as ctrl_c:
            os.kill(os.getpid(), signal.SIGINT)
            try:
                wait_until(lambda: bool(calls))
            finally:
                os._exit(0 if calls and ctrl_c.pressed else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
