"""The words of a page fault: its error code decoded, and what the kernel made of it."""

from __future__ import annotations

from typing import Any

from kshell.kernel.mm import fault
from kshell.kernel.trace.event import Event

CAUSES = {
    fault.DEMAND_ZERO: "demand zero",
    fault.ZERO_PAGE: "the shared zero page",
    fault.PAGE_CACHE: "a page of the file, shared",
    fault.STACK_GROWTH: "the stack grows",
    fault.COPY_ON_WRITE: "copy on write",
    fault.PRIVATE_COPY: "a private copy of the file's page",
    fault.REUSE: "made writable, nobody shares it",
    fault.SWAP_IN: "back from swap",
    fault.SPECIAL_MAPPING: "a page of the kernel's that all programs have",
    fault.SPURIOUS: "it was there already",
    fault.UNMAPPED: "nothing is mapped there",
    fault.PROTECTION: "the mapping forbids that",
    fault.KERNEL_HALF: "the kernel's half is closed",
    fault.PAST_END: "what is mapped has no such page",
    fault.NO_MEMORY: "no memory is left",
}


def decoded(code: int) -> str:
    """``write, user mode, not present`` for an error code."""
    access = "fetch" if code & fault.PF_INSTR else "write" if code & fault.PF_WRITE else "read"
    mode = "user mode" if code & fault.PF_USER else "kernel mode"
    return f"{access}, {mode}, {'present' if code & fault.PF_PROT else 'not present'}"


def fault_words(event: Event) -> dict[str, Any]:
    """What the line of a fault is made of."""
    if event.what == "oops":
        return {"about": _about(event)}
    counted = ", major" if event.values["major"] else ", minor"
    by_kernel = event.values["mode"] == "kernel"
    return {
        "at": event.address,
        "by": _instruction(event.values) if by_kernel else f"ip {event.values['ip']:#x}",
        "decoded": decoded(event.values["error_code"]),
        "cause": CAUSES[event.values["cause"]],
        "counted": "" if event.values["cause"] in fault.INVALID else counted,
    }


def _instruction(values: dict[str, Any]) -> str:
    """``copy_user_handle_tail+0xb: mov al, [rsi]`` for the kernel's instruction that faulted."""
    from kshell.machine.disassembler import disassemble

    found = disassemble(bytes.fromhex(values["code"]), values["ip"], 1)
    return ": ".join([values["where"], *(without_sizes(each.text) for each in found)])


def without_sizes(text: str) -> str:
    """An instruction without the size of its operands in memory, which a register or its name says."""
    for size in ("byte", "word", "dword", "qword"):
        text = text.replace(f" {size} ptr ", " ")
    return text


def _about(event: Event) -> str:
    """The address and the error code of an exception in ring 0, where it has them."""
    if event.address is None:
        return ""
    code = f": {decoded(event.values['error_code'])}" if event.values["exception"] == "#PF" else ""
    return f" at {event.address:#x}{code}"
