"""Simulated time.  It advances at traps, by a fixed cost each; computation between traps costs nothing.

The same commands therefore take the same time always.  docs/differences-from-linux.md says what that means.
"""

from __future__ import annotations

from collections.abc import Callable

BOOT_EPOCH_NS = 1_767_225_600 * 10**9  # 2026-01-01 00:00:00 UTC

SYSCALL_NS = 120
FAULT_NS = 600  # a page fault that nothing had to be fetched for, and any other in ring 0
PAGE_FAULT_NS = {  # those that cost more or less, by their cause (mm/fault.py)
    "zero_page": 500,
    "page_cache": 500,
    "special_mapping": 500,
    "copy_on_write": 900,
    "private_copy": 900,
    "stack_growth": 700,
    "swap_in": 90_000,
}
INTERRUPT_NS = 900
INSTRUCTION_NS = 100  # of user code, while a timer of its task is armed
BODY_NS = 20  # a call of a kernel function by machine code
PRINTK_NS = 1_500
BOOT_STEP_NS = 3_000_000
MODULE_LOAD_NS = 180_000


class Clock:
    """`ns` counts nanoseconds since boot (CLOCK_MONOTONIC); `on_advance` is called whenever it was moved on."""

    __slots__ = ("ns", "on_advance")

    def __init__(self) -> None:
        self.ns = 0
        self.on_advance: Callable[[], None] | None = None

    def advance(self, ns: int) -> None:
        """Let `ns` nanoseconds pass."""
        self.ns += ns
        if self.on_advance is not None:
            self.on_advance()

    def realtime_ns(self) -> int:
        """Nanoseconds since 1970 on the machine's wall clock (CLOCK_REALTIME)."""
        return BOOT_EPOCH_NS + self.ns
