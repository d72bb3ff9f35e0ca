"""Ctrl-C in a process that is kshell's: KeyboardInterrupt in one place only, and there once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import pytest

from kshell.machine.ctrl_c import CtrlC
from kshell.machine.sigint import AGAIN_SECONDS, at_prompt, interruptible, note, shielded, state, take_over

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself SIGINT")


@pytest.fixture(autouse=True)
def _kshells_own() -> None:
    take_over()


def press(times: int = 1) -> None:
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGINT)


def interrupted(body: Callable[[], object]) -> bool:
    """Whether `body` was."""
    try:
        with interruptible():
            body()
    except KeyboardInterrupt:
        return True
    return False


def test_outside_of_an_interruptible_body_nothing_is_raised() -> None:
    press(3)
    with shielded():
        press()


def test_in_one_it_is_raised_once() -> None:
    done = []

    def body() -> None:
        try:
            press()
        finally:
            press(5)
            done.append(True)

    assert interrupted(body)
    press()
    assert done
    assert state.regions == []


def test_an_inner_body_is_interrupted_and_the_outer_one_by_the_next_press() -> None:
    inner = []

    def body() -> None:
        inner.append(interrupted(press))
        press()
        inner.append(True)

    assert interrupted(body)
    assert inner == [True]


def test_at_the_prompt_a_press_is_the_prompts_and_what_it_notes_is_for_the_command() -> None:
    pressed: list[int] = []
    with at_prompt(lambda: pressed.append(0)):
        press(2)
    assert len(pressed) == 2
    assert not interrupted(lambda: None)
    note()
    assert interrupted(lambda: None)
    assert not interrupted(lambda: None)


def test_a_press_before_the_prompt_is_not_for_what_is_typed_there() -> None:
    press()
    with at_prompt(lambda: None):
        pass
    assert not interrupted(lambda: None)


def test_a_press_before_the_machine_runs_is_seen_by_it() -> None:
    with interruptible():
        note()  # a call goes on from a breakpoint
        with interruptible(), CtrlC(lambda: None) as ctrl_c:
            assert ctrl_c.pressed


def test_while_the_machine_runs_nothing_is_raised_and_what_nobody_saw_is_raised_behind_it() -> None:
    def body(looks: bool) -> bool:
        with CtrlC(lambda: None) as ctrl_c:
            press(3)
            return looks and ctrl_c.pressed

    assert not interrupted(lambda: body(True))
    assert interrupted(lambda: body(False))


def test_while_a_person_is_asked_in_the_middle_of_a_run_nothing_is_raised() -> None:
    with interruptible(), CtrlC(lambda: None) as ctrl_c:
        with ctrl_c.paused():
            press()
            assert state.blocks == 0
            assert interrupted(press)
        assert state.blocks == 1
        assert ctrl_c.pressed
    assert state.blocks == 0


class Closes:
    def __del__(self) -> None:
        press()


def close_and_wait() -> None:
    """Drop one, and be there for a minute."""
    thing = Closes()
    del thing
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass


def test_one_that_a_destructor_swallows_comes_again() -> None:
    assert interrupted(close_and_wait)


def test_it_comes_when_python_is_done_with_it_however_long_that_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    real = threading.Timer.start

    def start(timer: threading.Timer) -> None:
        real(timer)
        time.sleep(20 * AGAIN_SECONDS)  # a busy machine does something else meanwhile

    monkeypatch.setattr(threading.Timer, "start", start)
    assert interrupted(close_and_wait)
