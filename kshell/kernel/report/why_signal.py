"""Why an exception killed a program, in a sentence for the person at the shell.  Linux has no words for it."""

from __future__ import annotations

from kshell.abi import signal
from kshell.abi.c_types import U64
from kshell.abi.ptregs import SP
from kshell.kernel.core.layout import TASK_SIZE_MAX, VSYSCALL
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.kernel.task.task import Task
from kshell.machine import stop as stops
from kshell.machine.paging import FETCH, WRITE
from kshell.machine.ram import PAGE_MASK
from kshell.machine.stop import Stop

NO_OPCODE = "the CPU knows no such instruction"
SINGLE_STEP = "the trap flag (TF) is set: the CPU stops after each instruction"
INT1 = "int1 is a debug trap, and no debugger is there"
PORTS = "only the kernel may talk to ports (in, out)"
PRIVILEGED = "that instruction is the kernel's alone (privileged), or loads what it may not"
SYSENTER = "sysenter is the way in of 32-bit programs, and this kernel runs none"
NO_VSYSCALL = "the vsyscall page has three entries, at +0x0, +0x400 and +0x800, and that is none of them"
VSYSCALL_STACK = "a vsyscall returns to the address that rsp leads to, and there is no memory"
VSYSCALL_POINTER = (
    "a vsyscall was to store its result where the program cannot write, for which the call answers EFAULT"
)
VSYSCALL_PAGE = {
    "emulate": "the vsyscall page is there to be called and read",
    "xonly": "the vsyscall page is there to be called, and only with vsyscall=emulate to be read",
    "none": "there is no vsyscall page, since the kernel was booted with vsyscall=none",
}
BY_VECTOR = {
    stops.DIVIDE_ERROR: "an integer was divided by zero, or the quotient does not fit",
    stops.BREAKPOINT: "int3 is a breakpoint, and no debugger is there",
    stops.OVERFLOW: "int 4 means that a sum did not fit (overflow), and ends the program",
}
FPU_WORDS = {signal.FPE_FLTDIV: "a division by zero", signal.FPE_FLTINV: "an operation without a result, such as 0/0"}
STACK_NEAR, STACK_ABOVE = 1 << 16, 1 << 46  # an address so near rsp, and so high, was meant to be on the stack


def closed_gate(gate: int) -> str:
    """``int gate``, which user code may not."""
    return f"int {gate:#x} goes through a gate that is closed to user code"


def floating_point(code: int, instruction: str, open_by: str) -> str:
    """`code` is the signal's; the `instruction` (x87 or SSE) met what `open_by` says that nobody masks."""
    words = FPU_WORDS.get(code, "a result that cannot be represented")
    return f"an {instruction} instruction met {words}, which {open_by}"


def no_address(stop: Stop) -> str:
    """What was touched is no address at all."""
    return f"it {_verb(stop.access)} {stop.address:#x}, which is no address: bits 48 to 63 must repeat bit 47"


def page_fault(k: Kernel, task: Task, ip: int, stop: Stop, info: tuple[int, int]) -> str:
    """The page was not there; `info` is what the kernel made of that, a signal and its code."""
    if stop.address & PAGE_MASK & U64 == VSYSCALL:
        why_not = VSYSCALL_PAGE[k.vsyscall_mode]
    else:
        why_not = _why_not(task, stop.address, *info)
    touched = f"it {_verb(stop.access)} {stop.address:#x}: {why_not}"
    return touched + (_ran_past_its_end(k, ip) if stop.access != FETCH else "")


def _verb(access: int) -> str:
    return {WRITE: "wrote to", FETCH: "jumped to"}.get(access, "read")


def _why_not(task: Task, address: int, signo: int, code: int) -> str:
    if signo == signal.SIGBUS:
        return "the mapped file ends before that page"
    if address >= TASK_SIZE_MAX:
        return "that is kernel memory, and the page tables close it to ring 3"
    if code == signal.SEGV_ACCERR:
        vma = task.mm.vmas.find(address)
        letters = "".join(c if vma.prot & b else "-" for c, b in (("r", 1), ("w", 2), ("x", 4))) if vma else "---"
        return f"that page is mapped, but only {letters}"
    if address < 4096:
        return "nothing is mapped in the first page, so that a NULL pointer is found out"
    near = abs(task.regs[SP] - address) < STACK_NEAR
    if near and address > STACK_ABOVE and not task.mm.vmas.find(address):
        return "nothing is mapped there: the stack has outgrown its limit of 8 MiB"
    return "nothing is mapped there"


def _ran_past_its_end(k: Kernel, ip: int) -> str:
    if copy_from_user(k, ip, 2) != b"\0\0":
        return ""
    return (
        ". The instruction is 00 00 = add byte ptr [rax], al: the program ran past its last instruction "
        "into zeros; end it with exit(2)"
    )
