"""Ctrl-C while the emulated CPU runs: a thread that stops it, since the run itself never returns to Python.

A signal's C-level handler writes a byte to the wakeup descriptor even while the main thread is deep in the
emulator.  A watcher thread waits for that byte and stops the CPU, again and again while the run lasts: a stop
that comes before the emulator's loop is entered would be lost.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

REPEAT_SECONDS = 0.003


class _Watcher:
    """One thread for the whole process; it sleeps in recv() while nothing is interrupted."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.stop: Callable[[], None] | None = None
        self.idle = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="kshell-ctrl-c").start()

    def _watch(self) -> None:
        while self.far.recv(64):
            while (stop := self.stop) is not None:
                stop()
                if self.idle.wait(REPEAT_SECONDS):
                    break


_watcher: _Watcher | None = None


class CtrlC:
    """``with CtrlC(stop) as ctrl_c:`` calls `stop` from another thread when Ctrl-C is pressed in the block.

    `pressed` says whether it was.  The process's own handler is back in place afterwards.  Outside the main
    thread, where Python delivers no signals, it does nothing.
    """

    __slots__ = ("_active", "_old_fd", "_old_handler", "_stop", "pressed")

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self.pressed = False
        self._active = False

    def _on_sigint(self, _signal: int, _frame: FrameType | None) -> None:
        self.pressed = True

    def __enter__(self) -> CtrlC:
        global _watcher
        if threading.current_thread() is not threading.main_thread():
            return self
        if _watcher is None:
            _watcher = _Watcher()
        self._active = True
        _watcher.idle.clear()
        _watcher.stop = self._stop
        self._old_handler = signal.signal(signal.SIGINT, self._on_sigint)
        self._old_fd = signal.set_wakeup_fd(_watcher.near.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if not self._active:
            return
        assert _watcher is not None
        signal.set_wakeup_fd(self._old_fd)
        signal.signal(signal.SIGINT, self._old_handler)
        _watcher.stop = None
        _watcher.idle.set()
        self._active = False
