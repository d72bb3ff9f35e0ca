"""Loading and unloading for a task that asks by a system call: its init and exit run on that task's own path.

The body ends in a call of the kernel's text (entry/module_text.py), which calls them and comes back to
`init_returned` and `exit_returned`; where they die, nothing comes back.

C counterpart: load_module(), do_init_module() and delete_module() in kernel/module/main.c.
"""

from __future__ import annotations

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
from kshell.kernel.module.params import parse_args
from kshell.kernel.module.refcount import module_at
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import Module
from kshell.kernel.module.unload import begin_unload, finish_unload

ARGUMENTS_MAX = 1 << 20  # bytes: no string of a program is longer here


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
        return _refused(k, image.name, refusal)
    if module.init is None:
        return init_returned(k, module.this_module, 0)
    raise TailCall(layout.DO_INIT_MODULE, module.this_module, module.init)


def init_returned(k: Kernel, mod: Ptr, result: Int) -> Int:
    """The rest of do_init_module: 0, or what init refused with."""
    module = _module(k, mod)
    try:
        do_init_module(k, module, result)
    except Refusal as refusal:
        return _refused(k, module.name, refusal)
    return 0


def unload_named(k: Kernel, name: str, flags: int) -> int:
    """Unload the module called `name`: 0, a negative errno, or TailCall."""
    try:
        module = begin_unload(k, name, bool(flags & O_TRUNC))
    except Refusal as refusal:
        if refusal.reason is Reason.PUT_TOO_OFTEN:
            raise KernelBug(f"delete_module({name}): BUG_ON(ret < 0), its count is -1") from None
        return _refused(k, name, refusal)
    if module.exit is None:
        return exit_returned(k, module.this_module)
    raise TailCall(layout.DO_SYS_DELETE_MODULE, module.this_module, module.exit)


def exit_returned(k: Kernel, mod: Ptr) -> Int:
    """The rest of delete_module."""
    finish_unload(k, _module(k, mod))
    return 0


def _refused(k: Kernel, name: str, refusal: Refusal) -> int:
    """What the call answers; why stays for who asks."""
    k.refusal = refusal.reason, refusal.facts | {"module": name}
    return -refusal.errno


def _module(k: Kernel, address: int) -> Module:
    """The module whose struct module is at `address`: machine code has kept it on its stack, and may have spoiled it.
    Raises KernelFault, KernelBug."""
    module = module_at(k, address)
    if module is None:
        raise KernelBug(f"there is no struct module at {address:#x}")
    return module
