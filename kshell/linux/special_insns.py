"""The control register CR0 (C: <asm/special_insns.h>)."""

from __future__ import annotations

from kshell.kernel.entry.cr0 import X86_CR0_WP
from kshell.kernel.entry.cr0 import native_read_cr0 as read_cr0
from kshell.kernel.entry.cr0 import native_write_cr0 as write_cr0

__all__ = ["X86_CR0_WP", "read_cr0", "write_cr0"]
