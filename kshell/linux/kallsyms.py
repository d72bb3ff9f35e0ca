"""The symbols of the kernel (C: <linux/kallsyms.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import Text, ULong


def kallsyms_lookup_name(k: Kernel, name: Text) -> ULong:
    """The address of a kernel symbol, exported or not; 0 if there is none.  Linux closed it to modules in 5.7.

    0  no symbol has that name

    >>> table = kallsyms_lookup_name(k, "sys_call_table")
    """
