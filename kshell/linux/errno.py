"""Every errno by its name (C: <linux/errno.h>)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi import errno
from kshell.abi.errno import *  # noqa: F403

if not TYPE_CHECKING:  # who checks types follows the import
    __all__ = [name for name, value in vars(errno).items() if name.startswith("E") and isinstance(value, int)]
