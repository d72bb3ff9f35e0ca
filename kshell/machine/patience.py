"""A run that lasts long in ring 0 is told of once: somebody waits for it, and should know where it is.

Host time decides nothing but that: the run goes on as if nobody had looked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 2.0
REPEAT_SECONDS = 0.003


class Patience:
    """`on_long_run()` is called once in a run that has lasted SECONDS and is in ring 0, between two instructions; None:
    nobody waits.

    Another thread stops the emulator by `stop` then, until the loop around the run has asked `is_at_its_end`.
    """

    def __init__(self, stop: Callable[[], object]) -> None:
        self.on_long_run: Callable[[], None] | None = None
        self._stop, self._is_over = stop, False

    @contextmanager
    def for_a_run(self) -> Iterator[None]:
        """Around a run."""
        if self.on_long_run is None:
            yield
            return
        over = threading.Event()

        def wait() -> None:
            self._is_over = not over.wait(SECONDS)
            while self._is_over and not over.wait(REPEAT_SECONDS):  # a stop that comes too early is lost
                self._stop()

        thread = threading.Thread(target=wait, daemon=True, name="kshell-patience")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._is_over = False

    def is_at_its_end(self) -> bool:
        """Whether the run lasts long, and nobody was told yet."""
        was, self._is_over = self._is_over, False
        return was
