"""A module's init and exit on the path of the program that asks for it.

A body ends in a call of the kernel's text (module_text.py), which calls init or exit and comes back to what is left to
do here; where one of them dies, nothing comes back.

C counterpart: init_module_from_file(), do_init_module() and delete_module() in kernel/module/main.c.
"""

from __future__ import annotations

import re

from kshell.abi.c_types import Int, Ptr
from kshell.abi.fcntl import O_TRUNC
from kshell.abi.module_flags import MODULE_INIT_IGNORE_VERMAGIC
from kshell.kernel.core import layout
from kshell.kernel.core.calling import TailCall
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import strncpy_from_user
from kshell.kernel.module.load import do_init_module, form_module, give_parameters, give_up
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.refcount import module_of
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.unload import begin_unload, finish_unload

ARGUMENTS_MAX = 1 << 20  # bytes: no string of a program is longer here
_WORD = r'(?a)(?:"[^"]*"?|[^\s"])+'  # compiled when a program loads a module


def load_image(k: Kernel, data: bytes, uargs: int, flags: int) -> int:
    """Load the object `data` with the parameters at the user address `uargs`: 0, a negative errno, or TailCall."""
    image = LoadInfo("", data)
    try:
        module = form_module(k, image, bool(flags & MODULE_INIT_IGNORE_VERMAGIC))
        text = strncpy_from_user(k, uargs, ARGUMENTS_MAX)
        if isinstance(text, int):
            give_up(k, module)
            return text
        give_parameters(k, module, parse_args(text.decode("utf-8", "surrogateescape")))
    except Refusal as refusal:
        return _answer(k, refusal, image.name)
    if module.init is None:
        return init_returned(k, module.this_module, 0)
    raise TailCall(layout.DO_INIT_MODULE, module.this_module, module.init)


def init_returned(k: Kernel, mod: Ptr, result: Int) -> Int:
    """The rest of do_init_module, for a program: 0, or what init refused with."""
    module = module_of(k, mod)
    try:
        do_init_module(k, module, result)
    except Refusal as refusal:
        return _answer(k, refusal, module.name)
    return 0


def unload_named(k: Kernel, name: str, flags: int) -> int:
    """Unload the module called `name`: 0, a negative errno, or TailCall."""
    try:
        module = begin_unload(k, name, bool(flags & O_TRUNC))
    except Refusal as refusal:
        if refusal.reason is Reason.PUT_TOO_OFTEN:
            raise KernelBug(f"delete_module({name}): BUG_ON(ret < 0), its count is -1") from None
        return _answer(k, refusal, name)
    if module.exit is None:
        return exit_returned(k, module.this_module)
    raise TailCall(layout.DO_SYS_DELETE_MODULE, module.this_module, module.exit)


def exit_returned(k: Kernel, mod: Ptr) -> Int:
    """The rest of delete_module, for a program."""
    finish_unload(k, module_of(k, mod))
    return 0


def parse_args(text: str) -> list[tuple[str, str | None]]:
    """A string of parameters, as init_module is handed it: ``level=3 name="two words"`` (C: next_arg)."""
    words = [word[1:].removesuffix('"') if word[0] == '"' else word for word in re.findall(_WORD, text)]
    parts = [word.partition("=") for word in words]
    values = [value[1:].removesuffix('"') if value[:1] == '"' else value for _, _, value in parts]
    return [(name, value if equals else None) for (name, equals, _), value in zip(parts, values, strict=True)]


def _answer(k: Kernel, refusal: Refusal, module: str) -> int:
    """What the system call answers; why is kept for who asks."""
    k.refusal = refusal.reason, refusal.facts | {"module": module}
    return -refusal.errno
