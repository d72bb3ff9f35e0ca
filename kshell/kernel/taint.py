"""Taint: why a kernel's word is not to be trusted any more.

C counterpart: taint_flags[] in kernel/panic.c.
"""

from __future__ import annotations

# letter -> (bit, Linux's word since 6.11, what it means)
FLAGS: dict[str, tuple[int, str, str]] = {
    "P": (0, "PROPRIETARY_MODULE", "a proprietary module was loaded"),
    "F": (1, "FORCED_MODULE", "a module was loaded by force"),
    "R": (3, "FORCED_RMMOD", "a module was unloaded by force"),
    "D": (7, "DIE", "the kernel died: an oops or a BUG"),
    "W": (9, "WARN", "the kernel warned"),
    "O": (12, "OOT_MODULE", "a module from outside the kernel's tree was loaded"),
    "E": (13, "UNSIGNED_MODULE", "an unsigned module was loaded"),
    "L": (14, "SOFTLOCKUP", "a soft lockup"),
}
LETTERS = {bit: letter for letter, (bit, _, _) in FLAGS.items()}
FLAGS_COUNT = 18  # positions in the line, of which kshell uses eight


class Taint:
    """The kernel's taint flags; they never go away again, but by a reboot."""

    __slots__ = ("letters",)

    def __init__(self) -> None:
        self.letters: set[str] = set()

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
        for bit in range(1, FLAGS_COUNT):
            letter = LETTERS.get(bit)
            places.append(letter if letter is not None and letter in self.letters else " ")
        return "Tainted: " + "".join(places)

    def words(self) -> str:
        """``Tainted: [D]=DIE, [O]=OOT_MODULE`` (C: print_tainted_verbose, since 6.11); empty where nothing is set."""
        if not self.letters:
            return ""
        found = sorted((FLAGS[letter][0], letter, FLAGS[letter][1]) for letter in self.letters)
        return "Tainted: " + ", ".join(f"[{letter}]={word}" for _, letter, word in found)
