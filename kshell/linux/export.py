"""What a file lets others use (C: <linux/export.h>)."""

from __future__ import annotations

from kshell.kernel.core.sections import EXPORT_SYMBOL, EXPORT_SYMBOL_GPL

__all__ = ["EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL"]
