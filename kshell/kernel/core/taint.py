"""Taint: why a kernel's word is not to be trusted any more.

C counterpart: taint_flags[] in kernel/panic.c, and the TAINT_ numbers of include/linux/panic.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.loglevel import KERN_WARNING

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

# letter -> (bit, Linux's word since 6.11, what it means)
FLAGS: dict[str, tuple[int, str, str]] = {
    "P": (0, "PROPRIETARY_MODULE", "a proprietary module was loaded"),
    "F": (1, "FORCED_MODULE", "a module was loaded by force"),
    "S": (2, "CPU_OUT_OF_SPEC", "the processor runs out of its specification"),
    "R": (3, "FORCED_RMMOD", "a module was unloaded by force"),
    "M": (4, "MACHINE_CHECK", "the processor reported a hardware error"),
    "B": (5, "BAD_PAGE", "a page of memory was found in a state that cannot be"),
    "U": (6, "USER", "a user asked for it, by writing to /proc/sys/kernel/tainted"),
    "D": (7, "DIE", "the kernel died: an oops or a BUG"),
    "A": (8, "OVERRIDDEN_ACPI_TABLE", "a table of the firmware was replaced"),
    "W": (9, "WARN", "the kernel warned"),
    "C": (10, "CRAP", "a module from the staging directory was loaded"),
    "I": (11, "FIRMWARE_WORKAROUND", "a bug of the firmware is worked around"),
    "O": (12, "OOT_MODULE", "a module from outside the kernel's tree was loaded"),
    "E": (13, "UNSIGNED_MODULE", "a module without a valid signature was loaded"),
    "L": (14, "SOFTLOCKUP", "a soft lockup"),
    "K": (15, "LIVEPATCH", "the kernel was patched while it ran"),
    "X": (16, "AUX", "whatever a distribution uses it for"),
    "T": (17, "RANDSTRUCT", "it was built with the members of its structures shuffled"),
    "N": (18, "TEST", "a test that runs in the kernel was loaded"),
    "J": (19, "FWCTL", "a debugging interface of a device's firmware was used"),
}
LETTERS = {bit: letter for letter, (bit, _, _) in FLAGS.items()}
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
        self.letters.add(LETTERS[FLAGS[letter][0]])
        if new:
            self.why[letter], self.since[letter] = why, ns
        return new

    @property
    def mask(self) -> int:
        """The number in /proc/sys/kernel/tainted."""
        return sum(1 << FLAGS[letter][0] for letter in self.letters)

    def __str__(self) -> str:
        """``Tainted: G      D    O     `` or ``Not tainted`` (C: print_tainted): a place for each flag."""
        return print_tainted(self.letters, self.places)

    def words(self) -> str:
        """``Tainted: [D]=DIE, [O]=OOT_MODULE`` (C: print_tainted_verbose, since 6.11); empty where nothing is set."""
        if not self.letters:
            return ""
        return "Tainted: " + ", ".join(f"[{letter}]={FLAGS[letter][1]}" for letter in in_order(self.letters))


def in_order(letters: set[str]) -> list[str]:
    """Letters by their bits."""
    return sorted(letters, key=lambda letter: FLAGS[letter][0])


def print_tainted(letters: set[str], places: int) -> str:
    """The line of an oops for these flags, where the release knows `places` of them."""
    if not letters:
        return "Not tainted"
    first = "P" if "P" in letters else "G"
    rest = (LETTERS[bit] if LETTERS[bit] in letters else " " for bit in range(1, places))
    return "Tainted: " + first + "".join(rest)


def add_taint(k: Kernel, letter: str, lockdep_still_ok: bool = True, why: str = "") -> None:
    """Set a flag; where locks can no longer be trusted either, lock debugging ends, with a line the first time.

    An oops has ended it before it taints (C: oops_enter), so that it adds no such line.  `why` says what did it, by
    default the current task.
    """
    k.taint.add(letter, why or f"task {k.current.comm} (pid {k.current.pid})", k.clock.ns)
    if not lockdep_still_ok and k.taint.debug_locks:
        k.taint.debug_locks = False
        k.printk(KERN_WARNING, "Disabling lock debugging due to kernel taint")
