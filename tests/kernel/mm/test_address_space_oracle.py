"""mmap, munmap, mprotect and brk, compared with the Linux underneath: results, errors, and what is mapped afterwards.

A program is a list of raw calls.  Addresses count from a region that is free in both kernels; afterwards the mappings
in that region are compared too.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import random
import sys
from collections.abc import Callable
from itertools import pairwise

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from tests.kernel.lab import in_child

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64",
    reason="the oracle is Linux on x86-64 itself",
)

NUMBERS = {"mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12}
BASE = 0x10_0000_0000
END = BASE + 0x1000_0000
PAGE = 4096
U64 = (1 << 64) - 1
R, W, X = 1, 2, 4
SHARED, PRIVATE, FIXED, ANON, LOW, DOWN, NOREPLACE = 1, 2, 0x10, 0x20, 0x40, 0x100, 0x100000
PA, PAF = PRIVATE | ANON, PRIVATE | ANON | FIXED

Call = tuple[str, list[int]]
Program = list[Call]
Result = tuple[list[int], list[tuple[int, int, str]]]


def at(page: float, extra: int = 0) -> int:
    return BASE + int(page * PAGE) + extra


def mmap(address: int, size: int, prot: int = R | W, flags: int = PAF, fd: int = -1, offset: int = 0) -> Call:
    return "mmap", [address, size, prot, flags, fd & U64, offset]


def munmap(address: int, size: int) -> Call:
    return "munmap", [address, size]


def mprotect(address: int, size: int, prot: int) -> Call:
    return "mprotect", [address, size, prot]


EIGHT = mmap(at(0), 8 * PAGE)
BY_HAND: list[Program] = [
    [mmap(at(0), 0)],
    [mmap(at(0, 1), PAGE)],
    [mmap(at(0), 1), mmap(at(1), PAGE + 1)],
    [mmap(at(0), PAGE, R, PAF, -1, 1)],
    [mmap(at(0), PAGE, R, PRIVATE | FIXED)],
    [mmap(at(0), PAGE, R, PRIVATE | FIXED, 1000)],
    [mmap(at(0), 0, R, PRIVATE | FIXED, 1000)],
    [mmap(at(0), 0, R, FIXED | ANON)],
    [mmap(at(0), PAGE, R, FIXED | ANON)],
    [mmap(at(0, 1), PAGE, R, FIXED | ANON)],
    [mmap(at(0), PAGE, R, FIXED | ANON | 3)],
    [mmap(at(0), PAGE, R, FIXED | ANON | 4)],
    [mmap(at(0), PAGE, R, SHARED | FIXED | ANON)],
    [mmap(at(0), PAGE, R, SHARED | FIXED | ANON | DOWN)],
    [mmap(at(0), U64, R, PAF)],
    [mmap(0, U64, R, PA), mmap(0, U64 - 4096, R, PA), mmap(0, 1 << 47, R, PA), mmap(0, 1 << 63, R, PA)],
    [mmap(0x7FFF_FFFF_F000, PAGE, R, PAF), mmap(1 << 47, PAGE, R, PAF), mmap(U64 & ~4095, PAGE, R, PAF)],
    [mmap(0x7FFF_FFFF_E001, PAGE, R, PAF), mmap(0x7FFF_FFFF_F001, PAGE, R, PAF)],
    [mmap(0, PAGE, R, PAF, -1, U64 & ~4095)],
    [mmap(at(0), 2 * PAGE, R, PAF, -1, (1 << 63) - 4096), mmap(at(0), 2 * PAGE, R, PAF, -1, U64 & ~4095)],
    [EIGHT, mmap(at(2), PAGE, R, PA | NOREPLACE), mmap(at(9), PAGE, R, PA | NOREPLACE)],
    [EIGHT, mmap(at(2, 5), PAGE, R, PA | NOREPLACE), mmap(at(7), 2 * PAGE, R, PA | NOREPLACE)],
    [EIGHT, mmap(at(2), PAGE, R, FIXED | ANON), mmap(at(2), PAGE, R, ANON | NOREPLACE)],
    [EIGHT, mmap(at(2), 2 * PAGE, R), mmap(at(3), 3 * PAGE, X), mmap(at(0), PAGE, 0)],
    [
        mmap(at(10), PAGE, R, PA),
        mmap(at(11), PAGE, R, PA),
        mmap(at(20, 77), PAGE, R, PA),
        mmap(at(30, -1), PAGE, R, PA),
    ],
    [mmap(at(0), PAGE, prot, PAF) for prot in (0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 0x1000)],
    [
        mmap(at(0), PAGE, R, PAF | flag)
        for flag in (0x40, 0x200, 0x400, 0x800, 0x1000, 0x4000, 0x8000, 0x10000, 0x20000)
    ],
    [EIGHT, munmap(at(2), PAGE), munmap(at(4), 1), munmap(at(6), 5 * PAGE), munmap(at(0), PAGE)],
    [EIGHT, munmap(at(2, 1), PAGE), munmap(at(2), 0), munmap(at(20), PAGE), munmap(at(0), 8 * PAGE)],
    [munmap(U64 & ~4095, PAGE), munmap(1 << 47, PAGE), munmap(0x7FFF_FFFF_E000, 2 * PAGE), munmap(at(0), U64)],
    [EIGHT, munmap(at(0), 1 << 63), munmap(at(0), (1 << 47) - BASE), munmap(at(3), 2)],
    [EIGHT, mprotect(at(2), 2 * PAGE, R), mprotect(at(4), 1, 0), mprotect(at(2), 3 * PAGE, R | W)],
    [EIGHT, mprotect(at(2, 1), PAGE, R), mprotect(at(2), 0, 99), mprotect(at(2, 1), 0, R), mprotect(at(30), 0, R)],
    [
        EIGHT,
        mprotect(at(2), PAGE, 8),
        mprotect(at(2), PAGE, 16),
        mprotect(at(2), PAGE, 0x80),
        mprotect(at(2), PAGE, 15),
    ],
    [
        EIGHT,
        mprotect(at(6), 4 * PAGE, R),
        mprotect(at(20), PAGE, R),
        mprotect(at(20), PAGE, 99),
        mprotect(at(-1), 2 * PAGE, R),
    ],
    [EIGHT, munmap(at(3), PAGE), mprotect(at(0), 8 * PAGE, X), mprotect(at(4), PAGE, R)],
    [EIGHT, mprotect(at(2), U64, R), mprotect(at(2), U64 - 8192, R), mprotect(at(2), 1 << 63, R)],
    [
        EIGHT,
        mprotect(at(2), PAGE, R | 0x01000000),
        mprotect(at(2), PAGE, R | 0x02000000),
        mprotect(at(2), PAGE, 0x03000001),
    ],
    [mprotect(at(2), PAGE, R | 0x01000000), mprotect(at(2), PAGE, 0x03000001), mprotect(U64 & ~4095, PAGE, R)],
    [mmap(at(512), 4 * PAGE, R | W, PAF | DOWN), mprotect(at(514), PAGE, R | 0x01000000)],
    [mmap(at(512), 4 * PAGE, R | W, PAF | DOWN), mprotect(at(510), 4 * PAGE, R | 0x01000000)],
    [mmap(at(512), 4 * PAGE, R | W, PAF | DOWN), mmap(at(500), PAGE, R, PA | NOREPLACE), mmap(at(600), PAGE, R, PA)],
    [mmap(at(0), 2 * PAGE), mmap(at(2), 2 * PAGE), mmap(at(4), 2 * PAGE, R), mprotect(at(2), 2 * PAGE, R)],
    [mmap(0x5000_0000, PAGE, R, PA | LOW), munmap(0x5000_0000, PAGE)],
]


def at_random(seed: int) -> Program:
    """Calls on a dozen pages, so that they meet each other."""
    dice = random.Random(seed)
    program: Program = []
    for _ in range(12):
        page, extra = dice.randrange(12), dice.choice([0, 0, 0, 0, 0, 1, 0x800])
        size = dice.choice([0, 1, PAGE, PAGE, 2 * PAGE, 2 * PAGE + 1, 3 * PAGE, 5 * PAGE - 1])
        prot = dice.choice([0, R, R | W, R | W, R | X, R | W | X, W, X, 8, 16])
        kind = dice.randrange(5)
        if kind <= 1:
            flags = dice.choice(
                [PAF, PAF, PAF, PA | NOREPLACE, PA | NOREPLACE, SHARED | ANON | FIXED, ANON | FIXED, FIXED | 2]
            )
            program.append(mmap(at(page, extra), size, prot, flags))
        elif kind == 2:
            program.append(munmap(at(page, extra), size))
        else:
            program.append(mprotect(at(page, extra), size, prot))
    return program


def run_calls(
    program: Program, call: Callable[[str, list[int]], int], maps: Callable[[], list[tuple[int, int, str]]]
) -> str:
    """Results and mappings as text."""
    return json.dumps([[call(name, args) for name, args in program], coalesce(maps())])


def coalesce(maps: list[tuple[int, int, str]]) -> list[list[object]]:
    """Neighbours with one protection as one: whether a kernel keeps them apart is its own affair."""
    joined: list[list[object]] = []
    for start, end, prot in maps:
        if joined and joined[-1][1] == start and joined[-1][2] == prot:
            joined[-1][1] = end
        else:
            joined.append([start, end, prot])
    return joined


def natively(programs: list[Program]) -> list[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long

    def call(name: str, args: list[int]) -> int:
        value = int(libc.syscall(ctypes.c_long(NUMBERS[name]), *(ctypes.c_ulong(arg) for arg in args)))
        return -ctypes.get_errno() if value == -1 else value

    def maps() -> list[tuple[int, int, str]]:
        found = []
        with open("/proc/self/maps") as lines:
            for line in lines:
                where, prot = line.split()[:2]
                start, end = (int(part, 16) for part in where.split("-"))
                if BASE <= start < END:
                    found.append((start, end, prot[:3]))
        return found

    def run_all() -> str:
        answers = []
        for program in programs:
            answers.append(run_calls(program, call, maps))
            call("munmap", [BASE, END - BASE])
        return json.dumps(answers)

    answers: list[str] = json.loads(in_child(run_all))
    return answers


def here(k: Kernel, program: Program) -> str:
    def call(name: str, args: list[int]) -> int:
        made = run_stub(k, NUMBERS[name], args).call
        assert made is not None
        assert made.ret is not None
        return made.ret

    def maps() -> list[tuple[int, int, str]]:
        found = []
        for vma in k.shell_task.mm.vmas:
            if BASE <= vma.start < END:
                letters = "".join(c if vma.prot & bit else "-" for c, bit in zip("rwx", (1, 2, 4), strict=True))
                found.append((vma.start, vma.end, letters))
        return found

    text = run_calls(program, call, maps)
    k.shell_task.mm.unmap(BASE, END - BASE)
    return text


def compare(k: Kernel, programs: list[Program]) -> None:
    differences = []
    for program, linux in zip(programs, natively(programs), strict=True):
        ours = here(k, program)
        if linux != ours:
            lines = [f"{name}({', '.join(map(hex, args))})" for name, args in program]
            differences.append("\n".join([*lines, f"Linux {linux}", f"here  {ours}"]))
    assert not differences, f"{len(differences)} of {len(programs)}\n" + "\n\n".join(differences[:8])


def test_calls_written_by_hand_answer_what_linux_answers() -> None:
    compare(boot("course"), BY_HAND)


def test_calls_at_random_answer_what_linux_answers() -> None:
    compare(boot("course"), [at_random(seed) for seed in range(150)])


def test_a_place_chosen_by_the_kernel_is_the_highest_gap_that_fits() -> None:
    k = boot("course")
    first = k.shell_task.mm
    sizes = [1, PAGE, 3 * PAGE, 2 * PAGE]
    places = [run_stub(k, 9, [0, size, R, PA, -1, 0]).call for size in sizes]
    starts = [call.ret for call in places if call is not None and call.ret is not None]
    assert [a - b for a, b in pairwise(starts)] == [PAGE, 3 * PAGE, 2 * PAGE]
    assert first.unmap(starts[2], 3 * PAGE) == 0
    again = run_stub(k, 9, [0, 3 * PAGE, R, PA, -1, 0]).call
    assert again is not None
    assert again.ret == starts[2]


def test_a_file_is_mapped_as_far_out_as_linux_maps_it() -> None:
    # Name of the file here; what is opened natively, where a file of tmpfs ends as far out as kshell's do.
    files: list[tuple[bytes, Callable[[], int]]] = [
        (b"/etc/hostname", lambda: os.memfd_create("file")),
        (b"/dev/zero", lambda: os.open("/dev/zero", os.O_RDWR)),
        (b"/tmp", lambda: os.open("/tmp", os.O_RDONLY)),
    ]
    offsets = [0, (1 << 63) - 2 * PAGE, (1 << 63) - PAGE, 1 << 63, (1 << 64) - PAGE]
    calls = [
        [where, size, R, flags, offset]
        for offset in offsets
        for where, size, flags in [
            (at(0), 1, PRIVATE | FIXED),
            (at(0), 2 * PAGE, PRIVATE | FIXED),
            (at(0), PAGE, FIXED),
            (at(0), PAGE, FIXED | 3 | 1 << 24),
            (at(0, 1), PAGE, PRIVATE | FIXED),
            (1 << 47, PAGE, PRIVATE | FIXED),
        ]
    ]
    k = boot("course")
    for name, open_natively in files:

        def linux(open_natively: Callable[[], int] = open_natively) -> str:
            libc = ctypes.CDLL(None, use_errno=True)
            libc.syscall.restype = ctypes.c_long
            fd, found = open_natively(), []
            for *rest, offset in calls:
                value = int(libc.syscall(ctypes.c_long(9), *map(ctypes.c_ulong, (*rest, fd | 7 << 32, offset))))
                found.append(-ctypes.get_errno() if value == -1 else value)
            return json.dumps(found)

        opened = run_stub(k, 2, [name, 0, 0]).call
        assert opened is not None
        assert opened.ret is not None
        ours = []
        for *rest, offset in calls:
            made = run_stub(k, 9, [*rest, opened.ret | 7 << 32, offset]).call
            assert made is not None
            ours.append(made.ret)
        assert json.loads(in_child(linux)) == ours, name
