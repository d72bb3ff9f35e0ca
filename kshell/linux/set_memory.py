"""Whether pages of kernel memory can be written to (C: <linux/set_memory.h>)."""

from __future__ import annotations

from kshell.kernel.mm.set_memory import set_memory_ro, set_memory_rw

__all__ = ["set_memory_ro", "set_memory_rw"]
