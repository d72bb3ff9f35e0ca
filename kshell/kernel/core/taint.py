"""Taint: why a kernel's word is not to be trusted any more.

C counterpart: taint_flags[] in kernel/panic.c, and the TAINT_ numbers of include/linux/panic.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.loglevel import KERN_WARNING

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

LETTERS = dict(enumerate("PFSRMBUDAWCIOELKXTNJ"))  # by the flags' bits; report/taint.py says what they mean
BITS = {letter: bit for bit, letter in LETTERS.items()}
PLACES_4_19, PLACES_TODAY = 18, 20  # TAINT_FLAGS_COUNT


class Taint:
    """The kernel's taint flags; they never go away again, but by a reboot.

    `places` is how many flags the release knows (TAINT_FLAGS_COUNT), `debug_locks` whether lockdep still works,
    `why` what set each flag first, and `since` when, in nanoseconds of the kernel's clock: kshell's own record.
    """

    __slots__ = ("debug_locks", "letters", "places", "since", "why")

    def __init__(self, places: int = PLACES_4_19) -> None:
        self.letters: set[str] = set()
        self.places, self.debug_locks = places, True
        self.why: dict[str, str] = {}
        self.since: dict[str, int] = {}

    def add(self, letter: str, why: str = "", ns: int = 0) -> bool:
        """Set a flag; True if it was not set before (C: add_taint).  KeyError for a letter that there is not."""
        new = letter not in self.letters
        self.letters.add(LETTERS[BITS[letter]])
        if new:
            self.why[letter], self.since[letter] = why, ns
        return new

    @property
    def mask(self) -> int:
        """The number in /proc/sys/kernel/tainted."""
        return sum(1 << BITS[letter] for letter in self.letters)


def in_order(letters: set[str]) -> list[str]:
    """Letters by their bits."""
    return sorted(letters, key=BITS.__getitem__)


def add_taint(k: Kernel, letter: str, lockdep_still_ok: bool = True, why: str = "") -> None:
    """Set a flag; where locks can no longer be trusted either, lock debugging ends, with a line the first time.

    An oops has ended it before it taints (C: oops_enter), so that it adds no such line.  `why` says what did it, by
    default the current task.
    """
    k.taint.add(letter, why or f"task {k.current.comm} (pid {k.current.pid})", k.clock.ns)
    if not lockdep_still_ok and k.taint.debug_locks:
        k.taint.debug_locks = False
        k.printk(KERN_WARNING, "Disabling lock debugging due to kernel taint")
