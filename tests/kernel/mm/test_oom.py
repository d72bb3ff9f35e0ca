"""RAM is used up: the OOM killer ends the task, in Linux's words, wherever in the kernel that was found out."""

from __future__ import annotations

import pytest

from kshell.abi.signal import SIGKILL
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import Buffer, run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.oom import WHY
from kshell.machine.ram import OutOfMemory
from tests.kernel.lab import run

KILLED = {"course": "Out of memory: Kill process", "6.19": "Out of memory: Killed process"}
# Store one byte to each page of 64 MiB, which mmap gave.
TOUCH_ALL = bytes.fromhex("31ff be00000004 ba03000000 41ba22000000 4983c8ff 4531c9 b809000000 0f05")
TOUCH_ALL += bytes.fromhex("c60001 480500100000 ebf5")


@pytest.mark.parametrize("release", KILLED)
@pytest.mark.parametrize("place", ["user code", "a copy to user memory", "the kernel's own needs"])
def test_the_report_is_the_same_wherever_memory_ran_out(release: str, place: str) -> None:
    k = boot(release)
    if place == "user code":
        outcome = run(k, TOUCH_ALL)
    elif place == "a copy to user memory":
        for _ in range(k.ram.frames_total - k.ram.frames_used - 40):
            k.ram.alloc_frame()
        outcome = run_stub(k, 318, [Buffer(1 << 20), 1 << 20, 0]).outcome
    else:

        def hungry(k: Kernel, regs: memoryview) -> int:
            raise OutOfMemory

        symbol = k.symbols.lookup("__x64_sys_getpid")
        assert symbol is not None
        k.bodies[symbol.address] = hungry
        outcome = run_stub(k, 39, []).outcome
    assert outcome.signal is not None
    assert (outcome.signal.signo, outcome.signal.why) == (SIGKILL, WHY)
    text = [record.text for record in k.log.since(0)]
    assert sum(line.startswith(KILLED[release]) for line in text) == 1
    assert sum("invoked oom-killer" in line for line in text) == 1
    assert k.oopses == 0
