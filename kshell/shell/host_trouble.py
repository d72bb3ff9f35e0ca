"""What the host could not give: a reason for the person, where kshell is not to blame."""

from __future__ import annotations

import errno
import os

from kshell.shell.errors import CommandError
from kshell.shell.views.view import show


def host_trouble(error: Exception) -> CommandError | None:
    """The reason in the host's present state; None if there is none, and the error is a bug."""
    number = error.errno if isinstance(error, OSError) else errno.ENOMEM if _is_memory(error) else None
    if number in (errno.EMFILE, errno.ENFILE):
        return CommandError(f"kshell: {os.strerror(number)}", "the host lets it open no more files", "ulimit -n 256")
    if number == errno.ENOMEM:
        because = "the host gives it no more memory: the machine needs 1.5 GiB of address space, and uses little of it"
        return CommandError(f"kshell: {os.strerror(errno.ENOMEM)}", because, "ulimit -v unlimited")
    if number == errno.ENOENT and folder_is_gone():
        because = "the folder that kshell was started in has been removed, and paths begin there"
        return CommandError(f"kshell: {os.strerror(number)}", because, "exit  (and start it in another folder)")
    if number == errno.ENOSPC:
        assert isinstance(error, OSError)
        return CommandError(f"kshell: {os.strerror(number)}", f"{show(str(error.filename))} cannot be written", "df .")
    return None


def _is_memory(error: Exception) -> bool:
    """Whether there was no memory left, for an object or for the stack of a thread."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "start new thread" in str(error))


def folder_is_gone() -> bool:
    """Whether the working directory is no longer there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False
