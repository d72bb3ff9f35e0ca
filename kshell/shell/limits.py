"""What a script may take of the host: time, and memory.  A thread looks after both, for nobody sits there with Ctrl-C.

At a limit the thread presses Ctrl-C, so to speak: whatever runs ends by it.  What does not end within GRACE_SECONDS is
ended with the process.  A budget of instructions, which is the same on every host, mostly comes first.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import TracebackType

LIMIT = 124  # the exit status, as timeout(1) has it
TIMEOUT_SECONDS = 300  # that a line of a script may take, where nobody has said how long the script may
MEMORY_MIB = 1024
GRACE_SECONDS = 5.0
POLL_SECONDS = 0.05
MIB = 1 << 20


class Limits:
    """``with Limits(timeout, memory) as limits:`` around a script; 0 is no limit, None the default.

    `timeout` counts from here on; by default every line has TIMEOUT_SECONDS of its own, and waiting for a line costs
    nothing.  `reached` says which limit it was, as (what, because, try), None while none was.
    """

    def __init__(self, timeout: float | None = None, memory: float | None = None) -> None:
        self.reached: tuple[str, str, str] | None = None
        self._by_line, self._seconds = timeout is None, TIMEOUT_SECONDS if timeout is None else timeout
        self._mib = MEMORY_MIB if memory is None else memory
        self._deadline = 0.0 if self._by_line else self._from_now()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="kshell-limits")

    def line_begins(self) -> None:
        """A line of the script was read."""
        if self._by_line:
            self._deadline = self._from_now()

    def line_ends(self) -> None:
        """It is done, and the next one may be long in coming."""
        if self._by_line:
            self._deadline = 0.0

    def _from_now(self) -> float:
        return time.monotonic() + self._seconds if self._seconds else 0.0

    def __enter__(self) -> Limits:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            self.reached = self._what_is_reached()
            if self.reached is not None:
                _press_ctrl_c()
                if not self._over.wait(GRACE_SECONDS):
                    what, because, try_ = self.reached
                    text = f"kshell: {what}\n  because: {because}; it did not stop at Ctrl-C\n  try: {try_}\n"
                    os.write(2, text.encode("utf-8", "backslashreplace"))
                    os._exit(LIMIT)
                return

    def _what_is_reached(self) -> tuple[str, str, str] | None:
        if self._deadline and time.monotonic() >= self._deadline:
            which = "a line of a script may take" if self._by_line else "--timeout gave the script"
            because = f"{which} {self._seconds:g} second{'' if self._seconds == 1 else 's'}, and they are over"
            return "the script was ended: out of time", because, "kshell --timeout SECONDS  (0: any time)"
        if self._mib and memory_used() > self._mib * MIB:
            because = f"kshell may take {self._mib:g} MiB of memory in a script, and took more"
            return "the script was ended: out of memory", because, "kshell --memory MIB  (0: any)"
        return None


def _press_ctrl_c() -> None:
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)  # ends a read() that waits, too
    else:
        import _thread

        _thread.interrupt_main()


def memory_used() -> int:
    """Bytes of the host's memory that this process has: now, or at most so far where the system tells only that."""
    if sys.platform == "linux":
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return _memory_of_windows()
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _memory_of_windows() -> int:
    """The working set (C: GetProcessMemoryInfo)."""
    import ctypes

    size = 8 * ctypes.sizeof(ctypes.c_size_t) + 8  # struct _PROCESS_MEMORY_COUNTERS: two DWORDs, eight SIZE_Ts
    counters = ctypes.create_string_buffer(size)
    ctypes.memmove(counters, size.to_bytes(4, "little"), 4)
    kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel32.GetCurrentProcess())
    if not kernel32.K32GetProcessMemoryInfo(process, counters, size):
        return 0
    return int.from_bytes(counters.raw[16 : 16 + ctypes.sizeof(ctypes.c_size_t)], "little")
