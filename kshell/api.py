"""The public face for programs: graders, notebooks, attack tools.

    from kshell.api import boot

    machine = boot("course")
    machine.syscall("test_call", 42)               # -38: nobody has filled STUB_test_call
    machine.execute("modprobe syscallModule")      # {'command': ..., 'status': 0, 'result': {}}
    machine.syscall("test_call", 42)               # 42
    room = bytearray(8)
    machine.syscall("getcwd", room, len(room))     # 2, and room begins with b"/"
    machine.run(bytes.fromhex("ebfe"), budget=1000).kind                # 'budget'

What stands here stays: names are added, none changes its meaning.  Two machines never meet.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from kshell.abi import ptregs
from kshell.abi.signal import si_code_name
from kshell.kernel.core.layout import PER_CPU, PER_CPU_TSS, TASKS, VMALLOC
from kshell.kernel.entry.exec import Buffer, load_program, run_stub
from kshell.kernel.entry.run import run_program
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.trace.tracer import Tracer
from kshell.machine.paging import FRAME_MASK, USER_END, pages
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.calls.call_views import call_json
from kshell.shell.session import Session
from kshell.shell.views.output import JsonOutput

if TYPE_CHECKING:
    from kshell.kernel.core.signal import Siginfo

TEXT = 0x401000  # where `run` puts plain code, and where it starts it
BUDGET = 50_000_000  # instructions, as scripts have it
ARGUMENTS = 6
MOST_TYPED = 1 << 20  # bytes
LOST = "a program has worked on the machine itself, and back knows commands alone"
STACKS = 39  # the top-level entry under which all kernel stacks are, as a shift


class Signal(NamedTuple):
    """What ended a program: `name` (SIGSEGV), `code` (si_code: SEGV_MAPERR), `address` (si_addr, None where there is
    none), `ip` (where the program was), and `why`, a sentence for a person."""

    name: str
    code: str
    address: int | None
    ip: int
    why: str


class Run(NamedTuple):
    """How a program ended.

    `kind` is "exited" with `exit_status`, "signal" with `signal`, "budget" or "interrupted" (Ctrl-C).  `calls` are
    dicts of nr, name, args, ret and errno as `--json` prints them (with all six registers), the first 10,000 of them;
    `registers` are the program's last ones, by the names of struct pt_regs; `output` is what it wrote to /dev/tty.
    """

    kind: str
    exit_status: int | None
    signal: Signal | None
    calls: list[dict[str, Any]]
    registers: dict[str, int]
    output: bytes


def boot(kernel: str = "course", cmdline: str = "") -> Machine:
    """A machine with a booted kernel: "4.19", "course" or "6.19"; `cmdline` is what the boot loader passes (`uid=1000`,
    `nosmap`, ...).  A kernel that was built is booted by ``machine.execute("boot TREE")``.

    Raises KeyError for a kernel that there is not.
    """
    return Machine(kernel, cmdline)


class Machine:
    """One machine, and a shell on it that no person sees."""

    def __init__(self, kernel: str, cmdline: str) -> None:
        self._shown = io.StringIO()
        self._typed = bytearray()
        self._session = Session(kernel, keep_going=True, output=JsonOutput(self._shown), read_input=self._read_line)
        self._session.boot(kernel, cmdline)

    def _read_line(self) -> bytes:
        line, newline, rest = self._typed.partition(b"\n")
        self._typed = rest
        return bytes(line + newline)

    def execute(self, line: str) -> dict[str, Any]:
        """Do one command of the shell; what `--json` prints for it, as a dict: command, status, and result or error.

        Raises ValueError where the line holds no command, or several.
        """
        self._shown.seek(0)
        self._shown.truncate()
        self._session.forget_failures()  # one command's failure is no reason to refuse the next
        self._session.execute(line)
        results: list[dict[str, Any]] = [json.loads(text) for text in self._shown.getvalue().splitlines()]
        if len(results) != 1:
            raise ValueError(f"execute takes one command, and {line!r} holds {len(results)}")
        return results[0]

    def syscall(self, call: str | int, *args: int | bytes | bytearray) -> int | None:
        """Make one system call from ring 3; the kernel's result (a negative errno for an error), None if the call did
        not return.

        An argument is a number, bytes (put into user memory with a NUL behind them), or a bytearray: as many bytes in
        user memory, which the call finds there and which are copied back after it.  Raises ValueError for a name that
        the table does not have, for more than six arguments, and for more data than user memory takes.
        """
        k = self._session.kernel
        nr = call if isinstance(call, int) else self._number(call)
        if len(args) > ARGUMENTS:
            raise ValueError(f"a system call takes six arguments, and these are {len(args)}")
        values = [Buffer(len(arg), bytes(arg).rstrip(b"\0")) if isinstance(arg, bytearray) else arg for arg in args]
        self._session.journal.lose(LOST)
        run = run_stub(k, nr, values, BUDGET)
        for index, _, data in run.buffers:
            target = args[index]
            assert isinstance(target, bytearray)
            target[:] = data
        return run.call.ret if run.call is not None and run.outcome.kind == "returned" else None

    def _number(self, name: str) -> int:
        row = self._session.kernel.table.by_name.get(name)
        if row is None:
            raise ValueError(f"the table of this kernel has no system call {name!r}")
        return row.number

    def run(
        self,
        code: bytes | Sequence[tuple[int, bytes, int, str]],
        entry: int = TEXT,
        args: Sequence[str] = ("prog",),
        budget: int = BUDGET,
    ) -> Run:
        """Run a program in a task of its own.

        `code` is machine code, put at 0x401000, or a list of segments (address, data, size in bytes, "r-x", "rw-" or
        "r--"), `entry` the address to start at, `args` its arguments from the zeroth on, `budget` how many instructions
        it may take (0: any number).  Raises ValueError where a segment has no place, or RAM is used up, KernelPanic
        where a module has spoilt what the CPU needs: execute("boot") then.
        """
        k, tty = self._session.kernel, self._session.tty
        segments = [Segment(TEXT, code, len(code), "r-x")] if isinstance(code, bytes) else [Segment(*s) for s in code]
        tty.take()
        self._session.journal.lose(LOST)
        task = load_program(k, segments, entry, args[0] if args else "prog", args)
        tracer = Tracer()
        outcome = run_program(k, task, budget, tracer)
        return Run(
            "signal" if outcome.kind == "killed" else outcome.kind,
            outcome.status,
            None if outcome.signal is None else _signal(outcome.signal),
            [call_json(call, ARGUMENTS) for call in tracer.calls],
            dict(zip(ptregs.NAMES, task.regs.tolist(), strict=True)),
            tty.take(),
        )

    def type(self, data: bytes) -> None:
        """What a person will have typed when a program reads /dev/tty, a line at a time; then the input ends."""
        self._typed += data[:MOST_TYPED]

    def take_output(self) -> bytes:
        """What calls of `syscall` have written to /dev/tty since the last time."""
        return self._session.tty.take()

    @property
    def oopses(self) -> int:
        """How often kernel code has oopsed since the boot: 0 on a machine whose modules did nothing forbidden."""
        return self._session.kernel.oopses

    def kernel_memory(self, address: int, size: int) -> bytes:
        """`size` bytes of the kernel's memory.  Raises ValueError where some are not mapped, or are the user's."""
        k = self._session.kernel
        if address < USER_END or not all(k.memory.space.entry(page) for page in pages(address, size)):
            raise ValueError(f"the kernel has no memory from {address:#x} to {address + size:#x}")
        return k.memory.read(address, size)

    def kernel_digest(self) -> str:
        """A digest of the kernel's half of memory: its tables, text and data, those of modules, but not its stacks, nor
        what the CPU keeps of the stack in use; of each task what it is called, and whose it is.

        Two equal digests say that nothing in between has changed what the kernel stands on.
        """
        k = self._session.kernel
        digest = blake2b(digest_size=16)
        for address, shift, entry in k.memory.space.kernel_half():
            if address >> STACKS != VMALLOC >> STACKS and not TASKS <= address <= PER_CPU + PER_CPU_TSS:
                digest.update(struct.pack("<QQ", address, entry))
                if shift == 12:
                    frame = entry & FRAME_MASK
                    digest.update(k.ram.bytes[frame : frame + PAGE_SIZE])
        for task in k.tasks.values():
            digest.update(repr((task.nr, task.pid, task.comm, task.cred)).encode())
        return digest.hexdigest()


def _signal(signal: Siginfo) -> Signal:
    return Signal(signal.name, si_code_name(signal.signo, signal.code), signal.address, signal.ip, signal.why)
