"""What makes a file a module (C: <linux/module.h>)."""

from __future__ import annotations

import sys

from kshell.kernel.core.module_macros import (
    MODULE_ALIAS,
    MODULE_AUTHOR,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_VERSION,
    module_exit,
    module_init,
)
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel
from kshell.kernel.module import refcount
from kshell.kernel.module.struct_module import Module

__all__ = [
    "MODULE_ALIAS",
    "MODULE_AUTHOR",
    "MODULE_DESCRIPTION",
    "MODULE_LICENSE",
    "MODULE_VERSION",
    "THIS_MODULE",
    "module_exit",
    "module_init",
    "module_put",
    "try_module_get",
]


class ThisModule:
    """The type of THIS_MODULE: it stands for the module that uses it."""

    def __repr__(self) -> str:
        return "THIS_MODULE"


THIS_MODULE = ThisModule()


def try_module_get(k: Kernel, module: ThisModule) -> bool:
    """``try_module_get(THIS_MODULE)``: hold the calling module, so that rmmod refuses; False while it is going."""
    owner = sys._getframe(1).f_globals.get("__this_module__")
    return isinstance(owner, Module) and refcount.get(owner)


def module_put(k: Kernel, module: ThisModule) -> None:
    """``module_put(THIS_MODULE)``: give back what try_module_get took; where nothing was taken, the kernel warns."""
    owner = sys._getframe(1).f_globals.get("__this_module__")
    if isinstance(owner, Module) and not refcount.put(owner):
        warn(k)  # WARN_ON(ret < 0)
