"""What `taint` shows: the mask as a number, the line of an oops, and each flag explained."""

from __future__ import annotations

from typing import Any

from kshell.kernel.report.taint import BITS, DETAILS, FLAGS, SINCE, Taint, in_order, letters_of, print_tainted, tainted
from kshell.shell.views.view import Text


def taint_now(taint: Taint, everything: bool) -> Text:
    """The state of a kernel; `everything` explains the flags that are not set too."""
    shown = in_order(set(list(FLAGS)[: taint.places]) if everything else taint.letters)
    lines = [f"{taint.mask}  {tainted(taint)}".rstrip()]
    if not shown:
        lines.append("nothing has happened that would make this kernel's word doubtful")
    flags = []
    for letter in shown:
        is_set, by = letter in taint.letters, taint.why.get(letter, "")
        lines += _explain(letter, ("* " if is_set else "  ") if everything else "", taint.since.get(letter), by)
        flags.append(_flag(letter, is_set, by, taint.since.get(letter)))
    return Text(lines, {"mask": taint.mask, "tainted": tainted(taint), "flags": flags, "unknown_bits": []})


def taint_number(mask: int, taint: Taint) -> Text:
    """What a number out of another kernel's /proc/sys/kernel/tainted means, in the places of this release."""
    letters, unknown = letters_of(mask)
    line = print_tainted(letters, max([taint.places, *(BITS[letter] + 1 for letter in letters)]))
    lines = [f"{mask}  {line}".rstrip()]
    for letter in in_order(letters):
        lines += _explain(letter)
    lines += [f"bit {bit}: no release that kshell knows has a flag there" for bit in unknown]
    flags = [_flag(letter) for letter in in_order(letters)]
    return Text(lines, {"mask": mask, "tainted": line, "flags": flags, "unknown_bits": unknown})


def _explain(letter: str, mark: str = "", ns: int | None = None, by: str = "") -> list[str]:
    bit, (word, meaning) = BITS[letter], FLAGS[letter]
    since = f" (since {SINCE[letter]})" if letter in SINCE else ""
    lines = [f"{mark}{letter}  bit {bit:<2d} {1 << bit:>6d}  {word}{since}: {meaning}"]
    indent = " " * (len(mark) + 3)
    if ns is not None:
        lines.append(f"{indent}set at {ns / 10**9:.6f}" + (f" by {by}" if by else ""))
    return [*lines, indent + DETAILS[letter]]


def _flag(letter: str, is_set: bool = True, by: str = "", ns: int | None = None) -> dict[str, Any]:
    """A flag as --json has it."""
    bit, (word, meaning) = BITS[letter], FLAGS[letter]
    return {"letter": letter, "bit": bit, "name": word, "meaning": meaning, "set": is_set, "by": by, "ns": ns}
