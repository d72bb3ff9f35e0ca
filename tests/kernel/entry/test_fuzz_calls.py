"""Random calls with random arguments: no traceback, no bug of the kernel's own, and getpid still answers."""

from __future__ import annotations

import os
import random

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.entry.exec import Buffer, run_stub

CALLS = int(os.environ.get("KSHELL_FUZZ_CALLS", "500"))
PATHS = (
    b"/tmp/a",
    b"/tmp",
    b"/dev/null",
    b"/dev/zero",
    b"/dev/tty",
    b"/etc/hostname",
    b"",
    b"x" * 300,
    b"a/b/c",
    b"\xff",
)
EDGES = (0, 1, -1, 1 << 31, 1 << 32, 1 << 63, -100, 4095, 4096, layout.TASK_SIZE_MAX, layout.TASK_SIZE_MAX - 1, 1 << 47)
PLACES = (
    *(layout.USER_TEXT, layout.USER_TEXT + 0x1000, layout.USER_STACK_TOP - 0x1000),
    *(layout.KERNEL_TEXT, layout.KERNEL_RODATA, layout.KERNEL_DATA, layout.MODULES, layout.VMALLOC),
)
FLAGS = (0o100, 0o1101, 2, 0x10000, 0x80000, 0o777, 7, 3, 0x22, 0x32)


def argument(rnd: random.Random) -> int | bytes | Buffer:
    kind = rnd.randrange(8)
    if kind == 0:
        return rnd.choice(PATHS)
    if kind == 1:
        return Buffer(rnd.choice((0, 1, 8, 16, 144, 390, 4096)))
    if kind == 2:
        return rnd.choice(PLACES) + rnd.randrange(0x2000)
    if kind == 3:
        return rnd.choice(EDGES)
    if kind == 4:
        return rnd.choice(FLAGS)
    if kind == 5:
        return rnd.randrange(-3, 12)
    return rnd.getrandbits(rnd.randrange(1, 65))


@pytest.mark.parametrize("profile", ["4.19", "course", "6.19"])
def test_random_calls_leave_a_kernel_that_answers(profile: str) -> None:
    rnd = random.Random(f"calls on {profile}")
    k = boot(profile)
    built = [nr for nr in range(k.nr_syscalls) if k.syscall_state(nr) == "built"]
    for number in range(CALLS):
        nr = rnd.randrange(-1, 601) if number % 3 == 0 else rnd.choice(built)
        arguments = [argument(rnd) for _ in range(rnd.randrange(7))]
        run = run_stub(k, nr, arguments, budget=1_000_000)
        assert k.oopses == 0, (nr, arguments, [record.text for record in k.log.since(0)][-40:])
        assert run.outcome.kind in ("returned", "exited", "killed"), (nr, arguments)
    call = run_stub(k, 39, []).call
    assert call is not None
    assert call.ret == k.shell_task.pid
