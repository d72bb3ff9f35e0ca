"""The kernel's access to user memory in words: the check, the copy page by page, the search for a fixup."""

from __future__ import annotations

from typing import Any

from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fixup import BadAccess
from kshell.kernel.mm.uaccess import user_addr_max
from kshell.kernel.trace.event import Event

# By what happened.  A tab stands before a note.
UACCESS_WORDS = {
    "range": "{by}: access_ok({address:#x}, {size}): {verdict}",
    "clamp": "{by}: {verdict}",
    "chunk": "{length} bytes {direction} page {page:#x}",
    "left": "{not_copied} of {size} bytes are left",
    "table": "{table}, {rows} rows, by halves",
    "row": "[{row:>2}] {verdict:<11}  {where}",
    "none": "no row has it: that is an oops",
    "fixup": "regs->ip = {where}\t{how}",
}
SIDES = {-1: "insn > ip", 0: "insn == ip", 1: "insn < ip"}


def uaccess_words(event: Event) -> str:
    """What happened, as the screen says it; a note stands behind a tab."""
    values = event.values
    made: dict[str, Any] = {**values, "address": event.address}
    if event.what == "range":
        made["verdict"] = _allowed(values) if values["allowed"] else _refused(values)
    elif event.what == "clamp":
        made["verdict"] = _clamped(event.address or 0, values)
    elif event.what == "chunk":
        made |= {"direction": "to" if values["access"] == "write" else "from", "page": (event.address or 0) & ~0xFFF}
    elif event.what == "table":
        made["table"] = "__ex_table" + (f" of {values['module']}" if values["module"] else "")
    elif event.what == "row":
        made["verdict"] = SIDES[values["side"]]
    return UACCESS_WORDS[event.what].format_map(made)


def _allowed(values: dict[str, Any]) -> str:
    limit = values["limit"]
    return "yes" if limit == TASK_SIZE_MAX else f"yes\taddr_limit is {limit:#x}"


def _refused(values: dict[str, Any]) -> str:
    readable = "  the page is there, and ring 0 could read it" if values["mapped"] else ""
    return f"no\tuser memory ends at {values['limit']:#x}{readable}"


def _clamped(address: int, values: dict[str, Any]) -> str:
    limit = "USER_PTR_MAX" if values["limit"] == TASK_SIZE_MAX else "user addresses"
    if address == values["clamped"]:
        return f"{address:#x} is not above {limit}"
    return f"{address:#x} -> {values['clamped']:#x}\tit was above {limit}: nothing is there"


def bad_access(k: Kernel, bad: BadAccess) -> str:
    """What the kernel did about an access that came to nothing, for who reads why a call answered EFAULT."""
    if not bad.ip:
        return f"access_ok refused {bad.address:#x}: user memory ends at {user_addr_max(k):#x}"
    went_on = f"__ex_table sent the kernel on to {k.symbols.offset(bad.fixup)}"
    return f"{k.symbols.offset(bad.ip)} faulted at {bad.address:#x}, and {went_on}"
