"""What `taint` shows: the mask as a number, the line of an oops, and each flag explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kshell.kernel.core.taint import FLAGS, in_order, print_tainted
from kshell.kernel.report.taint import DETAILS, SINCE, letters_of
from kshell.shell.views.view import Text

if TYPE_CHECKING:
    from kshell.kernel.core.taint import Taint


def taint_now(taint: Taint, everything: bool) -> Text:
    """The state of a kernel; `everything` explains the flags that are not set too."""
    shown = set(list(FLAGS)[: taint.places]) if everything else taint.letters
    lines = [f"{taint.mask}  {taint}".rstrip()]
    if not taint.letters and not everything:
        lines.append("nothing has happened that would make this kernel's word doubtful")
    for letter in in_order(shown):
        lines += _explain(letter, taint, marked=everything)
    return Text(lines, _result(taint.mask, str(taint), in_order(shown), [], taint))


def taint_number(mask: int, taint: Taint) -> Text:
    """What a number out of another kernel's /proc/sys/kernel/tainted means, in the places of this release."""
    letters, unknown = letters_of(mask)
    places = max([taint.places, *(FLAGS[letter][0] + 1 for letter in letters)])
    tainted = print_tainted(letters, places)
    lines = [f"{mask}  {tainted}".rstrip()]
    for letter in in_order(letters):
        lines += _explain(letter, None, marked=False)
    lines += [f"bit {bit}: no release that kshell knows has a flag there" for bit in unknown]
    return Text(lines, _result(mask, tainted, in_order(letters), unknown, None))


def _explain(letter: str, taint: Taint | None, marked: bool) -> list[str]:
    bit, word, meaning = FLAGS[letter]
    is_set = taint is not None and letter in taint.letters
    since = f" (since {SINCE[letter]})" if letter in SINCE else ""
    mark = ("* " if is_set else "  ") if marked else ""
    lines = [f"{mark}{letter}  bit {bit:<2d} {1 << bit:>6d}  {word}{since}: {meaning}"]
    indent = " " * (len(mark) + 3)
    if taint is not None and is_set:
        lines.append(f"{indent}set at {taint.since[letter] / 10**9:.6f}{_by(taint.why[letter])}")
    return [*lines, indent + DETAILS[letter]]


def _by(why: str) -> str:
    return f" by {why}" if why else ""


def _result(mask: int, tainted: str, letters: list[str], unknown: list[int], taint: Taint | None) -> dict[str, Any]:
    flags = []
    for letter in letters:
        bit, word, meaning = FLAGS[letter]
        is_set = letter in taint.letters if taint is not None else True
        flags.append(
            {
                "letter": letter,
                "bit": bit,
                "name": word,
                "meaning": meaning,
                "set": is_set,
                "by": taint.why.get(letter, "") if taint is not None else "",
                "ns": taint.since.get(letter) if taint is not None else None,
            }
        )
    return {"mask": mask, "tainted": tainted, "flags": flags, "unknown_bits": unknown}
