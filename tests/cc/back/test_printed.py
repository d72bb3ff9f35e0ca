"""A unit written as C: text that gcc takes without a word, and that a person can read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kshell.cc.back.printed import printed
from kshell.cc.back.printed_values import literal, number_text
from kshell.cc.tree import Binary, Call, Global, Local, Number, Text, Variable
from kshell.cc.tree_unit import Bug, Datum, Evaluate, Function, Pointed, Return, Statement, Unit
from kshell.cc.types import (
    BOOL,
    CHAR,
    CONST_CHAR_POINTER,
    INT,
    LONG,
    SHORT,
    UINT,
    ULONG,
    VOID,
    ArrayType,
    FunctionType,
    IntType,
    Pointer,
    StructType,
)
from tests.cc.back import gcc


def test_numbers_have_the_type_that_they_are_of() -> None:
    cases: list[tuple[int, IntType, str]] = [
        (5, INT, "5"),
        (-5, INT, "(-5)"),
        (-(1 << 31), INT, "(-2147483647 - 1)"),
        (-(1 << 63), LONG, "(-9223372036854775807L - 1)"),
        (7, UINT, "7U"),
        ((1 << 64) - 1, ULONG, "18446744073709551615UL"),
        (-2, CHAR, "((char)(-2))"),
    ]
    assert [number_text(value, kind) for value, kind, _ in cases] == [text for _, _, text in cases]
    assert number_text(0, Pointer(INT)) == "((int *)0x0UL)"


def test_a_literal_spells_every_byte() -> None:
    assert literal(b'\0015say "hi"?\n\xff') == r'"\0015say \042hi\042\077\012\377"'


def example() -> Unit:
    """Data of every kind, names that are C's words, an alias, a call of each kind."""
    struct = StructType("entry")
    struct.lay_out([("nr", SHORT), ("next", Pointer(struct)), ("name", ArrayType(CHAR, 2)), ("on", BOOL)])
    data = bytes([3, 0, 0, 0, 0, 0, 0, 0]) + bytes(8) + b"hi\1" + bytes(5)
    register, local = Variable("register", INT, 1), Variable("count", INT, 2)
    printk = FunctionType(INT, (CONST_CHAR_POINTER,), True)
    number = FunctionType(INT, ())
    twice = Binary("-", Call("next_number", (), number, 3), Call("next_number", (), number, 3), INT)
    said = Call("printk", (Text(b"%d", CONST_CHAR_POINTER), Local(register), twice), printk, 3)
    body: list[Statement] = [Evaluate(said, 3), Bug(4, True), Return(Global("count", INT), 5)]
    functions = [
        Function("run", FunctionType(INT, (INT,)), [register, local], body, False, 1, 5),
        Function("hello_init", number, [], [Return(Number(0, INT), 7)], True, 6, 7),
        Function("stop", FunctionType(VOID, ()), [], [Bug(9)], False, 8, 9),
    ]
    variables = [
        Datum("head", struct, data, [Pointed(8, "head")], False, ".data", 1),
        Datum("count", INT, b"", [], False, ".bss", 1),
        Datum("STUB", Pointer(FunctionType(INT, (INT,))), bytes(8), [Pointed(0, "run")], False, ".data", 1),
        Datum("numbers", ArrayType(INT, 2), b"\1\0\0\0\xff\xff\xff\xff", [], False, "__numbers", 1),
    ]
    return Unit("x", "x.py", "", functions, variables, [], [], [("init_module", "hello_init")], [struct])


def test_the_text_reads_as_c() -> None:
    text = printed(example())
    for line in [
        "struct entry {\n\tshort nr;\n\tstruct entry *next;\n\tchar name[2];\n\tbool on;\n};",
        "extern int printk(const char *, ...);",
        "int (*STUB)(int) = (int (*)(int))((char *)&run + 0);",
        "int run(int register_)\n{\n\tint count_;\n",
        'int init_module(void) __attribute__((alias("hello_init")));',
        ".next = (struct entry *)((char *)&head + 0), .name = { ((char)104), ((char)105) }, .on = ((bool)1) };",
        'int numbers[2] __attribute__((section("__numbers"), used)) = { 1, (-1) };',
        '\t__asm__ volatile("ud2");\n\treturn count;\n',
        "({ int t4_ = (next_number()); int t5_ = (next_number()); (t4_ - t5_); })",
    ]:
        assert line in text


@pytest.mark.skipif(not gcc.IS_THERE, reason="no gcc for x86-64 Linux")
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_gcc_takes_it_without_a_warning(level: str, tmp_path: Path) -> None:
    source = tmp_path / "x.c"
    source.write_text(printed(example()))
    flags = ["-std=gnu11", level, "-fwrapv", "-fno-strict-aliasing", "-Wall", "-Wno-unused-variable", "-Werror"]
    done = subprocess.run(["gcc", *flags, "-c", "-o", tmp_path / "x.o", source], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
