"""The kernel that code runs in, and what is a keyword of C or an ordinary variable there (C: <linux/kernel.h>)."""

from __future__ import annotations

from kshell.kernel.core.module_macros import extern
from kshell.kernel.core.sections import Stub
from kshell.kernel.kernel import Kernel

__all__ = ["Kernel", "Stub", "extern"]
