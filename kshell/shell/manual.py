"""The manual pages of system calls: their declarations' docstrings, taken apart.

A docstring is a sentence, paragraphs, and a list of what the call may answer, one ``ENAME  why`` a line.
"""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kshell.kernel.declare import SyscallDefinition

_ERRNO_LINE = re.compile(r"(E[A-Z0-9]+(?:,? (?:or )?E[A-Z0-9]+)*)  +(\S.*)")


class Page:
    """One page: the `summary` sentence, further `paragraphs`, and `errors`, pairs of an errno's name and why."""

    __slots__ = ("errors", "paragraphs", "summary")

    def __init__(self, summary: str, paragraphs: list[str], errors: list[tuple[str, str]]) -> None:
        self.summary, self.paragraphs, self.errors = summary, paragraphs, errors

    def reasons(self, errno: str) -> list[str]:
        """Why the call answers this errno, as far as the page says."""
        return [why for names, why in self.errors if errno in re.split(r"\W+(?:or )?", names)]


def page(definition: SyscallDefinition) -> Page:
    """The page of a built-in call."""
    first, _, rest = definition.doc.partition("\n")
    summary, paragraphs = [first.strip()], []
    errors: list[tuple[str, str]] = []
    for number, block in enumerate(dedent(rest).strip("\n").split("\n\n")):
        lines = block.split("\n")
        if not any(_ERRNO_LINE.match(line) for line in lines):
            text = " ".join(line.strip() for line in lines).strip()
            if number == 0 and not rest.startswith("\n"):  # the first sentence went on in the second line
                summary.append(text)
            elif text:
                paragraphs.append(text)
            continue
        for line in lines:
            match = _ERRNO_LINE.match(line)
            if match:
                errors.append((match[1], match[2].strip()))
            elif errors and line.startswith(" "):
                errors[-1] = (errors[-1][0], f"{errors[-1][1]} {line.strip()}")
            elif line.strip():
                paragraphs.append(line.strip())
    return Page(" ".join(part for part in summary if part), paragraphs, errors)
