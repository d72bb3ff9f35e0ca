"""What is noted of a program while it runs, and the instruction at which it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi import ptregs
from kshell.abi.signal import SI_KERNEL, SIGSEGV, SIGTRAP
from kshell.kernel.trace import Tracer
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.views import show

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.task import Siginfo
    from kshell.shell.program_files import Program

SYSCALL_SIZE = 2  # of the instruction
# Traps leave rip behind their instruction: the signal, what `because` begins with, the encodings.
TRAPS = (
    (SIGTRAP, "int3", (b"\xcc", b"\xcd\x03")),
    (SIGSEGV, "int 4", (b"\xcd\x04",)),
)


class ProgramTracer(Tracer):
    """Notes also which instruction each call comes from; for `syscall` its stub's listing shows that."""

    __slots__ = ("_kernel",)

    def __init__(self, k: Kernel, with_hops: bool) -> None:
        super().__init__(with_hops)
        self._kernel = k

    def hop(self, ring: int, step: str, text: str, address: int | None = None) -> None:
        """Note one step, and before the first one of a call the instruction that begins it."""
        if step == "cpu":
            super().hop(3, "user", "syscall", self._kernel.current.regs[ptregs.IP] - SYSCALL_SIZE)
        super().hop(ring, step, text, address)


def stopped_at(program: Program, signal: Siginfo) -> int:
    """The address of the instruction that a signal is about."""
    for signo, because, encodings in TRAPS:
        if signal.signo != signo or signal.code != SI_KERNEL or not signal.why.startswith(because):
            continue
        for code in encodings:
            start = signal.ip - len(code)
            if any(
                s.data[start - s.address : signal.ip - s.address] == code
                for s in program.segments
                if s.address <= start
            ):
                return start
    return signal.ip


def instruction_at(program: Program, ip: int) -> str:
    """What stands at `ip`: address, instruction, and its source line where there is one."""
    from kshell.machine.disassembler import disassemble

    for segment in program.segments:
        offset = ip - segment.address
        if 0 <= offset < -(-segment.size // PAGE_SIZE) * PAGE_SIZE and "x" in segment.prot:
            code = segment.data[offset : offset + 15].ljust(15, b"\0")
            where = f"   ({show(program.name)}:{program.lines[ip]})" if ip in program.lines else ""
            where = where or ("   (past the end of the program)" if offset >= segment.size else "")
            return f"{ip:#x}  {disassemble(code, ip, 1)[0].text}{where}"
    return f"{ip:#x}  (outside the program)"
