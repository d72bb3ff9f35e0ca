"""A function of the vDSO beside the system call that answers the same: what each costs, measured by programs that make
many of them.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kernel.task.binfmt import Segment
from kshell.kernel.trace.tracer import Tracer
from kshell.machine.encode import stub_listing
from kshell.shell.replay.deeds import RunProgram
from kshell.shell.state.context import Context

TEXT, ROOM = 0x40_1000, 0x50_0000  # of the program
TIMES = 100
CLOCK_MONOTONIC, NR_EXIT_GROUP = 1, 231
# By the function: the call's number, and arguments that work for both.
CALLS: dict[str, tuple[int, tuple[int, ...]]] = {
    "clock_gettime": (228, (CLOCK_MONOTONIC, ROOM)),
    "gettimeofday": (96, (ROOM, ROOM + 16)),
    "time": (201, (ROOM,)),
    "getcpu": (309, (ROOM, ROOM + 4, 0)),
    "clock_getres": (229, (CLOCK_MONOTONIC, ROOM)),
    "getrandom": (318, (ROOM, 16, 0, 0, 0)),
}


class Cost(NamedTuple):
    """What TIMES calls of `name` came to: how often the kernel was entered, simulated nanoseconds, and instructions in
    ring 3."""

    name: str
    traps: int
    ns: int
    instructions: int


def costs(session: Context, name: str, address: int) -> list[Cost]:
    """That of the function at `address`, and that of the call itself."""
    nr, args = CALLS[name]
    load = b"".join(code for code, _ in stub_listing(nr, args)[:-2])
    load += b"\x4c\x89\xd1"  # mov rcx, r10: where a function has its fourth argument
    function = load + b"\x48\xb8" + address.to_bytes(8, "little") + b"\xff\xd0"
    call = b"".join(code for code, _ in stub_listing(nr, args))
    return [_cost(session, f"__vdso_{name}", function), _cost(session, name, call)]


def _cost(session: Context, name: str, code: bytes) -> Cost:
    """What TIMES more of it cost: the first one brings in pages."""
    one, many = (_run(session, _repeated(code, times)) for times in (1, TIMES + 1))
    return Cost(name, *(after - before for before, after in zip(one, many, strict=True)))


def _repeated(code: bytes, times: int) -> bytes:
    """A program that does it so often, and exits: rbx counts."""
    start, count = b"\x48\xbb" + times.to_bytes(8, "little"), b"\x48\xff\xcb"  # mov rbx, times; dec rbx
    back = -(len(code) + len(count) + 6)
    again = b"\x0f\x85" + back.to_bytes(4, "little", signed=True)  # jnz
    return start + code + count + again + b"".join(code for code, _ in stub_listing(NR_EXIT_GROUP, [0]))


def _run(session: Context, code: bytes) -> tuple[int, int, int]:
    """Traps, nanoseconds and instructions of a program."""
    k, tracer = session.kernel, Tracer()
    segments = [Segment(TEXT, code, len(code), "r-x"), Segment(ROOM, b"", 4096, "rw-")]
    before = k.clock.ns
    k.cpu.count.begin()
    try:
        task, _ = session.do(RunProgram(segments, TEXT, "vdso", ["vdso"]), tracer)
    finally:
        k.cpu.count.wanted = False
    return len(tracer.calls) + task.min_flt + task.maj_flt, k.clock.ns - before, k.cpu.count.user
