"""Reading a source, or a module file, from the disk of whoever wrote it."""

from __future__ import annotations

import os
import stat
from typing import NoReturn

from kshell.abi.errno import EACCES, EINVAL, EISDIR, ENOENT, ENOEXEC, ENXIO
from kshell.abi.object_file import MODULE_NAME
from kshell.abi.problem import Problem
from kshell.cc.compiler import SUFFIXES, module_name
from kshell.cc.source_error import SourceError, at_place, too_large

SIZE_MAX = 1 << 20


def read_file(path: str) -> bytes:
    """The bytes of a source or of a module file, at most SIZE_MAX + 1 of them.  Raises SourceError."""
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe would never open, and completion reads it too
            raise OSError(ENXIO, os.strerror(ENXIO))
        with open(path, "rb") as file:
            return file.read(SIZE_MAX + 1)
    except (OSError, ValueError) as error:
        _cannot_read(path, error)


def read_source(path: str) -> str:
    """The text of a module's source.  Raises SourceError."""
    data = read_file(path)
    if not path.endswith(SUFFIXES):
        because = "kshell compiles a source that ends in .py or .c"
        try_ = "module copy syscallModule  (gives you one to start from)"
        raise SourceError(ENOEXEC, Problem(f"{os.path.basename(path)} is not a module", because, try_))
    name = module_name(path)
    if not MODULE_NAME.fullmatch(name):
        because = f"a module is called as its file is, and no module can be called {name!r}"
        try_ = f"call the file my_module{os.path.splitext(path)[1]}  (letters, digits and _, at most 55)"
        problem = Problem(f"{os.path.basename(path)} is not a module", because, try_)
        raise SourceError(ENOEXEC, problem)
    return decode(data, path)


def decode(data: bytes, path: str) -> str:
    """The text of a source file; a byte order mark is no part of it.  Raises SourceError."""
    if len(data) > SIZE_MAX:
        raise too_large(path, SIZE_MAX)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what, try_ = f"byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8 in your editor"
        raise at_place(path, "", line, 0, what, "Python source is UTF-8", try_) from None


def _cannot_read(path: str, error: OSError | ValueError) -> NoReturn:
    number = error.errno if isinstance(error, OSError) and error.errno is not None else EINVAL
    why = error.strerror if isinstance(error, OSError) and error.strerror else "Invalid argument"
    folder = os.path.abspath(os.path.dirname(path) or ".") if number != EINVAL else ""
    because, try_ = {
        ENOENT: (f"no such file in {folder}", "check the name; or: module copy syscallModule"),
        EISDIR: ("that is a folder, and a module is one file", f"insmod {os.path.join(path, 'NAME.py')}"),
        ENXIO: ("that is a pipe or a device, and a module is a file", "module copy syscallModule"),
        EACCES: ("the file may not be read by you", "change its permissions"),
    }.get(number, ("the file cannot be read", "check its name"))
    raise SourceError(number, Problem(why, because, try_)) from None
