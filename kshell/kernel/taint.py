"""Taint: why a kernel's word is not to be trusted any more.

C counterpart: taint_flags[] in kernel/panic.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.loglevel import KERN_WARNING

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

# letter -> (bit, Linux's word since 6.11, what it means)
FLAGS: dict[str, tuple[int, str, str]] = {
    "P": (0, "PROPRIETARY_MODULE", "a proprietary module was loaded"),
    "R": (3, "FORCED_RMMOD", "a module was unloaded by force"),
    "D": (7, "DIE", "the kernel died: an oops or a BUG"),
    "W": (9, "WARN", "the kernel warned"),
    "O": (12, "OOT_MODULE", "a module from outside the kernel's tree was loaded"),
    "L": (14, "SOFTLOCKUP", "a soft lockup"),
}
LETTERS = {bit: letter for letter, (bit, _, _) in FLAGS.items()}


class Taint:
    """The kernel's taint flags; they never go away again, but by a reboot.

    `places` is how many flags the release knows (TAINT_FLAGS_COUNT), `debug_locks` whether lockdep still works.
    """

    __slots__ = ("debug_locks", "letters", "places")

    def __init__(self, places: int = 18) -> None:
        self.letters: set[str] = set()
        self.places, self.debug_locks = places, True

    def add(self, letter: str) -> bool:
        """Set a flag; True if it was not set before (C: add_taint).  KeyError for a letter that there is not."""
        new = letter not in self.letters
        self.letters.add(LETTERS[FLAGS[letter][0]])
        return new

    @property
    def mask(self) -> int:
        """The number in /proc/sys/kernel/tainted."""
        return sum(1 << FLAGS[letter][0] for letter in self.letters)

    def __str__(self) -> str:
        """``Tainted: G      D    O     `` or ``Not tainted`` (C: print_tainted): a place for each flag."""
        if not self.letters:
            return "Not tainted"
        places = ["P" if "P" in self.letters else "G"]
        for bit in range(1, self.places):
            letter = LETTERS.get(bit)
            places.append(letter if letter is not None and letter in self.letters else " ")
        return "Tainted: " + "".join(places)

    def words(self) -> str:
        """``Tainted: [D]=DIE, [O]=OOT_MODULE`` (C: print_tainted_verbose, since 6.11); empty where nothing is set."""
        if not self.letters:
            return ""
        found = sorted((FLAGS[letter][0], letter, FLAGS[letter][1]) for letter in self.letters)
        return "Tainted: " + ", ".join(f"[{letter}]={word}" for _, letter, word in found)


def add_taint(k: Kernel, letter: str, lockdep_still_ok: bool = True) -> None:
    """Set a flag; where locks can no longer be trusted either, lock debugging ends, with a line the first time.

    An oops has ended it before it taints (C: oops_enter), so that it adds no such line.
    """
    k.taint.add(letter)
    if not lockdep_still_ok and k.taint.debug_locks:
        k.taint.debug_locks = False
        k.printk(KERN_WARNING, "Disabling lock debugging due to kernel taint")
