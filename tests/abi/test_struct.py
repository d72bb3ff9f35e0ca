"""Structures in memory: the layout is gcc's, and a field is what lies at its place."""

from __future__ import annotations

import struct
import types
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kshell.abi import c_types
from kshell.abi.c_types import Char, Int, UInt, ULong
from kshell.abi.cred import cred
from kshell.abi.list_head import list_head
from kshell.abi.struct import Array, Ptr, Struct, Union, Void, image, offset_of, size_of
from kshell.abi.task_struct import task_struct
from kshell.cc.c_words import INCLUDE
from kshell.kernel.boot.start import boot
from kshell.kernel.core.memory import KernelFault
from tests.abi.compiled import compiled_by_gcc

IN_C = {"Char": "char", "Int": "int", "UInt": "unsigned", "Long": "long", "ULong": "unsigned long", "ModeT": "short"}


class pair(Struct):
    """Two that share their place, and what lies behind."""

    letter: Char
    word: ULong


class either(Union):
    """One or the other."""

    small: Char
    large: ULong
    both: pair


class holder(Struct):
    """One of each kind of field."""

    first: Char
    inner: pair
    next: Ptr[holder]
    raw: Ptr[Void]
    number: Int
    name: Array[Char] = Array(Char, 5)
    numbers: Array[UInt] = Array(UInt, 3)
    one: either


@pytest.fixture(scope="module")
def memory() -> Any:
    return boot().memory


def longs(folder: Path, declarations: str, values: list[str], *more: str) -> list[int]:
    """What gcc makes of constant expressions."""
    text = f"{declarations}\nconst unsigned long found[] = {{ {', '.join(values)} }};\n"
    found = compiled_by_gcc(folder, text, *more)
    data = next(each for each in found.sections if each.name == ".rodata").data
    return list(struct.unpack(f"<{len(values)}Q", data))


def places(kind: type[Struct]) -> list[int]:
    return [kind.SIZE, *(field.offset for field in kind.FIELDS.values())]


def asked(tag: str, kind: type[Struct]) -> list[str]:
    return [f"sizeof({tag})", *(f"__builtin_offsetof({tag}, {name})" for name in kind.FIELDS)]


def test_random_structs_lie_as_gcc_lays_them_out(tmp_path: Path) -> None:
    draw = Random(7)
    module = types.ModuleType("random_structs")
    vars(module).update({name: getattr(c_types, name) for name in IN_C}, Struct=Struct, Union=Union)
    text, kinds = [], list[tuple[str, type[Struct]]]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "random_structs", module)
        for number in range(60):
            tag, union = f"s{number}", draw.random() < 0.2
            hints: dict[str, str] = {}
            body: dict[str, Any] = {"__module__": "random_structs", "__annotations__": hints}
            fields = []
            for at in range(draw.randrange(1, 8)):
                name, form = (
                    f"f{at}",
                    draw.choice(("plain", "plain", "array", "pointer", "inner" if kinds else "plain")),
                )
                spelling = draw.choice(list(IN_C))
                if form == "inner":
                    inner, kind = draw.choice(kinds)
                    hints[name], found = kind.__name__, f"{inner} {name}"
                elif form == "pointer":
                    hints[name], found = f"Ptr[{tag}]", f"void *{name}"
                elif form == "array":
                    length = draw.randrange(1, 6)
                    body[name] = Array(getattr(c_types, spelling), length)
                    hints[name], found = f"Array[{spelling}]", f"{IN_C[spelling]} {name}[{length}]"
                else:
                    hints[name], found = spelling, f"{IN_C[spelling]} {name}"
                fields.append(f"{found};")
            word = "union" if union else "struct"
            text.append(f"{word} {tag} {{ {' '.join(fields)} }};")
            made = type(tag, (Union if union else Struct,), body)
            setattr(module, tag, made)
            kinds.append((f"{word} {tag}", made))
        wanted = [each for tag, kind in kinds for each in asked(tag, kind)]
        assert longs(tmp_path, "\n".join(text), wanted) == [each for _, kind in kinds for each in places(kind)]


@pytest.mark.parametrize("version", [(4, 19), (6, 19)])
def test_the_headers_in_c_and_the_declarations_have_one_layout(tmp_path: Path, version: tuple[int, int]) -> None:
    wanted = [each for kind in (task_struct, cred, list_head) for each in asked(f"struct {kind.__name__}", kind)]
    if version >= (5, 14):
        wanted = [each.replace(", state)", ", __state)") for each in wanted]
    release = f"-DLINUX_VERSION_CODE={(version[0] << 16) + (version[1] << 8)}"
    declarations = "#include <linux/sched.h>\n#include <linux/cred.h>"
    found = longs(tmp_path, declarations, wanted, f"-I{INCLUDE}", "-D__KERNEL__", release)
    assert found == [each for kind in (task_struct, cred, list_head) for each in places(kind)]


def test_a_field_is_loaded_from_its_place_and_stored_there(memory: Any) -> None:
    at = memory.static(holder.SIZE)
    one = holder(memory, at)
    one.number = -7
    assert memory.read(at + offset_of(holder, "number"), 4) == b"\xf9\xff\xff\xff"
    assert one.number == -7
    one.inner.word = 1 << 64
    assert one.inner.word == 0
    memory.write(at + offset_of(holder, "inner.letter"), b"\x80")
    assert one.inner.letter == -128
    one.one.large = 0x1FF
    assert one.one.small == -1
    assert one.one.both.letter == -1


def test_a_pointer_is_followed_and_one_to_no_struct_is_an_address(memory: Any) -> None:
    one, other = (holder(memory, memory.static(holder.SIZE)) for _ in range(2))
    assert not one.next
    one.next = other
    other.number = 5
    assert one.next == other
    assert one.next.number == 5
    one.raw = 0x1234
    assert one.raw == 0x1234


def test_null_faults_at_the_field_s_own_offset(memory: Any) -> None:
    with pytest.raises(KernelFault) as caught:
        assert holder(memory, 0).number
    assert caught.value.address == offset_of(holder, "number")
    with pytest.raises(KernelFault) as caught:
        holder(memory, 0).next.number = 1
    assert caught.value.address == offset_of(holder, "next")


def test_an_array_has_elements_and_one_of_characters_is_a_text(memory: Any) -> None:
    one = holder(memory, memory.static(holder.SIZE))
    one.numbers[2] = -1
    assert list(one.numbers) == [0, 0, 0xFFFF_FFFF]
    with pytest.raises(IndexError):
        assert one.numbers[3]
    one.name.set_text("too long")
    assert str(one.name) == "too "
    one.name.set_text("a")
    assert memory.read(one.name.address, 5) == b"a\0\0\0\0"
    memory.write(one.name.address, b"\xff\0bcd")
    assert str(one.name) == "\udcff"


def test_a_field_that_is_not_aligned_is_read_across_cells(memory: Any) -> None:
    at = memory.static(64)
    memory.write(at, bytes(range(64)))
    assert pair(memory, at + 5).word == int.from_bytes(bytes(range(13, 21)), "little")
    assert holder(memory, at + 6).number == int.from_bytes(bytes(range(46, 50)), "little")


def test_the_bytes_of_a_struct_can_be_made_at_once() -> None:
    assert image(pair, {"letter": -1, "word": 2}) == b"\xff" + bytes(7) + b"\2" + bytes(7)
    assert size_of(holder.FIELDS["numbers"].kind) == 12
