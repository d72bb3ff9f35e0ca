"""Holding a module, so that rmmod refuses.

C counterpart: try_module_get() and module_put() in kernel/module/main.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Int, Ptr
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.struct_module import Module


def get(module: Module) -> bool:
    """Take a reference; False while the module is going, and where nothing holds it any more."""
    if module.refcount < 0:
        return False
    module.references += 1
    return True


def put(module: Module) -> bool:
    """Give back what get took, or the one (C: MODULE_REF_BASE) that stands for the kernel itself: the count is -1 then.
    False where nothing is left; the count stays what it is."""
    if module.refcount < 0:
        return False
    module.references -= 1
    return True


def try_module_get(k: Kernel, module: Ptr) -> Int:
    """``try_module_get(THIS_MODULE)``; NULL stands for the kernel itself, which always stays."""
    if not module:
        return True
    owner = module_at(k, module)
    return owner is not None and get(owner)


def module_put(k: Kernel, module: Ptr) -> None:
    """``module_put(THIS_MODULE)``."""
    owner = module_at(k, module) if module else None
    if owner is not None and not put(owner):
        warn(k)  # WARN_ON(ret < 0)


def module_at(k: Kernel, address: int) -> Module | None:
    """The module whose struct module is at `address`.  Raises KernelFault where nothing is."""
    k.memory.load(address)
    return next((module for module in k.modules.values() if module.this_module == address), None)


def module_of(k: Kernel, address: int) -> Module:
    """The same where machine code has kept the address on its stack, and may have spoiled it.  Raises KernelFault,
    KernelBug."""
    module = module_at(k, address)
    if module is None:
        raise KernelBug(f"there is no struct module at {address:#x}")
    return module


EXPORT_SYMBOL(try_module_get)
EXPORT_SYMBOL(module_put)
