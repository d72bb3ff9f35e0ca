"""All that a module file may import: the kernel's declarations, under Linux's names.

A module is a Python file that declares at its top level and acts in its functions:

    from kshell.linux import KERN_INFO, MODULE_LICENSE, Kernel, module_exit, module_init

    MODULE_LICENSE("GPL")


    def hello_init(k: Kernel) -> int:
        k.printk(KERN_INFO, "hello")
        return 0


    def hello_exit(k: Kernel) -> None:
        k.printk(KERN_INFO, "bye")


    module_init(hello_init)
    module_exit(hello_exit)
"""

from __future__ import annotations

import sys

from kshell.abi.errno import *  # noqa: F403  every errno by its name
from kshell.abi.loglevel import (
    KERN_ALERT,
    KERN_CRIT,
    KERN_DEBUG,
    KERN_EMERG,
    KERN_ERR,
    KERN_INFO,
    KERN_NOTICE,
    KERN_WARNING,
)
from kshell.kernel.declare import (
    EXPORT_SYMBOL,
    MODULE_AUTHOR,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_VERSION,
    Param,
    Stub,
    extern,
    module_exit,
    module_init,
    module_param,
)
from kshell.kernel.kernel import Kernel
from kshell.kernel.uaccess import copy_from_user, copy_to_user, strncpy_from_user

THIS_MODULE = "this module"


def _caller() -> object:
    return sys._getframe(2).f_globals.get("__this_module__")


def try_module_get(k: Kernel, module: str) -> bool:
    """``try_module_get(THIS_MODULE)``: hold the calling module, so that rmmod refuses; False while it is going."""
    from kshell.kernel.module import UNLOADING, Module

    owner = _caller()
    if not isinstance(owner, Module) or owner.state == UNLOADING:
        return False
    owner.references += 1
    return True


def module_put(k: Kernel, module: str) -> None:
    """``module_put(THIS_MODULE)``: give back what try_module_get took."""
    from kshell.kernel.module import Module

    owner = _caller()
    if isinstance(owner, Module):
        owner.references = max(owner.references - 1, 0)


def BUG() -> None:
    """Stop here and now: the kernel is in a state that must not be (C: BUG)."""
    raise AssertionError("BUG()")


def BUG_ON(condition: object) -> None:
    """BUG() if `condition` holds."""
    if condition:
        raise AssertionError("BUG_ON")


__all__ = [
    "BUG",
    "BUG_ON",
    "EXPORT_SYMBOL",
    "KERN_ALERT",
    "KERN_CRIT",
    "KERN_DEBUG",
    "KERN_EMERG",
    "KERN_ERR",
    "KERN_INFO",
    "KERN_NOTICE",
    "KERN_WARNING",
    "MODULE_AUTHOR",
    "MODULE_DESCRIPTION",
    "MODULE_LICENSE",
    "MODULE_VERSION",
    "THIS_MODULE",
    "Kernel",
    "Param",
    "Stub",
    "copy_from_user",
    "copy_to_user",
    "extern",
    "module_exit",
    "module_init",
    "module_param",
    "module_put",
    "strncpy_from_user",
    "try_module_get",
]
