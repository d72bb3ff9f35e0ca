"""Why the kernel oopsed, in a sentence for the person at the shell.  Linux leaves that to who reads the report."""

from __future__ import annotations

from kshell.abi.errno import errno_name
from kshell.kernel.core.layout import MODULES, MODULES_SIZE, TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import Bug, CpuException, InvalidOpcode, Lockup, StackOverflow
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.oops_report import describe
from kshell.kernel.report.show_regs import Frame, place
from kshell.machine.paging import FETCH, NX, WRITE
from kshell.machine.ram import PAGE_SIZE

MAX_ERRNO = 4095


def why_oopsed(k: Kernel, error: BaseException, frames: list[Frame]) -> str:
    """The sentence about `error`; `frames` are the functions that were running, innermost first."""
    if isinstance(error, InvalidOpcode):
        return f"the CPU knows no such instruction as that at {k.symbols.describe(error.address)}"
    if isinstance(error, Lockup | Bug):
        return str(error)
    where = f"{place(frames[0])}: " if frames and frames[0].file else ""
    if isinstance(error, CpuException | StackOverflow):
        return where + str(error)
    if not isinstance(error, KernelFault):
        return where + describe(error)
    verb = {WRITE: "wrote to", FETCH: "called"}.get(error.access, "read")
    here = where if frames and frames[0].symbol.endswith("]") else ""
    return f"{here}it {verb} {error.address:#x}, and {_why_fault(k, error)}"


def _why_fault(k: Kernel, fault: KernelFault) -> str:
    """Why the kernel may not touch that address."""
    address = fault.address
    if fault.is_general_protection:
        return "that is no address: bits 48 to 63 must repeat bit 47"
    if address < PAGE_SIZE:
        return _why_null(fault)
    if address < TASK_SIZE_MAX:
        return _why_user(k, fault)
    if fault.error_code & 1:
        symbol = k.symbols.around(address)
        name = f" ({symbol.name})" if symbol else ""
        return "that memory is no code (NX)" if fault.access == FETCH else f"that memory is read-only{name}"
    errno = (1 << 64) - address
    if errno <= MAX_ERRNO:
        return f"that is -{errno} ({errno_name(errno)}), an error that was taken for a pointer: ask IS_ERR first"
    if MODULES <= address < MODULES + MODULES_SIZE and k.last_unloaded:
        return f"nothing lives there any more: a module was unloaded ({k.last_unloaded} last), and its address was kept"
    return "nothing is mapped there"


def _why_null(fault: KernelFault) -> str:
    """Of an address in the first page."""
    address = fault.address
    if not address:
        return "that is a NULL pointer"
    if fault.access == FETCH:
        return (
            f"that is the number {address} and no function: where a function belongs, a pointer was given what one "
            "returned (k[STUB] = f(...) stores a number, k[STUB] = f the function)"
        )
    return f"that is {address:#x} bytes behind a NULL pointer: a field of a struct, or an element of an array"


def _why_user(k: Kernel, fault: KernelFault) -> str:
    """Of an address in the user's half: whether something is mapped there, and what forbids it to the kernel."""
    mm, protection = k.current.mm, k.memory.protection
    if mm.vmas.find(fault.address) is None:
        return "nothing is mapped there"
    entry = mm.pages.entry(fault.address)
    if fault.access == FETCH:
        if entry & NX:
            return "that is data of the user's, and no code (NX)"
        by = " (SMEP)" if protection.smep else ""
        return f"that is user memory, which the kernel must not execute{by}"
    if protection.smap:
        return "that is user memory, which the kernel may touch by copy_from_user and copy_to_user only (SMAP)"
    return f"the user's mapping there does not allow that: it is {'read-only' if fault.access == WRITE else 'closed'}"
