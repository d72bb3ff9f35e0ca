"""Files of the host: what a student edits.  Nothing in the simulated machine ever reaches them."""

from __future__ import annotations

import os

from kshell.shell.errors import CommandError, did_you_mean
from kshell.shell.views import show

FILE_MAX = 32 << 20


def read_bytes(command: str, path: str) -> bytes:
    """A file of the host.  CommandError where it cannot be read, or has no end (/dev/zero)."""
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_MAX + 1)
    except (OSError, ValueError) as error:
        raise unreadable(command, path, error) from None
    if len(data) > FILE_MAX:
        because = f"kshell reads no file that is larger than {FILE_MAX >> 20} MiB"
        raise CommandError(f"{command}: {show(path)}: File too large", because, "a smaller file")
    return data


def read_text(command: str, path: str) -> str:
    """A text file of the host; bytes that are no UTF-8 come through as surrogates."""
    return read_bytes(command, path).decode("utf-8-sig", "surrogateescape")


def unreadable(command: str, path: str, error: OSError | ValueError) -> CommandError:
    """Why a file of the host cannot be read, and which files there are in its folder."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else "Invalid argument"
    what = f"{command}: {show(path)}: {words}"
    folder, name = os.path.split(path)
    try:
        there = sorted(os.listdir(folder or "."))
    except (OSError, ValueError):
        there = []
    if not isinstance(error, FileNotFoundError):
        return CommandError(what, "the file cannot be read", "check its name and its permissions")
    because = f"paths are those of your own folder, {show(os.path.abspath(folder or '.'))}"
    close = did_you_mean(name, there)
    return CommandError(
        what, because, f"{command} {show(os.path.join(folder, close[0]))}" if close else "check its name"
    )


def write_new(command: str, path: str, text: str) -> None:
    """Write a file of the host that is not there yet.  CommandError where it is, or where it cannot be written."""
    try:
        with open(path, "x", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except FileExistsError:
        because = "kshell never overwrites what you may have edited"
        raise CommandError(f"{command}: {show(path)}: File exists", because, "another name") from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or "Invalid argument"
        raise CommandError(f"{command}: {show(path)}: {words}", "it cannot be written there", "another place") from None
