"""Ctrl-C in a call that moves much: it leaves it at what it has moved, and that comes back when it is done again."""

from __future__ import annotations

import signal
import struct

import pytest

from kshell.abi.c_types import to_signed64
from kshell.abi.ptregs import AX
from tests.shell.lab import Lab
from tests.shell.replay.whole_state import differences, machine

AT = 0x40_2000
TWO_GIB = struct.pack("<QQ", AT, 2 << 20) * 1024  # the same two MiB, again and again
VECTOR = "".join(f"\\x{byte:02x}" for byte in TWO_GIB)
SCREEN, PAGE, CHUNK = 2048, 4096, 65536  # what one step of each moves


class Impatient(Lab):
    """Ctrl-C is pressed when a call asks for it the third time."""

    def __init__(self) -> None:
        super().__init__(interactive=True)
        self.asked = 0
        answer = self.session.tty.interrupts

        def interrupts(pressed: bool) -> bool:
            self.asked += 1
            if self.asked == 3:
                signal.raise_signal(signal.SIGINT)
            return answer(self.session.kernel.cpu.ctrl_c.pressed)

        self.session.tty.interrupts = interrupts  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("before", "line", "step"),
    [
        ("", f"syscall write 1 {AT:#x} 16777216", SCREEN),
        ("", f'syscall writev 1 "{VECTOR}" 1024', SCREEN),
        ('syscall open "/dev/zero" O_RDWR', f'syscall readv 3 "{VECTOR}" 1024', CHUNK),
        ('syscall open "/dev/urandom" O_RDWR', f'syscall readv 3 "{VECTOR}" 1024', CHUNK),
        ('syscall open "/dev/urandom" O_RDWR', f'syscall writev 3 "{VECTOR}" 1024', CHUNK),
        ('syscall open "/tmp/f" O_RDWR|O_CREAT 0644', f'syscall writev 3 "{VECTOR}" 1024', PAGE),
        ("", f"syscall getrandom {AT:#x} 16000000 0", CHUNK),
    ],
)
def test_ctrl_c_ends_a_long_transfer_where_it_is(before: str, line: str, step: int) -> None:
    lab = Impatient()
    session = lab.session
    if before:
        assert lab.ret(before.removeprefix("syscall ")) == 3
    assert lab.result(line).status == 130
    assert to_signed64(session.kernel.shell_task.regs[AX]) == 3 * step
    assert lab.asked == 3
    then = machine(session.kernel)
    lab.result("syscall getuid")
    lab.json("back")
    assert differences(then, machine(session.kernel)) == []
    lab.json("back")
    lab.json("forward")
    assert differences(then, machine(session.kernel)) == []


def test_what_is_moved_in_one_step_asks_nobody() -> None:
    lab = Impatient()
    assert lab.ret("getrandom buf:65536 65536 0") == CHUNK
    assert lab.ret('write 1 "hello" 5') == 5
    assert lab.asked == 0
