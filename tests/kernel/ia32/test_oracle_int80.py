"""`int 0x80` here and on the Linux underneath: the same arguments, the same answers."""

from __future__ import annotations

import ast
import os
import random
import struct

import pytest

from kshell.abi import ptregs
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import Buffer, load_program, run_stub
from kshell.kernel.entry.run import run_program
from kshell.kernel.task.binfmt import Segment
from tests.kernel.ia32.native import answers, int80, low_page

pytestmark = pytest.mark.skipif(not answers(), reason="this Linux has no int 0x80")

PATH = b"/dev/null"
HIGH = 0x7FFF_0000_0000
# The number, and the arguments: a number, bytes, or room.
CASES: list[tuple[int, tuple[int | bytes | Buffer, ...]]] = [
    *((nr, ()) for nr in (17, 222, 5000, 0xFFFF_FFFF, 0x7FFF_FFFF)),
    *((nr, ()) for nr in (24, 49, 199, 201)),  # getuid16, geteuid16, getuid, geteuid
    (4, (-1, 5, 3)),
    (4, (0xFFFF_FFFF, b"x", 1)),
    (6, (0x1_0000_03E7,)),
    (19, (-1, 0, 0)),
    (140, (-1, 0, 0, Buffer(8), 0)),
    (180, (-1, Buffer(8), 4, 0, -1)),
    (145, (-1, 5, 1)),
    (13, (5,)),
    (78, (5, 0)),
    (78, (0, 5)),
    (265, (99, Buffer(8))),
    (265, (0, 5)),
    (162, (b"\0\0\0\0\xff\xff\xff\xff", 0)),
    (162, (b"\xff\xff\xff\xff\0\0\0\0", 0)),
    (162, (b"\0\0\0\0\5\0\0\0", 0)),
    (162, (5, 0)),
    (90, (5,)),
    (90, (b"\0\0\0\0\0\x10\0\0\3\0\0\0\x22\0\0\0\xff\xff\xff\xff\5\0\0\0",)),
    (192, (0, 0, 3, 0x22, -1, 0)),
    (192, (0, 4096, 3, 2, 999, 0)),
    (59, (0,)),
    (59, (5,)),
    (109, (0,)),
    (116, (5,)),
    (122, (5,)),
    (106, (5, Buffer(64))),
    (106, (b"/nowhere", Buffer(64))),
    (106, (PATH, 5)),
    (195, (PATH, 5)),
    (195, (PATH, HIGH)),
    (106, (PATH, Buffer(64))),
    (195, (PATH, Buffer(96))),
    (300, (-100, PATH, Buffer(96), 0)),
    (300, (-100, PATH, Buffer(96), 0x4000_0000)),
    (63, (999, 999)),
    (330, (1, 1, 0)),
    (5, (b"/nowhere", 0, 0)),
    (295, (-1, b"x", 0, 0)),
    (355, (5, 8, 0)),
    (174, (10, 0, 0, 4)),
    (174, (65, 0, 0, 8)),
    (174, (9, bytes(20), 0, 8)),
    (174, (99, 5, 0, 8)),
    (174, (10, 0, 5, 8)),
    (174, (9, 0, Buffer(20), 8)),
    (175, (7, b"1234567", 0, 8)),
    (175, (0, 0, 0, 4)),
    (176, (Buffer(8), 9)),
    (176, (5, 8)),
    (178, (1, 10, bytes(127))),
    (178, (0x7FFF_FFFF, 10, b"\0" * 8 + b"\xff" * 4 + bytes(116))),
    (178, (1, 10, 5)),
    (186, (5, 0)),
    (186, (0, 5)),
    (186, (b"\0\0\0\0\7\0\0\0\0\x20\0\0", 0)),
    (186, (b"\0\0\0\0\0\0\0\0\1\0\0\0", 0)),
    (77, (5, Buffer(72))),
    (77, (0, 5)),
    (77, (0xFFFF_FFFF, Buffer(72))),
    (104, (1, b"\0" * 12 + b"\x40\x42\x0f\0", 0)),
    (104, (5, 0, 0)),
    (104, (1, 5, 0)),
    (105, (3, Buffer(16))),
    (105, (1, 5)),
    (177, (b"\0" * 7, 0, b"\0" * 7, 4)),
    (177, (5, 0, 0, 8)),
    (177, (b"\0" * 7, 0, 5, 8)),
    (177, (b"\0" * 7, 0, b"\0" * 7, 8)),
    (177, (b"\0" * 7, 0, b"\0\0\0\0\xff\xff\xff\xff", 8)),
    (179, (0, 4)),
    (179, (5, 8)),
    *((48, (signo, 0)) for signo in (0, 9, 19, 65, -1)),
    (67, (10, 5, 0)),
    (67, (9, bytes(15), 0)),
    (67, (65, 0, 5)),
    (67, (10, 0, 5)),
    (73, (5,)),
    (126, (7, b"\1\0\0", 0)),
    (126, (7, 0, 0)),
    (126, (0, 5, 0)),
    (126, (0, 0, 5)),
    (266, (99, 0)),
    (266, (1, 5)),
]


def natively(nr: int, args: tuple[int | bytes | Buffer, ...]) -> tuple[int, list[bytes]]:
    """The result, and what was left in the buffers."""
    page, base = low_page()
    at, buffers, values = 0, list[slice](), list[int]()
    page[:] = bytes(len(page))
    for arg in args:
        if isinstance(arg, int):
            values.append(arg)
            continue
        size = arg.size if isinstance(arg, Buffer) else len(arg) + 1
        if isinstance(arg, Buffer):
            buffers.append(slice(at, at + size))
        else:
            page[at : at + len(arg)] = arg
        values.append(base + at)
        at += size + 15 & ~15
    return int80(nr, *values), [page[each] for each in buffers]


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_calls_answer_what_linux_answers(release: str) -> None:
    k, differences = boot(release), []
    for nr, args in CASES:
        run = run_stub(k, nr, args, is_32=True)
        assert run.call is not None
        there, _ = natively(nr, args)
        if run.call.ret != there:
            differences.append((nr, args, run.call.ret, there))
    assert not differences


# Calls that can do no harm with what is drawn for them: descriptors that are not open, pointers that lead nowhere.
HARMLESS: tuple[int, ...] = (
    3,
    4,
    5,
    6,
    12,
    13,
    19,
    24,
    41,
    59,
    63,
    78,
    106,
    107,
    108,
    109,
    116,
    122,
    140,
    145,
    146,
    180,
    181,
    183,
)
HARMLESS += (195, 196, 197, 221, 265, 295, 300, 330, 355)
DRAWN = (-1, 999, 0x7_0000_03E7, 1000, 0x7FFF_FFFD_E000, 0xFFFD_E005, 0x8000_0000, 0xFFFF_FFFF_FFFF_F000)


def test_random_arguments_are_answered_as_linux_answers_them() -> None:
    k, rng, differences = boot("6.19"), random.Random(11), []
    for _ in range(600):
        nr, args = rng.choice(HARMLESS), tuple(rng.choice(DRAWN) for _ in range(6))
        run = run_stub(k, nr, args, is_32=True)
        assert run.call is not None
        there, _ = natively(nr, args)
        if run.call.ret != there:
            differences.append((nr, [hex(arg) for arg in args], run.call.ret, there))
    assert not differences


OLD_SIGNALS: list[tuple[int, tuple[int | bytes | Buffer, ...]]] = [
    (48, (10, 0x401000)),
    (48, (10, 1)),
    (67, (10, struct.pack("<4I", 0x401000, 0xFFFF_FFFF, 0x1400_0004, 0x402000), 0)),  # signal() sets no restorer
    (67, (10, 0, Buffer(16))),
    (67, (10, struct.pack("<4I", 1, 0x8000_0000, 0, 0), Buffer(16))),
    (174, (10, 0, Buffer(20), 8)),
    (126, (2, struct.pack("<I", 0xFFFF_FFFF), Buffer(4))),
    (175, (0, b"\0\0\0\0\1\0\0", Buffer(8), 8)),
    (126, (2, struct.pack("<I", 0x0000_2000), Buffer(4))),
    (175, (0, 0, Buffer(8), 8)),
    (27, (1,)),
    (177, (b"\0\x20" + bytes(5), 0, struct.pack("<ii", 3, 0), 8)),
    (126, (1, struct.pack("<I", 0x0000_2000), 5)),
    (126, (0, 0, Buffer(4))),
    (73, (Buffer(4),)),
    (48, (17, 0)),
]


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_the_old_signal_calls_answer_what_linux_answers_one_after_the_other(release: str) -> None:
    k = boot(release)
    ours = [run_stub(k, nr, args, is_32=True) for nr, args in OLD_SIGNALS]
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.write(writing, repr([natively(nr, args) for nr, args in OLD_SIGNALS]).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answers_there:
        there = ast.literal_eval(answers_there.read().decode())
    os.waitpid(child, 0)
    here = [(run.call.ret if run.call else None, [data for _, _, data in run.buffers]) for run in ours]
    assert here == there


@pytest.mark.parametrize(
    ("nr", "mode", "rdev"), [(106, slice(8, 10), slice(16, 20)), (195, slice(16, 20), slice(32, 40))]
)
def test_a_structure_has_its_fields_where_linux_has_them(nr: int, mode: slice, rdev: slice) -> None:
    size = Buffer(96)
    ours = run_stub(boot(), nr, (PATH, size), is_32=True).buffers[0][2]
    there = natively(nr, (PATH, size))[1][0]
    assert (ours[mode], ours[rdev]) == (there[mode], there[rdev])


@pytest.mark.parametrize(("nr", "args"), [(266, (1, Buffer(12))), (174, (12, 0, Buffer(24), 8)), (176, (Buffer(8), 8))])
def test_small_structures_are_those_of_linux(nr: int, args: tuple[int | Buffer, ...]) -> None:
    ours = run_stub(boot(), nr, args, is_32=True).buffers[0][2]
    assert ours == natively(nr, args)[1][0]


def test_the_registers_that_the_handler_pushes_come_back() -> None:
    k = boot()
    code = bytes.fromhex("49b8 1122334455667788 49b9 8877665544332211 49ba 01 00000000000000 49bb 0200000000000000")
    code += bytes.fromhex("b814000000 cd80 b83c000000 31ff 0f05")
    task = load_program(k, [Segment(0x401000, code, len(code), "r-x")], 0x401000, "p", ["p"])
    assert run_program(k, task).status == 0
    found = [task.regs[slot] for slot in (ptregs.R8, ptregs.R9, ptregs.R10)]
    assert found == [0x8877665544332211, 0x1122334455667788, 1]
