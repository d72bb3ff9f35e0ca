"""The manual pages of system calls: their declarations' docstrings, taken apart.

A docstring is a sentence, paragraphs, and a list of what the call may answer, one ``ENAME  why`` a line.  A paragraph
or a reason that begins with ``[since 5.6]`` or ``[before 5.6]`` stands on the pages of those releases only.  The line
``Otherwise as read.`` stands for every errno that read, a call further up, has and this page does not.
"""

from __future__ import annotations

import re
from textwrap import dedent
from typing import NamedTuple

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.profile import Profile

_RELEASE = re.compile(r"\[(since|before) (\d+)\.(\d+)\] ")
# What a page without errnos says, and what that comes down to.
_NO_ERRNO = {
    "It does not return.": "it does not return",
    "It never answers an errno": "it never answers an errno",
    "It cannot fail.": "this call always succeeds",
}
_OTHERWISE = re.compile(r"Otherwise as (\w+)\.")
_ERRNO_LINE = re.compile(r"(E[A-Z0-9]+(?:,? (?:or )?E[A-Z0-9]+)*)  +(\S.*)")


class Page(NamedTuple):
    """One page: the `summary` sentence, further `paragraphs`, and `errors`, pairs of an errno's name and why.

    `names` are the errnos that stand in the call's code, whatever the page says.
    """

    summary: str
    paragraphs: list[str]
    errors: list[tuple[str, str]]
    names: tuple[str, ...] = ()

    @property
    def _told(self) -> str:
        """What the page says where it has no errno; "" where it says nothing of that."""
        text = " ".join((self.summary, *self.paragraphs))
        return next((why for words, why in _NO_ERRNO.items() if words in text), "")

    @property
    def without_errors(self) -> str:
        """Why there is no errno on this page."""
        if self._told:
            return self._told
        if self.names:
            named = ", ".join(f"-{name}" for name in self.names)
            return f"its docstring does not say; its source names {named}"
        return "its docstring does not say, and neither does its source"

    @property
    def untold(self) -> list[str]:
        """The errnos that its code names and its list, if it has one, does not."""
        listed = {name for names, _ in self.errors for name in re.split(r"\W+(?:or )?", names)}
        return [name for name in self.names if name not in listed] if self.errors else []

    @property
    def knows_errors(self) -> bool:
        """Whether the page says what the call may answer, or that it answers no errno."""
        return bool(self.errors or self._told)

    @property
    def returns(self) -> bool:
        """Whether the call comes back at all."""
        return "It does not return." not in " ".join((self.summary, *self.paragraphs))

    def reasons(self, errno: str) -> list[str]:
        """Why the call answers this errno, as far as the page says."""
        return [why for names, why in self.errors if errno in re.split(r"\W+(?:or )?", names)]


def page(definition: SyscallDefinition, profile: Profile, code: bytes = b"") -> Page:
    """The page of a built-in call, as it is true of a kernel; `code` is its machine code, where its body is that."""
    found = _parse(definition)
    errors = [(names, why) for names, text in found.errors if (why := _of(profile, text))]
    paragraphs = [text for p in found.paragraphs if (text := _of(profile, p))]
    return Page(found.summary, paragraphs, errors, _names(definition, code))


def _names(definition: SyscallDefinition, code: bytes) -> tuple[str, ...]:
    """The errnos that the body of a call names: its code tells, wherever its source is."""
    from kshell.abi.errno import ERRNO, errno_name
    from kshell.shell.calls.call_code import results

    if definition.body is None:
        return tuple(errno_name(-each) for each in results(code))
    errnos = {name for name, _ in ERRNO.values()}
    return tuple(name for name in definition.body.__code__.co_names if name in errnos)


def _of(profile: Profile, text: str) -> str:
    """`text` without the mark that it may begin with; empty if it is not true of this release."""
    match = _RELEASE.match(text)
    if match is None:
        return text
    since = profile.version >= (int(match[2]), int(match[3]))
    return text[match.end() :] if since == (match[1] == "since") else ""


def _errors_of(name: str, below: SyscallDefinition) -> list[tuple[str, str]]:
    """What the call of that name may answer.  It has to stand further up in the file: nothing goes in circles."""
    found = below.body.__globals__.get(name) if below.body else None
    if not isinstance(found, SyscallDefinition) or not found.body or not below.body:
        return []
    line, end = found.body.__code__.co_firstlineno, below.body.__code__.co_firstlineno
    return _parse(found).errors if line < end else []


def _parse(definition: SyscallDefinition) -> Page:
    first, _, rest = definition.doc.partition("\n")
    summary, paragraphs = [first.strip()], []
    errors: list[tuple[str, str]] = []
    for number, block in enumerate(dedent(rest).strip("\n").split("\n\n")):
        lines = block.split("\n")
        if not any(_ERRNO_LINE.match(line) or _OTHERWISE.match(line) for line in lines):
            text = " ".join(line.strip() for line in lines).strip()
            if number == 0 and not rest.startswith("\n"):  # the first sentence went on in the second line
                summary.append(text)
            elif text:
                paragraphs.append(text)
            continue
        for line in lines:
            match = _ERRNO_LINE.match(line)
            if other := _OTHERWISE.match(line):
                listed = {names for names, _ in errors}
                errors += [error for error in _errors_of(other[1], definition) if error[0] not in listed]
            elif match:
                errors.append((match[1], match[2].strip()))
            elif errors and line.startswith(" "):
                errors[-1] = (errors[-1][0], f"{errors[-1][1]} {line.strip()}")
            elif line.strip():
                paragraphs.append(line.strip())
    return Page(" ".join(part for part in summary if part), paragraphs, errors)
