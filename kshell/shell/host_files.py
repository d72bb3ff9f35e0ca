"""Files of the host: what a student edits.  Nothing in the simulated machine ever reaches them."""

from __future__ import annotations

import os

from kshell.abi.did_you_mean import did_you_mean
from kshell.shell.errors import CommandError
from kshell.shell.views.view import show

FILE_MAX = 32 << 20
PROGRAM = b"kshell-object 1 program"
# What a command takes, the best first.
SUFFIXES = {"insmod": (".ko", ".py", ".c"), "run": (".s", ".asm", ".nasm", ".bin")}


def read_bytes(command: str, path: str) -> bytes:
    """A file of the host.  CommandError where it cannot be read, or has no end (/dev/zero)."""
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_MAX + 1)
    except (OSError, ValueError) as error:
        raise unreadable(command, path, error) from None
    if len(data) > FILE_MAX:
        because = f"kshell reads no file that is larger than {FILE_MAX >> 20} MiB"
        raise CommandError(
            f"{command}: {show(path)}: File too large", because, f"help {command.split()[0]}  (what it takes)"
        )
    return data


def read_text(command: str, path: str) -> str:
    """A text file of the host; bytes that are no UTF-8 come through as surrogates."""
    return read_bytes(command, path).decode("utf-8-sig", "surrogateescape")


def unreadable(command: str, path: str, error: OSError | ValueError) -> CommandError:
    """Why a file of the host cannot be read, and which files there are in its folder."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else "Invalid argument"
    what = f"{command}: {show(path)}: {words}"
    folder, name = os.path.split(path)
    if isinstance(error, IsADirectoryError):
        return CommandError(what, "it is a folder", _again(command, path, _fitting(command, path)))
    if not isinstance(error, FileNotFoundError):
        return CommandError(what, "the file cannot be read", _again(command, folder, []))
    shown = show(os.path.abspath(folder or "."))
    if folder and not os.path.isdir(folder):
        because = f"there is no folder {shown}"
    elif os.path.isabs(path) or os.pardir in path.split(os.sep):
        because = f"the folder {shown} holds no such file"
    else:
        because = f"paths are those of your own folder, {shown}"
    return CommandError(what, because, _again(command, folder, _nearest(command, folder or ".", name)))


def _nearest(command: str, folder: str, name: str) -> list[str]:
    """The files of a folder that the command can take, those first that are called nearly so."""
    if command not in SUFFIXES:
        return did_you_mean(name, _entries(folder))
    known = _fitting(command, folder)
    stems = [os.path.splitext(each)[0] for each in known]
    typed = os.path.splitext(name)[0]
    close = [typed] if typed in stems else did_you_mean(typed, stems)
    found = [each for each, stem in zip(known, stems, strict=True) if stem in close]
    return found or ([] if name.endswith(".ko") else known)  # who names a module means no other one


def _fitting(command: str, folder: str) -> list[str]:
    """The files in a folder that the command can take, the likeliest kind first; none for a command that takes any."""
    suffixes = SUFFIXES.get(command, ())
    names = [name for name in _entries(folder) if _has_contents(os.path.join(folder, name))]
    found = [name for suffix in suffixes for name in names if name.endswith(suffix)]
    return [*(name for name in names if command == "run" and is_program(os.path.join(folder, name))), *found]


def _has_contents(path: str) -> bool:
    try:
        return os.path.isfile(path) and os.path.getsize(path) > 0
    except OSError:
        return False


def is_program(path: str) -> bool:
    """Whether a file is a program that make has assembled."""
    if "." in os.path.basename(path) or not os.path.isfile(path):  # a pipe would never open
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(PROGRAM)) == PROGRAM
    except (OSError, ValueError):
        return False


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (OSError, ValueError):
        return []


def _again(command: str, folder: str, names: list[str]) -> str:
    """The same command with a file that is there, or else where to read about it."""
    if names:
        return f"{command} {named(os.path.join(folder, names[0]))}"
    return "kshell --help" if command == "kshell" else f"help {command.split()[0]}  (with examples that work)"


def write_new(command: str, path: str, text: str, again: str = "", rest: str = "", *, over: bool = False) -> None:
    """Write a file of the host that is not there yet, or, if `over`, one that may be.  CommandError where it cannot be;
    `again` is what is typed before another name, ``command --save`` if it is not given, and `rest` what behind it."""
    again = again or f"{command} --save"
    try:
        with open(path, "w" if over else "x", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except FileExistsError:
        because = "kshell never overwrites what you may have edited"
        what = f"{command}: {show(path)}: File exists"
        raise CommandError(what, because, f"{again} {named(_free_name(path))}{rest}") from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or "Invalid argument"
        because = "it cannot be written there"
        name = _free_name(os.path.basename(path.replace("\0", "")) or "new")
        raise CommandError(f"{command}: {show(path)}: {words}", because, f"{again} {named(name)}{rest}") from None


def _free_name(path: str) -> str:
    """`path`, or the first of its kind with a number that is not taken."""
    stem, dot = os.path.splitext(path)
    number = 1
    while os.path.lexists(path):
        number += 1
        path = f"{stem}{number}{dot}"
    return path


# Paths as a person types them.


def own_path(text: str) -> str:
    """A path of the host as it was typed, with the person's own folder for ``~``."""
    return os.path.expanduser(text) if text.startswith("~") else text


def named(path: str) -> str:
    """A path as it can be typed: between quotes if it needs them, and never as an option."""
    shown = show(f"./{path}" if path.startswith("-") else path)
    return f'"{shown}"' if any(c in " \t;#'" for c in shown) else shown


def is_own(path: str) -> bool:
    """Whether a path can be no other than one of the person's own folder."""
    folder = os.path.dirname(path)
    return (
        bool(folder) and not os.path.isabs(path) and (os.path.isdir(folder) or os.path.isdir(os.path.dirname(folder)))
    )
