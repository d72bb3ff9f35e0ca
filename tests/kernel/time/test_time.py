"""The CPU clocks of tasks, which have negative ids."""

from __future__ import annotations

import pytest

from kshell.abi.clock import CLOCK_MONOTONIC
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.structs import unpack_timespec
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import Buffer, run_stub
from kshell.kernel.kernel import Kernel


@pytest.fixture(scope="module")
def k() -> Kernel:
    return boot("course")


def gettime(k: Kernel, clock: int, where: int | Buffer | None = None) -> int | None:
    call = run_stub(k, 228, [clock, Buffer(16) if where is None else where]).call
    assert call is not None
    return call.ret


def cpu_clock(pid: int, which: int) -> int:
    return ~pid << 3 | which


@pytest.mark.parametrize("which", [0, 1, 2, 4, 5, 6])
def test_the_caller_has_a_cpu_clock_under_0_and_under_its_own_pid(k: Kernel, which: int) -> None:
    assert gettime(k, cpu_clock(0, which)) == 0
    assert gettime(k, cpu_clock(k.shell_task.pid, which)) == 0


# As Linux 6.18 answers: there is no fourth kind, id & 7 == 3 is a descriptor's clock, and a task must exist.
@pytest.mark.parametrize("clock", [-1, -5, -9, -10, cpu_clock(4_000_000, 2), -(1 << 31)])
def test_a_cpu_clock_that_is_none_is_EINVAL(k: Kernel, clock: int) -> None:
    assert gettime(k, clock) == -EINVAL


def test_the_clock_is_looked_up_before_the_pointer_is(k: Kernel) -> None:
    assert gettime(k, -6, 1) == -EFAULT
    assert gettime(k, -5, 1) == -EINVAL


def test_a_cpu_clock_shows_the_time_since_boot(k: Kernel) -> None:
    run = run_stub(k, 228, [-6, Buffer(16)])
    before = unpack_timespec(run.buffers[0][2])
    after = unpack_timespec(run_stub(k, 228, [CLOCK_MONOTONIC, Buffer(16)]).buffers[0][2])
    assert (0, 0) < before < after
