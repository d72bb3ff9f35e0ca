"""Ctrl-C: never lost, never in the middle of the kernel, and at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
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
# Runs a loop, says when it began, and reports how it ended and how long after the signal.
PROGRAM = """
import signal, sys, time
from kshell.kernel.kernel import Kernel
from tests.kernel.lab import run
k = Kernel("course")
code = bytes.fromhex(sys.argv[1])
before = signal.getsignal(signal.SIGINT)
for _ in range(int(sys.argv[2])):
    print("go", flush=True)
    outcome = run(k, code)
    print(outcome.kind, time.time(), signal.getsignal(signal.SIGINT) is before, flush=True)
"""

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")


def child(loop: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, LOOPS[loop], str(rounds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("loop", LOOPS)
def test_an_endless_loop_ends_within_a_tenth_of_a_second(loop: str) -> None:
    rounds = 8
    with child(loop, rounds) as process:
        assert process.stdout is not None
        delays = []
        for number in range(rounds):
            assert process.stdout.readline() == "go\n"
            time.sleep([0.0, 0.0005, 0.001, 0.003, 0.01, 0.05][number % 6] + 0.1)
            sent = time.time()
            process.send_signal(signal.SIGINT)
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            kind, when, restored = line.split()
            assert (kind, restored) == ("interrupted", "True")
            delays.append(float(when) - sent)
        assert process.wait(10) == 0
    assert sorted(delays)[rounds // 2] < 0.1, delays


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
        time.sleep(0.01)
        with CtrlC(lambda: None) as inner:
            assert inner.pressed
        assert outer.pressed
    with CtrlC(lambda: None) as later:
        assert not later.pressed


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
    calls: list[float] = []
    with CtrlC(lambda: calls.append(0)) as ctrl_c:
        os.kill(os.getpid(), signal.SIGINT)
        end = time.monotonic() + 5
        while len(calls) < 3 and time.monotonic() < end:
            time.sleep(0.005)
        assert ctrl_c.pressed
    assert len(calls) >= 3
    count = len(calls)
    time.sleep(0.02)
    assert len(calls) == count


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
            time.sleep(0.1)
            os._exit(0 if calls and ctrl_c.pressed else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
