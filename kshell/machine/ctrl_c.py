"""Ctrl-C while the emulated CPU runs: a thread that stops it, since the run itself never returns to Python.

A signal's C-level handler writes a byte to the wakeup descriptor even while the main thread is deep in the
emulator.  A watcher thread waits for that byte and stops the CPU, again and again while the run lasts: a stop
that comes before the emulator's loop is entered would be lost.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from kshell.machine.sigint import shielded, state

REPEAT_SECONDS = 0.003
PATIENCE = 1.0  # seconds to wait for the watcher thread, which answers at once unless the host is very busy
_MARK = 0  # the byte of no signal


class _Watcher:
    """A thread that sleeps until SIGINT comes, then calls `stop` every few milliseconds until that is None."""

    def __init__(self) -> None:
        self._far, self.near = os.pipe()
        if os.name == "posix":  # elsewhere a pipe always blocks when it is full
            os.set_blocking(self.near, False)
        self.stop: Callable[[], object] | None = None
        self._over, self._emptied = threading.Event(), threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="kshell-ctrl-c").start()

    def _watch(self) -> None:
        while signals := os.read(self._far, 64):  # other signals come here too, a resized terminal for one
            while signal.SIGINT in signals and (stop := self.stop) is not None:
                stop()
                self._over.wait(REPEAT_SECONDS)
            if _MARK in signals:
                self._emptied.set()

    def rest(self) -> None:
        """There is nothing to stop any more; a press whose byte is still on the way stops no later run."""
        self.stop = None
        self._over.set()
        self._emptied.clear()
        try:
            os.write(self.near, bytes([_MARK]))
            self._emptied.wait(PATIENCE)
        except BlockingIOError:  # it is full of bytes that nobody reads: the host is at its end
            pass
        self._over.clear()


class _Blocks:
    """What the blocks that are nested now would stop, innermost last."""

    def __init__(self) -> None:
        self.stops: list[Callable[[], object]] = []
        self.noticed = False
        self.watcher: _Watcher | None = None
        self.old_handler: Any = None
        self.old_fd = -1

    def enter(self, stop: Callable[[], object]) -> None:
        """From here on Ctrl-C calls `stop`, and raises nothing."""
        if not self.stops:
            if not state.owned:
                self.old_handler = signal.signal(signal.SIGINT, state.handler)
            self.noticed, state.pressed, state.noted = False, state.noted, False
        state.blocks += 1  # from here on nothing is raised
        self.stops.append(stop)
        if self.watcher is None:
            self.watcher = _Watcher()
        self.watcher.stop = stop
        if len(self.stops) == 1:
            self.old_fd = signal.set_wakeup_fd(self.watcher.near, warn_on_full_buffer=False)
            if state.pressed:  # since the first line: the handler knows of it, the watcher does not
                os.write(self.watcher.near, bytes([signal.SIGINT]))

    def leave(self) -> None:
        """The innermost block ends; the outer one's `stop` is called again."""
        assert self.watcher is not None
        if len(self.stops) > 1:
            self.watcher.stop = self.stops[-2]
        else:
            signal.set_wakeup_fd(self.old_fd)
            if state.pressed:
                self.watcher.rest()
            self.watcher.stop = None
            if not state.owned:
                signal.signal(signal.SIGINT, signal.SIG_DFL if self.old_handler is None else self.old_handler)
        self.stops.pop()
        state.blocks -= 1

    def forget_press(self) -> None:
        """What was pressed is over; what is pressed meanwhile is not."""
        assert self.watcher is not None
        state.pressed = False
        self.watcher.rest()
        self.watcher.stop = self.stops[-1]
        if self._is_pressed():
            os.write(self.watcher.near, bytes([signal.SIGINT]))

    def _is_pressed(self) -> bool:
        """Whether a press is known.  Python calls a signal's handler where a function begins: it was called by now, if
        the watcher has seen the byte of a press at a time when there was nothing to stop."""
        return state.pressed


_blocks = _Blocks()


def _forget_watcher() -> None:
    """A forked child has no threads but its own."""
    _blocks.watcher = None
    _blocks.stops.clear()
    state.blocks = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_watcher)


class CtrlC:
    """``with CtrlC(stop) as ctrl_c:`` no KeyboardInterrupt is raised in the block: Ctrl-C calls `stop` from another
    thread, every few milliseconds, and sets `pressed`.  One last call may come when the block has just ended.

    Blocks may be nested, one CtrlC within itself too: an inner one has its own `stop`, and sees a Ctrl-C that came in
    an outer one.  If nobody has looked at `pressed` since Ctrl-C came, it is as if it came right after the outermost
    block: it is never lost.  Outside the main thread, where Python delivers no signals, the block does nothing.
    """

    __slots__ = ("_stop",)

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop

    @property
    def pressed(self) -> bool:
        """Whether Ctrl-C was pressed in the present (outermost) block; who sees True must act on it."""
        if state.pressed and _blocks.stops:
            _blocks.noticed = True
            return True
        return False

    def take(self) -> None:
        """Ctrl-C was dealt with: the run may go on until the next press."""
        if _blocks.stops and state.pressed:
            _blocks.forget_press()

    def hand_on(self) -> None:
        """Whoever saw it let the run come to its end: it is as if it came right after the outermost block."""
        _blocks.noticed = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """In this block, inside of the others, nothing runs: a person is asked something, and Ctrl-C is theirs."""
        stops = list(_blocks.stops)
        if threading.current_thread() is not threading.main_thread() or not stops:
            yield
            return
        with shielded():
            for _ in stops:
                _blocks.leave()
            try:
                yield
            finally:
                for stop in stops:
                    _blocks.enter(stop)

    def __enter__(self) -> CtrlC:
        if threading.current_thread() is threading.main_thread():
            _blocks.enter(self._stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if threading.current_thread() is threading.main_thread() and _blocks.stops:
            _blocks.leave()
            if not _blocks.stops and state.pressed and not _blocks.noticed:
                signal.raise_signal(signal.SIGINT)
