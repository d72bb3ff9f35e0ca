"""The one redirection that there is, for it is how parameters are set: ``echo 3 > /sys/module/m/parameters/level``.

The path is one of the machine's, and the shell's task opens, writes and closes the file by system calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.errno import errno_name, strerror
from kshell.shell.errors import CommandError
from kshell.shell.host_files import is_own
from kshell.shell.lines.unix_grammar import OUTPUT
from kshell.shell.lines.words import Word
from kshell.shell.machine_files import listing
from kshell.shell.state.context import Context
from kshell.shell.views.view import show

NUMBERS = {"write": 1, "close": 3, "openat": 257}  # as bash was compiled with, whatever the table says now


class Redirection(NamedTuple):
    """Where the text of an `echo` goes: a path of the machine, and whether it is put behind what is there (``>>``)."""

    path: str
    append: bool


def take_redirection(words: Sequence[Word]) -> tuple[list[Word], Redirection | None]:
    """The words of an `echo` without its redirection, and where that leads; the last one counts, as for bash.

    CommandError where no path follows it.
    """
    rest: list[Word] = []
    redirection: Redirection | None = None
    left = iter(words)
    for word in left:
        match = OUTPUT.fullmatch(word.raw)
        if match is None:
            rest.append(word)
            continue
        path = word.text[match.start(2) :] or next((each.text for each in left), "")
        if not path:
            because = "a path of the machine belongs behind >"
            raise CommandError("syntax error near unexpected token `newline'", because, "echo 1 > /tmp/file")
        redirection = Redirection(path, match[1] == ">>")
    return rest, redirection


def write_file(session: Context, text: str, redirection: Redirection) -> None:
    """Write a text to a file of the machine, as bash's redirection does: open, write until all is taken, close.

    CommandError in bash's words where a call fails.
    """
    from kshell.abi.fcntl import AT_FDCWD, O_APPEND, O_CREAT, O_TRUNC, O_WRONLY

    flags = O_WRONLY | O_CREAT | (O_APPEND if redirection.append else O_TRUNC)
    path, data = redirection.path.encode("utf-8", "surrogateescape"), text.encode("utf-8", "surrogateescape")
    fd = _call(session, "openat", AT_FDCWD, path, flags, 0o666)
    if fd < 0:
        raise _not_written(session, f"echo: {show(redirection.path)}", redirection.path, -fd)
    written = 0
    while data and written >= 0:
        written = _call(session, "write", fd, data, len(data))
        data = data[written:]
    _call(session, "close", fd)
    if written < 0:
        raise _not_written(session, "echo: write error", redirection.path, -written)


def _call(session: Context, name: str, *args: int | bytes) -> int:
    """What a system call of the shell's task answers.  CommandError where it never returns."""
    from kshell.shell.replay.deeds import SystemCall

    try:
        run = session.do(SystemCall(NUMBERS[name], args))
    except ValueError as error:
        raise CommandError("echo: the text is too long", str(error), "help echo  (a shorter text)") from None
    ret = run.call.ret if run.call is not None else None
    if ret is None:
        words = run.outcome.signal.words if run.outcome.signal is not None else "interrupted"
        raise CommandError(f"echo: {words}", f"the shell's task ended in its {name}", "dmesg  (what the kernel says)")
    return ret


def _not_written(session: Context, what: str, path: str, errno: int) -> CommandError:
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
    if name == "ENOENT" and isinstance(listing(session.kernel, parent), int):
        because = "> writes inside the simulated machine; your own files are not in it"
        try_ = f"edit {show(path)}" if is_own(path) else "ls /"
    if name == "EACCES" and isinstance(listing(session.kernel, path), int):
        because, try_ = f"nothing can be made in {show(parent)}", f"ls -l {show(parent)}"
    return CommandError(f"{what}: {strerror(errno)}", "; ".join(session.kernel.take_notes()) or because, try_)
