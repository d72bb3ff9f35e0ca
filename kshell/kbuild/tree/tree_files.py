"""Reading and writing the files of a folder that a student owns, so that nothing blocks, leads astray or is lost.

A file is read only if it is a plain one inside the folder; whatever else is found in its place is a TreeError that
says so.  A file is written whole or not at all, and what stood there before is kept under another name first.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from typing import BinaryIO, NoReturn

from kshell.abi.problem import ProblemError

SIZE_MAX = 1 << 20
TEMPORARY = re.compile(r".*\.kshell-\d+-\d+")  # what a file is called while it is being written
_LOOSE = (".py", ".c", ".h", ".s", ".S")  # whose tools take CR LF for LF, and pass over a byte-order mark

ASSEMBLER_MARK = b"# Made by kshell's compiler; make writes it anew.\n"  # the first line of what `make FILE.s` writes


class TreeError(ProblemError):
    """Something is wrong with a kernel tree, or with a place for one."""


def free_name() -> str:
    """A name for a new tree in the present folder, which nothing there has."""
    names = ("test_kernel", *(f"test_kernel{number}" for number in range(2, 1000)))
    return next(name for name in names if not os.path.lexists(name))


def is_assembler_text(head: bytes) -> bool:
    """Whether a file that begins so is the assembler text of a source, which a build wrote."""
    return head.replace(b"\r\n", b"\n").startswith(ASSEMBLER_MARK)


def kind_of(mode: int) -> str:
    """What a file that is no plain one is."""
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((word for test, word in kinds if test(mode)), "a device")


def read_bytes(root: str, relative: str, limit: int = SIZE_MAX) -> bytes:
    """The contents of the file `relative` (with slashes) below `root`.  Raises TreeError."""
    full = os.path.join(root, *relative.split("/"))
    try:
        _check_inside(root, full, relative)
        mode = os.stat(full).st_mode  # never open what would block
        if not stat.S_ISREG(mode):
            raise TreeError(
                f"{relative}: is {kind_of(mode)}", "a file is wanted there", f"move {relative} out of the way"
            )
        descriptor = os.open(full, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise TreeError(f"{relative}: changed while it was opened", "it is no plain file any more", "try again")
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        _fail(relative, error, "read")
    if len(data) > limit:
        because = f"it has more than {limit >> 20} MiB, and no file of a tree has"
        raise TreeError(f"{relative}: File too large", because, "is it the right file?")
    return data


def read_text(root: str, relative: str) -> str:
    """The text of a file below `root`; CR LF becomes LF only in sources, where the real tools do not care."""
    data = read_bytes(root, relative)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        because = "it begins with the mark of UTF-16, two bytes a character; the tools read one byte at a time"
        raise TreeError(f"{relative}: is UTF-16, not plain text", because, "save it again as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        what = f"{relative}:{line}:{column}: is not UTF-8"
        because = f"byte 0x{data[error.start]:02x} (byte {column} of line {line}) begins no character there"
        raise TreeError(what, because, "save it again as UTF-8; what is it meant to say?") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TreeError(f"{relative}:{line}: holds a NUL byte", "so it is no text", "is it the right file?")
    if relative.endswith(_LOOSE):
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return text


def _check_inside(root: str, full: str, relative: str) -> None:
    """A link may lead to another place in the tree, and nowhere else."""
    top, real = os.path.realpath(root), os.path.realpath(full)
    if real != top and os.path.commonpath([top, real]) != top:
        because = f"a link leads out of the tree, to {real}; a tree is built of its own files only"
        raise TreeError(f"{relative}: leads out of the tree", because, "a copy of the file in place of the link")


def _fail(relative: str, error: OSError | ValueError, act: str) -> NoReturn:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    because = f"the file could not be {'written' if act == 'write' else 'read'}: {reason}"
    try_ = "look at the permissions of the file and of the folders above it"
    if isinstance(error, FileNotFoundError):
        because, try_ = "the tree has no such file", "write it, or get it back: diff shows what a new tree has there"
    raise TreeError(f"{relative}: {reason}", because, try_) from None


def check_place(root: str, relative: str) -> None:
    """Whether a file may be laid at `relative`: nothing on the way is a link or no folder.  Raises TreeError."""
    parts = relative.split("/")
    for count in range(1, len(parts) + 1):
        here = "/".join(parts[:count])
        try:
            mode = os.lstat(os.path.join(root, *parts[:count])).st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            _fail(here, error, "write")
        if count < len(parts):
            if stat.S_ISLNK(mode):
                because = "a link stands where the tree has a directory, and links are not followed"
                raise TreeError(f"{here}: is a link", because, "another directory, or move the link away")
            if not stat.S_ISDIR(mode):
                because = "the tree has a directory there"
                raise TreeError(f"{here}: Not a directory", because, "another directory, or move the file away")
        elif not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            because = f"{kind_of(mode)} stands where the tree has a file"
            raise TreeError(f"{here}: is {kind_of(mode)}", because, "another directory, or move it away")


def same_contents(full: str, data: bytes) -> bool | None:
    """Whether a plain file holds exactly `data`; None where nothing is there.  A link never does."""
    try:
        status = os.lstat(full)
        if not stat.S_ISREG(status.st_mode) or status.st_size != len(data):
            return False
        with open(full, "rb") as file:
            return file.read(len(data) + 1) == data
    except FileNotFoundError:
        return None
    except OSError as error:
        _fail(os.path.basename(full), error, "read")


def keep_copy(full: str) -> str:
    """Give what stands at `full` a second name, NAME.mine or NAME.mine1, ..., one that is free; return it."""
    for number in range(10_000):
        copy = f"{full}.mine{number or ''}"
        try:
            if os.path.islink(full):
                os.symlink(os.readlink(full), copy)
            else:
                _second_name(full, copy)
            return copy
        except FileExistsError:
            continue
        except OSError as error:
            _fail(os.path.basename(copy), error, "write")
    raise TreeError(f"{os.path.basename(full)}: has 10000 copies", "no name is left for one more", "tidy the folder")


def _second_name(full: str, copy: str) -> None:
    """A hard link where the file system has them, else a copy; never in place of something else."""
    try:
        os.link(full, copy, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError, AttributeError):
        with open(full, "rb") as source, open(copy, "xb") as target:
            target.write(source.read())
            target.flush()
            os.fsync(target.fileno())


def write_whole(full: str, data: bytes) -> None:
    """Put a file there in one step: whoever looks finds the old one or the new one.  Raises TreeError."""
    _write(full, data, os.replace)


def write_new(full: str, data: bytes) -> bool:
    """Put a file there in one step; False, and nothing is done, if something is there.  Raises TreeError."""
    try:
        _write(full, data, _move_to_empty)
    except FileExistsError:
        return False
    return True


def _write(full: str, data: bytes, move: Callable[[str, str], None]) -> None:
    temporary = ""
    try:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        temporary, file = _open_temporary(full)
        with file:
            file.write(data)
        move(temporary, full)
    except OSError as error:
        _remove(temporary)
        if isinstance(error, FileExistsError) and move is _move_to_empty:
            raise
        _fail(os.path.basename(full), error, "write")
    except BaseException:  # Ctrl-C: no half file stays behind
        _remove(temporary)
        raise


def _open_temporary(full: str) -> tuple[str, BinaryIO]:
    """A new file beside `full`, with the first of our own names (TEMPORARY) that is free."""
    for number in range(10_000):
        temporary = f"{full}.kshell-{os.getpid()}-{number}"
        try:
            return temporary, open(temporary, "xb")
        except FileExistsError:
            continue
    raise OSError(f"no name is left beside {os.path.basename(full)}")


def _move_to_empty(temporary: str, full: str) -> None:
    """Rename, never in place of something else."""
    _second_name(temporary, full)
    _remove(temporary)


def _remove(path: str) -> None:
    from contextlib import suppress

    with suppress(OSError):
        if path:
            os.unlink(path)
