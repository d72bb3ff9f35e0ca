"""What makes a file a module (C: <linux/module.h>)."""

from __future__ import annotations

from collections.abc import Callable

from kshell.linux.kernel import Kernel
from kshell.linux.types import Bool, Ptr, Struct


class module(Struct):
    """A loaded module; what is in it is the loader's business."""


THIS_MODULE: Ptr[module] = Ptr()


def MODULE_LICENSE(text: str) -> None:
    """The licence: "GPL" goes with the kernel's; any other taints it, and gets no symbol of EXPORT_SYMBOL_GPL.

    >>> MODULE_LICENSE("GPL")
    """


def MODULE_AUTHOR(text: str) -> None:
    """Who wrote it.

    >>> MODULE_AUTHOR("A. Student")
    """


def MODULE_DESCRIPTION(text: str) -> None:
    """What it does, in one sentence.

    >>> MODULE_DESCRIPTION("The handler of test_call")
    """


def MODULE_VERSION(text: str) -> None:
    """Its version.

    >>> MODULE_VERSION("1.0")
    """


def MODULE_ALIAS(text: str) -> None:
    """Another name that modprobe knows it by.

    >>> MODULE_ALIAS("handler")
    """


def module_init(body: Callable[[Kernel], int]) -> None:
    """The function that insmod runs: it answers 0, or a negative errno.

    >>> module_init(start)
    """


def module_exit(body: Callable[[Kernel], None]) -> None:
    """The function that rmmod runs.

    >>> module_exit(stop)
    """


def try_module_get(k: Kernel, owner: Ptr[module]) -> Bool:
    """Hold a module, so that rmmod refuses; 0 while it is going.

    0  the module is going

    >>> if not try_module_get(k, THIS_MODULE): return -EBUSY
    """


def module_put(k: Kernel, owner: Ptr[module]) -> None:
    """Give back what try_module_get took; where nothing was taken, the kernel warns.

    >>> module_put(k, THIS_MODULE)
    """
