"""What is noted of a program while it runs, and the instruction at which it stopped."""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi import ptregs
from kshell.abi.signal import SI_KERNEL, SIGSEGV, SIGTRAP
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.event import Event
from kshell.kernel.trace.tracer import Call
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.calls.hops import HopColumn, Hops
from kshell.shell.programs.program_files import Program
from kshell.shell.views.view import Line
from kshell.strace.strace import StraceOfAll

SYSCALL_SIZE = 2  # of the instruction, one as the other
WAYS_IN = {"syscall": "syscall", "int80": "int 0x80"}
FEW = 100  # calls that are kept of a program that nobody traces, for `libc`; hops that were shown, for lessons
# Traps leave rip behind their instruction: the signal, what `because` begins with, the encodings.
TRAPS = (
    (SIGTRAP, "int3", (b"\xcc", b"\xcd\x03")),
    (SIGSEGV, "int 4", (b"\xcd\x04",)),
)


class ProgramTracer(StraceOfAll):
    """Notes also which instruction each call comes from; for `syscall` its stub's listing shows that.

    With `show` each call is given to it as it ends, and none is kept; with `show_line` each hop is, as a line, when it
    is made, so that what the program writes stands where it was written, and FEW are kept.  Where nobody `asked` for
    the calls, it takes FEW of them and is never `full`: the run is as fast as without it.
    """

    def __init__(
        self,
        k: Kernel,
        program: Program,
        wants_events: bool,
        asked: bool,
        show: Callable[[Call], None] | None,
        show_line: Callable[[Line], None] | None = None,
    ) -> None:
        super().__init__(k, wants_events)
        self._program, self._asked, self._show = program, asked, show
        self._show_line, self._column = show_line, HopColumn()
        self._failed: Call | None = None
        self.names: set[str] = set()  # of the calls that were shown

    def call_begins(self, call: Call) -> bool:
        """Note a call, unless it is shown as it ends; False if there is no room for it."""
        wanted = (self._asked or len(self.calls) < FEW) and super().call_begins(call)
        if self._show is not None:
            self.calls.clear()
        return wanted

    def event(self, event: Event) -> None:
        """Show a step, or keep it; before the first one of a call the instruction that begins it."""
        if event.what in WAYS_IN:
            at = self.k.current.regs[ptregs.IP] - SYSCALL_SIZE
            values = {"text": WAYS_IN[event.what], "place": self._program.place(at)}
            self.event(Event(3, "user", "instruction", at, values))
        if self._show_line is None or len(self.events) < FEW:
            super().event(event)
        if self._show_line is None:
            return
        for row in Hops([event], [], tree=self.k.image.tree).rows:
            for line in self._column.lines(row, None):
                self._show_line(line)

    def call_ends(self, call: Call) -> None:
        """Show the call, if calls are shown at once."""
        super().call_ends(call)
        if self._show is not None:
            self._show(call)
            self.names.add(call.name or "")
            if call.ret is not None and call.ret < 0:
                self._failed = call

    def last_failed(self, traced: bool) -> Call | None:
        """The last call that answered a negative number; of a program that is not `traced`, the first FEW count."""
        calls = self.calls if traced else self.calls[:FEW]
        return next((call for call in reversed(calls) if call.ret is not None and call.ret < 0), self._failed)


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
            place = program.place(ip)
            where = f"   ({place})" if place else ""
            where = where or ("   (past the end of the program)" if offset >= segment.size else "")
            return f"{ip:#x}  {disassemble(code, ip, 1)[0].text}{where}"
    return f"{ip:#x}  (outside the program)"
