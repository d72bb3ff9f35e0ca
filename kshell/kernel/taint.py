"""Taint: why a kernel's word is not to be trusted any more.

C counterpart: taint_flags[] in kernel/panic.c.
"""

from __future__ import annotations

# letter -> (bit, what it means)
FLAGS: dict[str, tuple[int, str]] = {
    "P": (0, "a proprietary module was loaded"),
    "F": (1, "a module was loaded by force"),
    "R": (3, "a module was unloaded by force"),
    "D": (7, "the kernel died: an oops or a BUG"),
    "W": (9, "the kernel warned"),
    "O": (12, "a module from outside the kernel's tree was loaded"),
    "E": (13, "an unsigned module was loaded"),
    "L": (14, "a soft lockup"),
}


class Taint:
    """The kernel's taint flags; they never go away again, but by a reboot."""

    __slots__ = ("letters",)

    def __init__(self) -> None:
        self.letters: set[str] = set()

    def add(self, letter: str) -> bool:
        """Set a flag; True if it was not set before (C: add_taint)."""
        new = letter not in self.letters
        self.letters.add(letter)
        return new

    @property
    def mask(self) -> int:
        """The number in /proc/sys/kernel/tainted."""
        return sum(1 << FLAGS[letter][0] for letter in self.letters)

    def __str__(self) -> str:
        """``Tainted: G      D    O     `` or ``Not tainted`` (C: print_tainted)."""
        if not self.letters:
            return "Not tainted"
        positions = ["P" if "P" in self.letters else "G"]
        order = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
        by_bit = {bit: letter for letter, (bit, _) in FLAGS.items()}
        positions += [by_bit[b] if by_bit.get(b) in self.letters else " " for b in order]
        return "Tainted: " + "".join(positions)
