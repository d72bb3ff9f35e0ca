"""What a Unix shell has and kshell has not: pipes, redirection, jobs, substitution; and what to type instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kshell.shell.errors import CommandError
from kshell.shell.views import show

if TYPE_CHECKING:
    from kshell.shell.words import Word

_REDIRECTION = re.compile(r"(?:[012]?(?:>>?|<<?<?)|&>|>&|2>&1)")
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)?|`([^`]*)`?")
_FILTERS = {"dmesg": "dmesg --grep", "table": "table", "kallsyms": "kallsyms"}


def refuse(words: Sequence[Word]) -> None:
    """CommandError for a command in a Unix shell's grammar; text between quotes is never taken for that."""
    if words[0].text in ("#", "asm"):
        return
    for at, word in enumerate(words):
        text = word.raw
        if text[0] in "\"'" or (text[0] not in "|><&$`012" and "$(" not in text and "|" not in text):
            continue
        if _SUBSTITUTION.search(text):
            raise _substitution(words)
        if at and (text == "||" or (text.startswith("|") and _is_pipe(words, at))):
            raise _pipe(words, at)
        if at and text in ("&", "&&"):
            because = "commands run one after another; ; parts them on a line"
            rest = [show(w.raw) for w in words[at + 1 :]]
            raise CommandError(
                "kshell has no & and no &&", because, _typed(words, at) + ("; " if rest else "") + " ".join(rest)
            )
        if at and _REDIRECTION.match(text):
            raise _redirection(words, at)


def _typed(words: Sequence[Word], end: int) -> str:
    return " ".join(show(word.raw) for word in words[:end])


def _is_pipe(words: Sequence[Word], at: int) -> bool:
    """Whether | stands before a command, and not between two flags of a call."""
    from kshell.shell.commands import ALIASES, FILES
    from kshell.shell.foreign import NAMES

    follower = words[at].raw[1:] or (words[at + 1].raw if at + 1 < len(words) else "")
    return words[0].text not in ("syscall", "trace") or follower in NAMES or follower in FILES or follower in ALIASES


def _pipe(words: Sequence[Word], at: int) -> CommandError:
    because = "a command's result is shown, and cannot be read by another command"
    after = [word for word in (words[at].raw[1:], *(w.raw for w in words[at + 1 :])) if word]
    arguments = [show(word) for word in after[1:] if not word.startswith("-")]
    name, try_ = words[0].text, _typed(words, at)
    if after and after[0] in ("grep", "egrep", "rg") and name in _FILTERS and arguments:
        try_ = f"{_FILTERS[name]} {arguments[0]}"
    elif after and after[0] == "tail" and name == "dmesg":
        try_ = "dmesg -n 10"
    return CommandError("kshell has no pipes", because, try_)


def _redirection(words: Sequence[Word], at: int) -> CommandError:
    because = "a command's result is shown; the machine's files are written by system calls"
    try_ = _typed(words, at)
    target = words[at + 1].text if at + 1 < len(words) else words[at].raw.lstrip("012&<>")
    if words[0].text in ("cat", "echo") and ">" in words[at].raw and target:
        try_ = f'syscall open "{show(target)}" O_CREAT|O_WRONLY 0644  (then: syscall write FD "text" 4)'
    elif words[0].text == "cat" and target:
        try_ = f"cat {show(target)}"
    return CommandError("kshell has no redirection", because, try_)


def _substitution(words: Sequence[Word]) -> CommandError:
    match = _SUBSTITUTION.search(" ".join(word.raw for word in words))
    inside = (match[1] or match[2] or "").strip() if match is not None else ""
    because = "the shell puts no command's result into another one"
    return CommandError("kshell has no command substitution", because, show(inside) or "help")
