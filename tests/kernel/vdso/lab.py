"""Programs that call an address, for the tests of what stands at such addresses."""

from __future__ import annotations

from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel, NoTty
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import Task
from kshell.kernel.trace.tracer import Tracer
from tests.kernel.lab import DATA, EXIT, TEXT, ending

READ_ONLY = 0x60_0000
CALL = b"\xff\xd0"  # call rax
SYSCALL = b"\x0f\x05"
AX, CX, DX, SI, DI, R8 = 0, 1, 2, 6, 7, 8


class Screen(NoTty):
    """Remembers what was written last."""

    shown = b""

    def write(self, data: bytes) -> None:
        self.shown = data


def mov(register: int, value: int) -> bytes:
    """mov register, value"""
    return bytes((0x48 | register >> 3, 0xB8 + (register & 7))) + (value & (1 << 64) - 1).to_bytes(8, "little")


def program(k: Kernel, code: bytes) -> Task:
    """A task that is to run `code`, leaves rax in rbx, and exits with 0."""
    code += b"\x48\x89\xc3\x31\xff" + EXIT
    parts = [Segment(TEXT, code, len(code), "r-x"), Segment(DATA, b"", 4096, "rw-")]
    return load_program(k, [*parts, Segment(READ_ONLY, b"", 4096, "r--")], TEXT, "prog", ["prog"])


def run_code(k: Kernel, code: bytes, tracer: Tracer | None = None) -> tuple[str, Task]:
    """How it ended, and the task, whose registers can still be read."""
    task = program(k, code)
    return ending(run_program(k, task, 10_000, tracer)), task


def call(at: int, di: int = 0, si: int = 0, dx: int = 0x3333) -> bytes:
    """Code that calls an address with three arguments."""
    return mov(AX, at) + mov(DI, di) + mov(SI, si) + mov(DX, dx) + CALL


def system_call(nr: int, di: int = 0, si: int = 0, dx: int = 0) -> bytes:
    """The same for the kernel."""
    return call(nr, di, si, dx)[: -len(CALL)] + SYSCALL


def stored(k: Kernel, code: bytes, size: int) -> bytes:
    """What `code` has stored at DATA, which the program then writes to the screen."""
    k.tty = screen = Screen()
    assert run_code(k, code + system_call(1, 1, DATA, size))[0] == "exit 0"
    return screen.shown
