"""Units compiled by gcc from their printed C, and run in a child, since what they do may kill it."""

from __future__ import annotations

import ctypes
import os
import pickle
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from kshell.cc.back.printed import printed
from kshell.cc.tree_unit import Function, Unit
from kshell.cc.types import ArrayType, IntType, Pointer, StructType, Type, size_of

IS_THERE = sys.platform == "linux" and platform.machine() == "x86_64" and shutil.which("gcc") is not None
FLAGS = ("-std=gnu11", "-fwrapv", "-fno-strict-aliasing", "-w", "-shared", "-fPIC")
SECONDS = 20
C_TYPES = {
    (1, True): ctypes.c_int8,
    (2, True): ctypes.c_int16,
    (4, True): ctypes.c_int32,
    (8, True): ctypes.c_int64,
    (1, False): ctypes.c_uint8,
    (2, False): ctypes.c_uint16,
    (4, False): ctypes.c_uint32,
    (8, False): ctypes.c_uint64,
}
# The result of a call, and the bytes of each variable after it.
Outcome = tuple[int, dict[str, bytes]]


def compile_units(units: list[Unit], folder: Path, level: str = "-O1") -> Path:
    """One shared object with all of them; nothing in it is static, so that it can be found by name."""
    source, built = folder / "units.c", folder / "units.so"
    source.write_text("\n".join(printed(opened(unit)) for unit in units))
    done = subprocess.run(["gcc", level, *FLAGS, "-o", built, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    return built


def opened(unit: Unit) -> Unit:
    """A unit without static things."""
    functions = [each._replace(is_static=False) for each in unit.functions]
    return unit._replace(functions=functions, data=[each._replace(is_static=False) for each in unit.data])


def run(built: Path, calls: list[tuple[Unit, Function, list[int]]]) -> list[Outcome]:
    """The outcomes of the calls, each from the initial values of the unit's variables; shorter where the child died."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            signal.alarm(SECONDS)
            _answer(built, calls, writer)
        finally:
            os._exit(0)
    os.close(writer)
    outcomes: list[Outcome] = []
    with os.fdopen(reader, "rb") as answers:
        while True:
            try:
                outcomes.append(pickle.load(answers))
            except (EOFError, pickle.UnpicklingError):
                break
    os.waitpid(child, 0)
    return outcomes


def _answer(built: Path, calls: list[tuple[Unit, Function, list[int]]], writer: int) -> None:
    library = ctypes.CDLL(str(built))
    kept: dict[str, bytes] = {}
    with os.fdopen(writer, "wb") as out:
        for unit, function, arguments in calls:
            pickle.dump(_call(library, kept, unit, function, arguments), out)
            out.flush()


def _call(
    library: ctypes.CDLL, kept: dict[str, bytes], unit: Unit, function: Function, arguments: list[int]
) -> Outcome:
    places = {}
    for datum in unit.data:
        size = size_of(datum.type)
        place = ctypes.addressof((ctypes.c_char * size).in_dll(library, datum.name))
        if datum.section != ".rodata":
            initial = kept.setdefault(datum.name, ctypes.string_at(place, size))
            ctypes.memmove(place, initial, size)
        places[datum.name] = (place, size)
    called = library[function.name]
    called.restype = c_type(function.type.result)
    called.argtypes = [c_type(each) for each in function.type.parameters]
    result = int(called(*arguments))
    return result, {name: ctypes.string_at(*place) for name, place in places.items()}


def c_type(kind: Type) -> type:
    """What ctypes calls an integer type."""
    assert isinstance(kind, IntType)
    return ctypes.c_bool if kind.is_bool else C_TYPES[kind.size, kind.signed]


def seen(kind: Type, data: bytes) -> bytes:
    """The bytes of a value that can be compared: 0 for addresses and for what lies between members."""
    if isinstance(kind, IntType):
        return data
    if isinstance(kind, Pointer):
        return bytes(8)
    if isinstance(kind, ArrayType):
        step = size_of(kind.element)
        return b"".join(seen(kind.element, data[at : at + step]) for at in range(0, len(data), step))
    assert isinstance(kind, StructType)
    shown = bytearray(len(data))
    for field in kind.fields.values():
        end = field.offset + size_of(field.type)
        part = seen(field.type, data[field.offset : end])
        shown[field.offset : end] = bytes(a | b for a, b in zip(shown[field.offset : end], part, strict=True))
    return bytes(shown)
