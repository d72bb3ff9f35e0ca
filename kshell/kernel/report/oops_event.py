"""An exception in ring 0 that nothing mends, as a step of a trace.  Linux has no counterpart."""

from __future__ import annotations

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import CpuException, StackOverflow
from kshell.kernel.kernel import Kernel

NAMES = {"divide error": "#DE", "int3": "#BP", "general protection fault": "#GP"}


def tell_oops(k: Kernel, error: BaseException, ip: int) -> None:
    """Tell who listens of `error`, which the instruction at `ip` has met."""
    address = error.address if isinstance(error, KernelFault | StackOverflow) else None
    code = error.error_code if isinstance(error, KernelFault) else 0
    k.tell("fault", "oops", address, exception=_exception(error), error_code=code, ip=ip)


def _exception(error: BaseException) -> str:
    """Intel's name of what the CPU has raised; a body in Python that fails stands for a ud2."""
    if isinstance(error, KernelFault) and error.is_general_protection:
        return "#SS" if error.is_stack else "#GP"
    if isinstance(error, KernelFault | StackOverflow | RecursionError):
        return "#PF"
    return NAMES[error.name] if isinstance(error, CpuException) else "#UD"
