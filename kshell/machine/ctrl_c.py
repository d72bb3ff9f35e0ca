"""Ctrl-C while the emulated CPU runs: a thread that stops it, since the run itself never returns to Python.

A signal's C-level handler writes a byte to the wakeup descriptor even while the main thread is deep in the
emulator.  A watcher thread waits for that byte and stops the CPU, again and again while the run lasts: a stop
that comes before the emulator's loop is entered would be lost.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

REPEAT_SECONDS = 0.003


class _Watcher:
    """A thread that sleeps until SIGINT comes, then calls `stop` every few milliseconds until that is None."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.stop: Callable[[], object] | None = None
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="kshell-ctrl-c").start()

    def _watch(self) -> None:
        while signals := self.far.recv(64):  # other signals come here too, a resized terminal for one
            if signal.SIGINT in signals:
                while (stop := self.stop) is not None:
                    stop()
                    self._over.wait(REPEAT_SECONDS)
                break
        self.far.close()

    def retire(self) -> None:
        """End the thread, and with it every byte that it may not have read yet."""
        self.stop = None
        self._over.set()
        self.near.close()


class _State:
    """What the process has one of: the handler, the descriptor, and what the blocks that are nested now would stop."""

    def __init__(self) -> None:
        self.stops: list[Callable[[], object]] = []
        self.presses = 0
        self.pressed = self.noticed = False
        self.watcher: _Watcher | None = None
        self.old_handler: Any = None
        self.old_fd = -1

    def on_sigint(self, _signal: int, _frame: FrameType | None) -> None:
        self.pressed = True
        self.presses += 1

    def install(self, stop: Callable[[], object]) -> None:
        if self.watcher is None:
            self.watcher = _Watcher()
        self.watcher.stop = stop  # first of all: a watcher that finds none when the byte comes takes the block for over
        self.pressed = self.noticed = False
        self.old_handler = signal.signal(signal.SIGINT, self.on_sigint)  # from here on nothing is raised
        self.old_fd = signal.set_wakeup_fd(self.watcher.near.fileno(), warn_on_full_buffer=False)
        if self.pressed:  # between the two lines above: the handler knows of it, the watcher does not
            self.watcher.near.send(bytes([signal.SIGINT]))

    def call(self, stop: Callable[[], object]) -> None:
        """From here on Ctrl-C calls `stop`."""
        assert self.watcher is not None
        self.stops.append(stop)
        self.watcher.stop = stop

    def call_the_outer(self) -> bool:
        """The innermost block ends; whether it was in another, whose `stop` is called again."""
        assert self.watcher is not None
        self.stops.pop()
        if self.stops:
            self.watcher.stop = self.stops[-1]
        return bool(self.stops)

    def remove(self) -> None:
        assert self.watcher is not None
        signal.set_wakeup_fd(self.old_fd)
        signal.signal(signal.SIGINT, signal.SIG_DFL if self.old_handler is None else self.old_handler)
        self.watcher.stop = None
        if self.pressed:  # its byte may still be on the way, and must not stop a later run
            self.watcher.retire()
            self.watcher = None


_state = _State()


def presses() -> int:
    """How often Ctrl-C was pressed in all blocks so far: a terminal has written ^C each time."""
    return _state.presses


def _forget_watcher() -> None:
    """A forked child has no threads but its own."""
    _state.watcher = None
    _state.stops.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_watcher)


class CtrlC:
    """``with CtrlC(stop) as ctrl_c:`` no KeyboardInterrupt is raised in the block: Ctrl-C calls `stop` from another
    thread, every few milliseconds, and sets `pressed`.  One last call may come when the block has just ended.

    Blocks may be nested, one CtrlC within itself too: an inner one has its own `stop`, and sees a Ctrl-C that came in
    an outer one.  After the outermost block the process's own handler is back in place, and if nobody has looked at
    `pressed` since Ctrl-C came, that handler gets the signal: it is never lost.  Outside the main thread, where Python
    delivers no signals, the block does nothing.
    """

    __slots__ = ("_stop",)

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop

    @property
    def pressed(self) -> bool:
        """Whether Ctrl-C was pressed in the present (outermost) block; who sees True must act on it."""
        if _state.pressed and _state.stops:
            _state.noticed = True
            return True
        return False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """In this block, inside of the others, Ctrl-C is the process's own again: a person is asked something."""
        stops = _state.stops
        if threading.current_thread() is not threading.main_thread() or not stops:
            yield
            return
        _state.stops = []
        _state.remove()
        try:
            yield
        finally:
            _state.install(stops[-1])
            _state.stops = stops

    def __enter__(self) -> CtrlC:
        if threading.current_thread() is threading.main_thread():
            if not _state.stops:
                _state.install(self._stop)
            _state.call(self._stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if threading.current_thread() is threading.main_thread() and _state.stops and not _state.call_the_outer():
            _state.remove()
            if _state.pressed and not _state.noticed:
                signal.raise_signal(signal.SIGINT)
