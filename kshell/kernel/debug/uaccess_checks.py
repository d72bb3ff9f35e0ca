"""What get_user and its relatives do with a pointer before they use it, told where their machine code begins.

C counterpart: the first instructions of arch/x86/lib/getuser.S, putuser.S and of the copies.
"""

from __future__ import annotations

import re

from kshell.abi.c_types import U64
from kshell.abi.ptregs import AX, CX, DI, DX, SI
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import CLAMPED_SINCE, tell_range

KERNEL_HALF = 1 << 63
_ONE_NUMBER = re.compile(r"__(get|put)_user_([1248])")
_RANGES = {"_copy_from_user": (SI, DX), "_copy_to_user": (DI, DX), "clear_user": (DI, SI)}  # the pointer, and how many


def tell_check(k: Kernel, name: str, regs: memoryview) -> None:
    """The function `name` is about to run, with its arguments in `regs`: tell of its check, if it has one."""
    number, is_clamped = _ONE_NUMBER.fullmatch(name), k.profile.version >= CLAMPED_SINCE
    if number is not None:
        pointer, size = regs[AX if number[1] == "get" else CX], int(number[2])
    elif name in _RANGES:
        pointer, size = (regs[slot] for slot in _RANGES[name])
    else:
        return
    if not is_clamped or name in ("_copy_to_user", "clear_user"):
        tell_range(k, pointer, size, name)
    elif number is not None and number[1] == "put":  # the sign bit becomes all of it
        clamped = U64 if pointer >= KERNEL_HALF else pointer
        k.tell("check", "clamp", pointer, by=name, limit=KERNEL_HALF - 1, clamped=clamped)
    else:
        k.tell("check", "clamp", pointer, by=name, limit=TASK_SIZE_MAX, clamped=min(pointer, TASK_SIZE_MAX))
