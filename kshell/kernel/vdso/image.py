"""The vDSO of a release: the file that is mapped into every program, and where the functions are in it.

C counterpart: what the linker makes of arch/x86/entry/vdso/ by vdso.lds.S, struct vdso_image.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from kshell.abi.elf import STB_WEAK
from kshell.kernel.vdso.data import CODE_PAGES, layout_of
from kshell.kernel.vdso.functions import Line, functions
from kshell.kernel.vdso.shared_object import Function, shared_object
from kshell.machine.ram import PAGE_SIZE

SONAME, VERSION = "linux-vdso.so.1", "LINUX_2.6"
TEXT = 0x780  # where the code begins in the file
ALIGN = 16
ELF_NOTE_LINUX = struct.pack("<III", 6, 4, 0) + b"Linux\0\0\0"


class Image(NamedTuple):
    """`data` is CODE_PAGES long; `functions` are in it, with offsets from its start, each under its two names."""

    data: bytes
    functions: list[Function]


@cache
def vdso_image(version: tuple[int, int]) -> Image:
    """That of a release."""
    code = functions(version)
    placed = _place(code)
    named = [each for name, (at, size) in placed.items() for each in _names(name, at, size)]
    text = _text(code, placed, layout_of(version).labels)
    note = ELF_NOTE_LINUX + struct.pack("<I", version[0] << 16 | version[1] << 8)
    file = shared_object(SONAME, VERSION, named, text, TEXT, note)
    return Image(file.ljust(CODE_PAGES * PAGE_SIZE, b"\0"), named)


def _names(name: str, at: int, size: int) -> tuple[Function, Function]:
    """The weak one is for who links a program with the file."""
    return Function(f"__vdso_{name}", at, size), Function(name, at, size, STB_WEAK)


def _size(line: Line) -> int:
    return sum(1 if len(token) == 2 else 4 for token in line[1].split())


def _place(code: dict[str, Sequence[Line]]) -> dict[str, tuple[int, int]]:
    """Where each function begins, and how long it is."""
    placed, at = {}, TEXT
    for name, lines in code.items():
        size = sum(map(_size, lines))
        placed[name] = at, size
        at = -(-(at + size) // ALIGN) * ALIGN
    return placed


def _text(code: dict[str, Sequence[Line]], placed: dict[str, tuple[int, int]], data: dict[str, int]) -> bytes:
    """The bytes; `data` is where the labels are that are not in the code."""
    labels = dict(data)
    for name, lines in code.items():
        at = placed[name][0]
        for line in lines:
            if line[0].endswith(":"):
                labels[line[0][:-1]] = at
            at += _size(line)
    text = b""
    for name, lines in code.items():
        text = text.ljust(placed[name][0] - TEXT, b"\xcc")
        for token in (token for line in lines for token in line[1].split()):
            if len(token) == 2:
                text += bytes.fromhex(token)
            else:
                text += (labels[token] - TEXT - len(text) - 4).to_bytes(4, "little", signed=True)
    return text
