"""Sets of signals out of user memory."""

from __future__ import annotations

from kshell.abi.sigaction import BLOCKABLE, SIGSET_SIZE
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user


def get_sigset(k: Kernel, pointer: int) -> int | None:
    """A set, without the signals that nobody can block; None where it cannot be read."""
    data = copy_from_user(k, pointer, SIGSET_SIZE)
    return int.from_bytes(data, "little") & BLOCKABLE if len(data) == SIGSET_SIZE else None
