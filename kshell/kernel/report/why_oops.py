"""Why the kernel oopsed, in a sentence for the person at the shell.  Linux leaves that to who reads the report."""

from __future__ import annotations

from kshell.kernel.core.layout import MODULES, MODULES_SIZE, TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import Bug, CpuException, InvalidOpcode, Lockup, StackOverflow
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.oops_report import describe
from kshell.kernel.report.show_regs import Frame, place
from kshell.machine.paging import FETCH, WRITE
from kshell.machine.ram import PAGE_SIZE


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
        if fault.access == FETCH and address:
            return (
                f"that is the number {address} and no function: where a function belongs, a pointer was given what one "
                "returned (k[STUB] = f(...) stores a number, k[STUB] = f the function)"
            )
        return "that is a NULL pointer"
    if address < TASK_SIZE_MAX:
        if not fault.error_code & 1:
            return "nothing is mapped there"
        if fault.access == FETCH:
            return "that is user memory, which the kernel must not execute (SMEP)"
        return "that is user memory, which the kernel may touch by copy_from_user and copy_to_user only (SMAP)"
    if fault.error_code & 1:
        symbol = k.symbols.around(address)
        name = f" ({symbol.name})" if symbol else ""
        return "that memory is no code (NX)" if fault.access == FETCH else f"that memory is read-only{name}"
    if MODULES <= address < MODULES + MODULES_SIZE and k.last_unloaded:
        return f"nothing lives there any more: a module was unloaded ({k.last_unloaded} last), and its address was kept"
    return "nothing is mapped there"
