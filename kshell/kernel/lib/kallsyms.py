"""Looking a symbol up by its name.

C counterpart: kallsyms_lookup_name() in kernel/kallsyms.c.
"""

from __future__ import annotations

from kshell.abi.c_types import ConstCharPtr, ULong
from kshell.kernel.core.sections import EXPORT_SYMBOL_GPL
from kshell.kernel.kernel import Kernel

SYMBOL_MAX = 512  # C: KSYM_NAME_LEN


def kallsyms_lookup_name(k: Kernel, name: ConstCharPtr) -> ULong:
    """The address of a kernel symbol, exported or not; 0 if there is none.  Linux closed it to modules in 5.7."""
    symbol = k.symbols.lookup(k.memory.read_string(name, SYMBOL_MAX).decode("latin-1"))
    return symbol.address if symbol is not None else 0


EXPORT_SYMBOL_GPL(kallsyms_lookup_name)
