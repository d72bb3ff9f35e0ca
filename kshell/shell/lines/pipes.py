"""What a Unix shell has and kshell has not: pipes, jobs, substitution, redirection, and what to type instead.

One redirection there is, for it is how parameters are set: ``echo 3 > /sys/module/m/parameters/level``.  The path is
one of the machine's, and the shell's task opens, writes and closes the file by system calls.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.errno import errno_name, strerror
from kshell.shell.errors import CommandError
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.shell.lines.words import Word
    from kshell.shell.session import Session

NUMBERS = {"write": 1, "close": 3, "openat": 257}  # as bash was compiled with, whatever the table says now

_REDIRECTION = re.compile(r"(?:[012]?(?:>>?|<<?<?)|&>|>&|2>&1)")
_OUTPUT = re.compile(r"1?(>>?)(.*)", re.DOTALL)
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)?|`([^`]*)`?")
_UNAME = re.compile(r"\$\(\s*uname -r\s*\)|`\s*uname -r\s*`")
_PWD = re.compile(r"\$\(\s*pwd\s*\)|`\s*pwd\s*`|\$\{?PWD\}?|\$\(PWD\)")
_FILTERS = {"dmesg": "dmesg --grep", "table": "table", "kallsyms": "kallsyms"}


def refuse(session: Session, words: Sequence[Word]) -> None:
    """CommandError for a command in a Unix shell's grammar; text between quotes is never taken for that."""
    if words[0].text in ("#", "asm"):
        return
    marks = ("$", "|", "`") if words[0].text == "make" else ("$(", "|")
    for at, word in enumerate(words):
        text = word.raw
        if text[0] in "\"'" or (text[0] not in "|><&$`012" and not any(mark in text for mark in marks)):
            continue
        if _SUBSTITUTION.search(text) or (words[0].text == "make" and _PWD.search(text)):
            raise _substitution(session, words)
        if at and (text == "||" or (text.startswith("|") and _is_pipe(words, at))):
            raise _pipe(words, at)
        if at and text in ("&", "&&"):
            because = "commands run one after another; ; parts them on a line"
            rest = [show(w.raw) for w in words[at + 1 :]]
            raise CommandError(
                "kshell has no & and no &&", because, _typed(words, at) + ("; " if rest else "") + " ".join(rest)
            )
        if at and _REDIRECTION.match(text) and not (words[0].text == "echo" and _OUTPUT.fullmatch(text)):
            raise _redirection(words, at)


def _typed(words: Sequence[Word], end: int) -> str:
    return " ".join(show(word.raw) for word in words[:end])


def _is_pipe(words: Sequence[Word], at: int) -> bool:
    """Whether | stands before a command, and not between two flags of a call."""
    from kshell.shell.commands.registry import is_command
    from kshell.shell.lines.foreign import NAMES

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
    if ">" in words[at].raw and _is_own(target):
        try_ = f"edit {show(target)}"
    elif words[0].text == "cat" and ">" in words[at].raw and target:
        try_ = f'syscall open "{show(target)}" O_CREAT|O_WRONLY 0644  (then: syscall write FD "text" 4)'
    elif words[0].text == "cat" and target:
        try_ = f"cat {show(target)}"
    return CommandError("kshell has no redirection", because, try_)


def _is_own(path: str) -> bool:
    """Whether a path can be no other than one of the person's own folder."""
    folder = os.path.dirname(path)
    return (
        bool(folder) and not os.path.isabs(path) and (os.path.isdir(folder) or os.path.isdir(os.path.dirname(folder)))
    )


class Target(NamedTuple):
    """Where the text of an `echo` goes: a path of the machine, and whether it is put behind what is there (``>>``)."""

    path: str
    append: bool


def take_target(words: Sequence[Word]) -> tuple[list[Word], Target | None]:
    """The words of an `echo` without its redirection, and where that leads; the last one counts, as for bash.

    CommandError where no path follows it.
    """
    rest: list[Word] = []
    target: Target | None = None
    at = 0
    while at < len(words):
        match = _OUTPUT.fullmatch(words[at].raw)
        if match is None:
            rest.append(words[at])
        else:
            path = words[at].text[match.start(2) :]
            if not path and at + 1 < len(words):
                at += 1
                path = words[at].text
            if not path:
                because = "a path of the machine belongs behind >"
                raise CommandError("syntax error near unexpected token `newline'", because, "echo 1 > /tmp/file")
            target = Target(path, match[1] == ">>")
        at += 1
    return rest, target


def write_file(session: Session, text: str, target: Target) -> None:
    """Write a text to a file of the machine, as bash's redirection does: open, write until all is taken, close.

    CommandError in bash's words where a call fails.
    """
    from kshell.abi.fcntl import AT_FDCWD, O_APPEND, O_CREAT, O_TRUNC, O_WRONLY

    flags = O_WRONLY | O_CREAT | (O_APPEND if target.append else O_TRUNC)
    path, data = target.path.encode("utf-8", "surrogateescape"), text.encode("utf-8", "surrogateescape")
    fd = _call(session, "openat", AT_FDCWD, path, flags, 0o666)
    if fd < 0:
        raise _not_written(session, f"echo: {show(target.path)}", target.path, -fd)
    written = 0
    while data and written >= 0:
        written = _call(session, "write", fd, data, len(data))
        data = data[written:]
    _call(session, "close", fd)
    if written < 0:
        raise _not_written(session, "echo: write error", target.path, -written)


def _call(session: Session, name: str, *args: int | bytes) -> int:
    """What a system call of the shell's task answers.  CommandError where it never returns."""
    from kshell.kernel.entry.exec import run_stub

    try:
        run = run_stub(session.kernel, NUMBERS[name], args, session.budget)
    except ValueError as error:
        raise CommandError("echo: the text is too long", str(error), "a shorter text") from None
    ret = run.call.ret if run.call is not None else None
    if ret is None:
        words = run.outcome.signal.words if run.outcome.signal is not None else "interrupted"
        raise CommandError(f"echo: {words}", f"the shell's task ended in its {name}", "dmesg  (what the kernel says)")
    return ret


def _not_written(session: Session, what: str, path: str, errno: int) -> CommandError:
    """Why a file of the machine did not take a text; where the kernel has said it, in its words."""
    name, again = errno_name(errno), f"cat {show(path)}  (what it holds now)"
    parent = path.rstrip("/").rpartition("/")[0] or ("/" if path.startswith("/") else ".")
    because, try_ = {
        "ENOENT": (f"{show(parent)} has no such file, and none can be made there", f"ls {show(parent)}"),
        "EACCES": ("the file's mode does not allow it", f"ls -l {show(path)}"),
        "EISDIR": ("a folder cannot be written", f"ls {show(path)}"),
        "EINVAL": ("the file does not take that value", again),
        "ERANGE": ("the value does not fit", again),
        "EIO": ("the file can be opened, but nothing in the kernel takes what is written", again),
    }.get(name, (f"the machine answered {name}", "ls /"))
    if name == "ENOENT" and isinstance(session.kernel.fs.listing(parent), int):
        because = "> writes inside the simulated machine; your own files are not in it"
        try_ = f"edit {show(path)}" if _is_own(path) else "ls /"
    if name == "EACCES" and isinstance(session.kernel.fs.listing(path), int):
        because, try_ = f"nothing can be made in {show(parent)}", f"ls -l {show(parent)}"
    return CommandError(f"{what}: {strerror(errno)}", "; ".join(session.kernel.take_notes()) or because, try_)


def _substitution(session: Session, words: Sequence[Word]) -> CommandError:
    line = " ".join(word.raw for word in words)
    if words[0].text == "make":  # the two that everybody types who builds a module outside the tree
        because = "the shell puts no command's result into another one; a Makefile may"
        line = _UNAME.sub(session.kernel.release, line)
        return CommandError("kshell has no command substitution", because, show(_PWD.sub(os.getcwd(), line)))
    match = _SUBSTITUTION.search(line)
    inside = (match[1] or match[2] or "").strip() if match is not None else ""
    because = "the shell puts no command's result into another one"
    return CommandError("kshell has no command substitution", because, _by_itself(inside) or "help")


def _by_itself(line: str) -> str:
    """What to type to see what a command line says: that line, or what stands for it where it is no command here."""
    from kshell.shell.commands.registry import find
    from kshell.shell.lines.foreign import advice

    name, *rest = line.split() or [""]
    if name == "uname" and rest == ["-r"]:
        return "cat /proc/version  (the kernel that runs; of a tree: make -C DIR kernelrelease)"
    told = advice(name, rest) if find(name) is None else None
    return told[1] if told is not None else show(line)
