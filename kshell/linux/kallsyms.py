"""The symbols of the kernel (C: <linux/kallsyms.h>)."""

from __future__ import annotations

from kshell.kernel.kernel import Kernel

__all__ = ["kallsyms_lookup_name"]


def kallsyms_lookup_name(k: Kernel, name: str) -> int:
    """The address of a kernel symbol, exported or not; 0 if there is none.  Linux closed it to modules in 5.7."""
    symbol = k.symbols.lookup(name)
    return symbol.address if symbol is not None else 0
