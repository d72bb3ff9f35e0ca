"""What a Unix shell has and kshell has not: pipes, jobs, substitution, redirection, and what to type instead."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from kshell.shell.errors import CommandError
from kshell.shell.host_files import is_own
from kshell.shell.lines.foreign import BEFORE, NAMES, advice
from kshell.shell.lines.words import Word
from kshell.shell.views.view import show

_REDIRECTION = re.compile(r"(?:[012]?(?:>>?|<<?<?)|&>|>&|2>&1)")
OUTPUT = re.compile(r"1?(>>?)(.*)", re.DOTALL)  # the redirection that `echo` takes
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)?|`([^`]*)`?")
_UNAME = re.compile(r"\$\(\s*uname -r\s*\)|`\s*uname -r\s*`")
_PWD = re.compile(r"\$\(\s*pwd\s*\)|`\s*pwd\s*`|\$\{?PWD\}?|\$\(PWD\)")
_FILTERS = {"dmesg": "dmesg --grep", "table": "table", "kallsyms": "kallsyms"}


def refuse(words: Sequence[Word], is_command: Callable[[str], bool], release: Callable[[], str]) -> None:
    """CommandError for a command in a Unix shell's grammar; text between quotes is never taken for that.

    `is_command` knows the shell's own commands, and `release` the kernel that runs.
    """
    if words[0].text.partition("/")[0] in ("#", "asm", "p", "print", "ptype", "whatis", "walk"):
        return  # C's operators are meant
    while words[0].text in BEFORE and len(words) > 1 and is_command(words[1].text):
        words = words[1:]  # what is advised must be a command here
    marks = ("$", "|", "`") if words[0].text == "make" else ("$(", "|")
    for at, word in enumerate(words):
        text = word.raw
        if text[0] in "\"'" or (text[0] not in "|><&$`012" and not any(mark in text for mark in marks)):
            continue
        if _SUBSTITUTION.search(text) or (words[0].text == "make" and _PWD.search(text)):
            raise _substitution(words, is_command, release)
        if at and (text == "||" or (text.startswith("|") and _is_pipe(words, at, is_command))):
            raise _pipe(words, at)
        if at and text in ("&", "&&"):
            because = "commands run one after another; ; parts them on a line"
            rest = [show(w.raw) for w in words[at + 1 :]]
            raise CommandError(
                "kshell has no & and no &&", because, _typed(words, at) + ("; " if rest else "") + " ".join(rest)
            )
        if at and _REDIRECTION.match(text) and not (words[0].text == "echo" and OUTPUT.fullmatch(text)):
            raise _redirection(words, at)


def _typed(words: Sequence[Word], end: int) -> str:
    return " ".join(show(word.raw) for word in words[:end])


def _is_pipe(words: Sequence[Word], at: int, is_command: Callable[[str], bool]) -> bool:
    """Whether | stands before a command, and not between two flags of a call."""
    follower = words[at].raw[1:] or (words[at + 1].raw if at + 1 < len(words) else "")
    return words[0].text not in ("syscall", "trace") or follower in NAMES or is_command(follower)


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
    if ">" in words[at].raw and is_own(target):
        try_ = f"edit {show(target)}"
    elif words[0].text == "cat" and ">" in words[at].raw and target:
        try_ = f'syscall open "{show(target)}" O_CREAT|O_WRONLY 0644  (then: syscall write FD "text" 4)'
    elif words[0].text == "cat" and target:
        try_ = f"cat {show(target)}"
    return CommandError("kshell has no redirection", because, try_)


def _substitution(words: Sequence[Word], is_command: Callable[[str], bool], release: Callable[[], str]) -> CommandError:
    line = " ".join(word.raw for word in words)
    if words[0].text == "make":  # the two that everybody types who builds a module outside the tree
        because = "the shell puts no command's result into another one; a Makefile may"
        line = _UNAME.sub(release(), line)
        return CommandError("kshell has no command substitution", because, show(_PWD.sub(os.getcwd(), line)))
    match = _SUBSTITUTION.search(line)
    inside = (match[1] or match[2] or "").strip() if match is not None else ""
    because = "the shell puts no command's result into another one"
    return CommandError("kshell has no command substitution", because, _by_itself(inside, is_command) or "help")


def _by_itself(line: str, is_command: Callable[[str], bool]) -> str:
    """What to type to see what a command line says: that line, or what stands for it where it is no command here."""
    name, *rest = line.split() or [""]
    if name == "uname" and rest == ["-r"]:
        return "cat /proc/version  (the kernel that runs; of a tree: make -C DIR kernelrelease)"
    told = None if is_command(name) else advice(name, rest)
    return told[1] if told is not None else show(line) if is_command(name) else "help"
