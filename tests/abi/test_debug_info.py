"""Lines and variables of objects, of ours and of those that a C compiler made."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kshell.abi.debug_info import LineRow, LineTable, read_lines
from kshell.abi.debug_variables import DebugFunction, Place, read_variables
from kshell.abi.elf import ElfObject
from kshell.cc.object import make_object
from tests.abi.compiled import compiled_by_gcc
from tests.cc.hand_made import AT_INIT, CODE, TEXT, UNIT

OURS = make_object(UNIT, CODE)

C_SOURCE = """\
typedef unsigned long count_t;
struct pair { int a; const struct pair *next; char name[8]; };
union word { int number; unsigned char bytes[4]; };
int printk(const char *fmt, ...);
int grid[3][4];
long (*handler)(int, const char *);
const char *const names[2];

int add(int x, struct pair *p, _Bool yes, union word *w)
{
    count_t total = x;
    char buf[16];
    for (int i = 0; i < x; i++) {
        volatile short square = i * i;
        total += square;
        printk(buf, total);
    }
    return total + handler(x, buf);
}
"""


def function(obj: ElfObject, name: str) -> DebugFunction:
    (found,) = [each for each in read_variables(obj).functions if each.name == name]
    return found


def test_each_address_of_our_code_has_its_line() -> None:
    lines = read_lines(OURS)
    assert lines.at(0) == LineRow(0, 11, "hello.py", 8)
    assert lines.at(12) == LineRow(11, 19, "hello.py", 9)
    last = lines.at(len(TEXT) - 1)
    assert last is not None
    assert last.line == 17
    assert lines.at(len(TEXT)) is None
    assert lines.at(-1) is None


def test_a_line_knows_where_its_code_is() -> None:
    lines = read_lines(OURS)
    assert lines.ranges(10) == [(19, 36)]
    assert lines.ranges(10, "hello.py") == [(19, 36)]
    assert lines.ranges(10, "other.py") == []
    assert lines.ranges(12) == []
    assert LineTable([LineRow(0, 4, "d/a.c", 1), LineRow(4, 8, "d/a.c", 1)]).ranges(1, "a.c") == [(0, 8)]


def test_the_body_of_a_function_begins_at_its_second_row() -> None:
    lines = read_lines(OURS)
    assert lines.body(0, AT_INIT) == 11
    assert lines.body(AT_INIT, len(TEXT)) == AT_INIT + 4
    assert lines.body(0, 5) == 0


def test_lines_go_with_the_text_to_where_it_is_loaded() -> None:
    lines = read_lines(OURS, {0: 0xFFFF_FFFF_C000_0000})
    assert lines.at(0xFFFF_FFFF_C000_000B) == LineRow(0xFFFF_FFFF_C000_000B, 0xFFFF_FFFF_C000_0013, "hello.py", 9)


def test_our_variables_are_counted_from_rbp() -> None:
    found = function(OURS, "my_test_call")
    assert (found.start, found.end, found.file, found.line, found.result.text) == (0, AT_INIT, "hello.py", 8, "long")
    shown = [(each.name, each.type.text, each.is_parameter, each.at(20)) for each in found.variables]
    assert shown == [
        ("test", "int", True, Place("memory", "rbp", -4)),
        ("twice", "long", False, Place("memory", "rbp", -16)),
    ]


def test_variables_of_a_file_have_an_address_and_a_type() -> None:
    data = next(at for at, each in enumerate(OURS.sections) if each.name == ".data")
    known = read_variables(OURS, {data: 0x5000})
    by_name = {each.name: each for each in known.variables}
    first = by_name["first"]
    assert first.at(0) == Place("address", "", 0x5008)
    assert [(name, at, kind.text) for name, at, kind in first.type.fields] == [
        *(("value", 0, "int"), ("next", 8, "struct node *"), ("name", 16, "const char *"))
    ]
    following = first.type.fields[1][2].target
    assert following is not None
    assert following.fields == first.type.fields
    assert (by_name["zeros"].type.length, by_name["zeros"].type.size) == (5, 40)
    assert [each.name for each in known.functions] == ["my_test_call", "hello_init"]
    assert known.function_at(AT_INIT) == known.functions[1]


@pytest.mark.parametrize("version", ["-gdwarf-4", "-gdwarf-5"])
def test_an_object_of_gcc_has_lines_and_variables(version: str, tmp_path: Path) -> None:
    obj = compiled_by_gcc(tmp_path, C_SOURCE, version)
    lines = read_lines(obj)
    assert {row.line for row in lines.rows} >= {10, 11, 13, 15, 16, 18}
    assert {row.file for row in lines.rows} == {"a.c"}
    found = function(obj, "add")
    assert (found.file, found.line, found.result.text, found.result.size) == ("a.c", 9, "int", 4)
    by_name = {each.name: each for each in found.variables}
    assert {name: each.type.text for name, each in by_name.items()} == {
        "x": "int",
        "p": "struct pair *",
        "yes": "_Bool",
        "w": "union word *",
        "total": "count_t",
        "buf": "char [16]",
        "i": "int",
        "square": "volatile short int",
    }
    assert [each.is_parameter for each in found.variables[:5]] == [True] * 4 + [False]
    assert by_name["x"].at(found.start) == Place("register", "rdi", 0)
    buffer = by_name["buf"].at(found.start)
    assert buffer is not None
    assert (buffer.kind, buffer.register) == ("memory", "cfa")
    assert (by_name["total"].type.kind, by_name["total"].type.size, by_name["total"].type.signed) == ("base", 8, False)
    assert by_name["yes"].type.is_bool


def test_types_of_gcc_are_spelled_as_c_spells_them(tmp_path: Path) -> None:
    known = read_variables(compiled_by_gcc(tmp_path, C_SOURCE))
    assert {each.name: each.type.text for each in known.variables} == {
        "grid": "int [3][4]",
        "handler": "long int (*)(int, const char *)",
        "names": "const char *const [2]",
    }
    grid = known.variables[0].type
    assert (grid.length, grid.size) == (3, 48)
    assert grid.target is not None
    assert (grid.target.length, grid.target.size, grid.target.text) == (4, 16, "int [4]")
    pair = known.functions[0].variables[1].type.target
    assert pair is not None
    following = pair.fields[1][2].target
    assert following is not None
    assert (following.text, [name for name, _, _ in following.fields]) == ("const struct pair", ["a", "next", "name"])


def test_an_object_without_debugging_information_has_no_lines() -> None:
    bare = ElfObject([each for each in OURS.sections if not each.name.startswith(".debug")], OURS.symbols)
    assert read_lines(bare).rows == []
    assert read_variables(bare).functions == []


def test_damaged_information_is_as_none() -> None:
    chance, damaged = random.Random(3), 0
    for _ in range(100):
        sections = list(OURS.sections)
        at = chance.choice([place for place, each in enumerate(sections) if each.name.startswith(".debug")])
        data = bytearray(sections[at].data)
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.choice([0, 0xFF, 0x80, chance.randrange(256)])
        sections[at] = sections[at]._replace(data=bytes(data))
        obj = ElfObject(sections, OURS.symbols)
        damaged += not read_lines(obj).rows
        damaged += not read_variables(obj).functions
    assert damaged > 10


def test_entries_that_refer_back_to_themselves_come_to_an_end(tmp_path: Path) -> None:
    """DW_AT_sibling says where the next entry stands, and gcc writes it: pyelftools' own walk would go round."""
    obj = compiled_by_gcc(tmp_path, C_SOURCE)
    at = next(place for place, each in enumerate(obj.sections) if each.name == ".debug_info")
    for offset in range(11, len(obj.sections[at].data) - 4):
        data = bytearray(obj.sections[at].data)
        if data[offset + 1 : offset + 4] != bytes(3) or not data[offset]:
            continue
        data[offset] = 11  # a reference to the first entry
        sections = list(obj.sections)
        sections[at] = sections[at]._replace(data=bytes(data))
        read_variables(ElfObject(sections, obj.symbols))
