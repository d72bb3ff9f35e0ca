"""How the kernel was built, asked before anything is compiled (C: <linux/kconfig.h>, <linux/version.h>).

An `if` that asks this, as C's #if, leaves nothing of the branch that is not taken: it may use what is not there.
"""

from __future__ import annotations

CONFIG_DEBUG_LIST = 1  # lists are checked as they change; the kernel of the course is built so

LINUX_VERSION_CODE: int = 0  # of the kernel that the source is compiled for


def IS_ENABLED(option: int) -> int:
    """Whether the kernel is built with an option.

    >>> if IS_ENABLED(CONFIG_DEBUG_LIST): return 1
    """


def KERNEL_VERSION(major: int, minor: int, patch: int) -> int:
    """A release as the number that LINUX_VERSION_CODE is.

    >>> if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 0, 0): return 5
    """
    return (major << 16) + (minor << 8) + patch
