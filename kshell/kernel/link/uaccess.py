"""The text of copies from and to user memory, put into memory, and the exception table that belongs to it.

C counterpart: EXCEPTION_TABLE() in include/asm-generic/vmlinux.lds.h.
"""

from __future__ import annotations

from kshell.kernel.core import layout
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.uaccess_text import UaccessText, uaccess_text
from kshell.kernel.mm import extable
from kshell.kernel.mm.extable import ExceptionEntry
from kshell.kernel.mm.fixup import EX_TYPE_UACCESS


def _text(k: Kernel) -> UaccessText:
    return uaccess_text(k.profile.version, k.memory.protection.smap)


def place_uaccess_text(k: Kernel) -> None:
    """Put the text there, with its names."""
    text = _text(k)
    k.memory.poke(layout.UACCESS_TEXT, text.code)
    k.uaccess_text = text.labels
    for symbol in text.symbols:
        k.symbols.add(symbol)


def place_extable(k: Kernel) -> None:
    """Merge the entries of that text and of the files that are linked in, and sort them."""
    default = k.symbols.lookup("ex_handler_default")
    how = default.address if default is not None else EX_TYPE_UACCESS
    found = [ExceptionEntry(insn, fixup, how) for insn, fixup in _text(k).faults]
    for linked in k.linked:
        found += extable.entries(k, linked.extable)
    extable.place(k, found)
