"""The C types of a system call's arguments (C: <linux/types.h>)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi import c_types
from kshell.abi.c_types import *  # noqa: F403

if not TYPE_CHECKING:  # who checks types follows the import
    __all__ = [name for name, value in vars(c_types).items() if hasattr(value, "__metadata__")]
