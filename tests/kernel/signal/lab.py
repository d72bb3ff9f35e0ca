"""Programs that have handlers: assembled, run, and what they wrote."""

from __future__ import annotations

import struct
from typing import NamedTuple

from kshell.assembler import assemble
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel, NoTty
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.trace.tracer import Tracer
from tests.kernel.lab import ending

SYSCALL = """
.macro call number
    mov eax, \\number
    syscall
.endm
"""
# sigaction(signal) at `act`, and the function that a handler returns to.
TAIL = """
restorer:
    mov eax, 15
    syscall
report:                 # write(1, rsi, rdx)
    mov edi, 1
    mov eax, 1
    syscall
    ret
install:                # rt_sigaction(edi, &act, NULL, 8)
    lea rsi, [rip + act]
    xor edx, edx
    mov r10d, 8
    mov eax, 13
    syscall
    ret
quit:                   # exit(edi)
    mov eax, 60
    syscall
.data
act: .quad handler, FLAGS, restorer, MASK
cell: .quad 0
room: .zero 512
"""


class Ran(NamedTuple):
    """How a program ended (tests.kernel.lab.ending), and what it has written."""

    end: str
    output: bytes

    @property
    def words(self) -> tuple[int, ...]:
        """The output as numbers of 64 bits."""
        return struct.unpack(f"<{len(self.output) // 8}Q", self.output)


class Screen(NoTty):
    """Keeps what is written."""

    def __init__(self) -> None:
        self.output = b""

    def write(self, data: bytes) -> None:
        self.output += data


def play(
    k: Kernel, code: str, flags: int = 0x400_0004, mask: int = 0, tracer: Tracer | None = None, budget: int = 1_000_000
) -> Ran:
    """Run `code`, which begins at `_start` and has its `handler`."""
    tail = TAIL.replace("FLAGS", hex(flags)).replace("MASK", hex(mask))
    image = assemble(f".text\n_start:\n{code}{tail}")
    k.tty = screen = Screen()
    task = load_program(k, [Segment(*each) for each in image.segments], image.entry, "prog", ["prog"])
    return Ran(ending(run_program(k, task, budget, tracer)), screen.output)
