"""What Ctrl-C does at each moment: one handler for the whole life of a kshell process.

`take_over` installs it.  From then on KeyboardInterrupt is raised in one place only, the body of `interruptible`, and
there once; anywhere else a press is noted.  A program that merely uses kshell keeps its own handler, which ctrl_c.py
replaces while the machine runs.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

AGAIN_SECONDS = 0.001  # until the destructor is over


class _Region:
    """One `interruptible` body that is being executed."""

    def __init__(self, open_: bool) -> None:
        self.open = open_  # whether the next press may raise


class Sigint:
    """The state of a process, of which there is one.

    `blocks`   how many blocks of ctrl_c.py are open: they look at `pressed`
    `presses`  how often Ctrl-C was pressed where the terminal writes ^C
    `dropping` whether Python is about to drop an exception: one that came now would be lost for good
    """

    def __init__(self) -> None:
        self.blocks = self.presses = 0
        self.pressed = self.noted = self.owned = self.dropping = False
        self.at_prompt: Callable[[], None] | None = None
        self.regions: list[_Region] = []

    def handler(self, _signal: int, _frame: FrameType | None) -> None:
        """The handler."""
        if self.at_prompt is not None:
            self.at_prompt()
            return
        self.presses += 1
        if self.blocks or not self.owned:
            self.pressed = True
        elif self.regions and self.regions[-1].open:
            self.regions[-1].open = False
            raise KeyboardInterrupt
        else:
            self.noted = True


state = Sigint()


def take_over() -> None:
    """This process is kshell's: the handler is in place until its end."""
    state.owned = True
    signal.signal(signal.SIGINT, state.handler)
    sys.unraisablehook = _raise_again


def let_go() -> None:
    """The process is about to end: Ctrl-C does nothing any more, even while the interpreter takes its handlers away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _raise_again(lost: Any) -> None:
    """A KeyboardInterrupt that came up where Python drops exceptions (a destructor) comes once more."""
    if not isinstance(lost.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
    elif state.regions:
        state.dropping = True
        try:
            threading.Timer(AGAIN_SECONDS, _press_again).start()
        finally:
            state.dropping = False


def _press_again() -> None:
    while state.dropping:
        time.sleep(AGAIN_SECONDS)
    if state.regions:
        state.regions[-1].open = True
        _thread.interrupt_main()


def note() -> None:
    """A press that came too late for the prompt is for the command that was typed there."""
    state.noted = True


@contextmanager
def interruptible() -> Iterator[None]:
    """In this body a press raises KeyboardInterrupt; so does one that was noted since the prompt."""
    if not state.owned or threading.current_thread() is not threading.main_thread():
        yield
        return
    if state.noted and not state.regions:  # within another, it is a call standing still that goes on and hears of it
        state.noted = False
        raise KeyboardInterrupt
    state.regions.append(_Region(True))
    try:
        yield
    finally:
        state.regions.pop()


@contextmanager
def shielded() -> Iterator[None]:
    """In this body, within an interruptible one, a press is noted only."""
    state.regions.append(_Region(False))
    try:
        yield
    finally:
        state.regions.pop()


@contextmanager
def at_prompt(press: Callable[[], None]) -> Iterator[None]:
    """In this body a person types a line: Ctrl-C calls `press`."""
    before, state.at_prompt, state.noted = state.at_prompt, press, False
    try:
        yield
    finally:
        state.at_prompt = before


def presses() -> int:
    """How often Ctrl-C was pressed so far outside of the prompt: a terminal has written ^C each time."""
    return state.presses
