"""A source as the two ends of the compiler would leave it, made by hand: a Unit and its Code."""

from __future__ import annotations

from kshell.cc.code import ABS32S, REL32, BugEntry, Code, Fixup, PlacedFunction
from kshell.cc.tree import Variable
from kshell.cc.tree_unit import Datum, Function, Pointed, Unit
from kshell.cc.types import (
    CONST_CHAR_POINTER,
    INT,
    LONG,
    VOID_POINTER,
    ArrayType,
    FunctionType,
    Pointer,
    StructType,
)

SOURCE = """\
from kshell.linux import *

STUB_test_call: Stub[[int]] = extern("STUB_test_call")
count: Int = 7
zeros: Array[Long] = Array(Long, 5)


def my_test_call(k: Kernel, test: int) -> Long:
    twice: Long = test
    k.printk(KERN_NOTICE, f"n is {test}")
    return twice


def hello_init(k: Kernel) -> int:
    BUG_ON(k)
    k[STUB_test_call] = my_test_call
    return 0
"""

TEST_CALL = bytes.fromhex("55 4889e5 4883ec10 897dfc 486345fc 488945f0 8b75fc 48c7c700000000 31c0 e800000000")
TEST_CALL += bytes.fromhex("488b45f0 c9 c3")
INIT = bytes.fromhex("55 4889e5 0f0b 48c7c000000000 4889042500000000 31c0 5d c3")
TEXT = TEST_CALL + INIT
AT_INIT = len(TEST_CALL)

node = StructType("node")
node.lay_out([("value", INT), ("next", Pointer(node)), ("name", CONST_CHAR_POINTER)])
metadata = StructType("syscall_metadata")
metadata.lay_out(
    [("name", CONST_CHAR_POINTER), ("nr", INT), ("nb_args", INT), ("types", VOID_POINTER), ("args", VOID_POINTER)]
)

test, twice = Variable("test", INT, 8), Variable("twice", LONG, 9)
made = Variable("made", LONG, 9, made=True)
my_test_call = Function("my_test_call", FunctionType(LONG, (INT,)), [test, twice, made], [], False, 8, 11)
hello_init = Function("hello_init", FunctionType(INT, ()), [], [], True, 14, 17)

UNIT = Unit(
    name="hello",
    path="hello.py",
    text=SOURCE,
    functions=[my_test_call, hello_init],
    data=[
        Datum("count", INT, b"\7\0\0\0", [], False, ".data", 4),
        Datum("zeros", ArrayType(LONG, 5), b"", [], True, ".bss", 5),
        Datum("first", node, bytes(24), [Pointed(8, "first"), Pointed(16, "text")], True, ".data", 5),
        Datum("text", ArrayType(CONST_CHAR_POINTER.target, 4), b"abc\0", [], True, ".rodata", 5),
        Datum(
            "__meta", metadata, bytes(8) + b"\xff" * 4 + bytes(20), [Pointed(0, "text")], True, "__syscalls_metadata", 8
        ),
    ],
    modinfo=[("license", "GPL"), ("author", "A student"), ("kshell_range", "count:0:9")],
    exports=[("my_test_call", False), ("count", True)],
    aliases=[("init_module", "hello_init")],
    structs=[node],
)
CODE = Code(
    text=TEXT,
    fixups=[
        Fixup(TEST_CALL.index(b"\x48\xc7\xc7") + 3, "", ABS32S, 0),
        Fixup(TEST_CALL.index(b"\xe8") + 1, "_printk", REL32),
        Fixup(AT_INIT + INIT.index(b"\x48\xc7\xc0") + 3, "my_test_call", ABS32S),
        Fixup(AT_INIT + INIT.index(b"\x04\x25") + 2, "STUB_test_call", ABS32S),
    ],
    functions=[
        PlacedFunction(my_test_call, 0, AT_INIT, {test: -4, twice: -16, made: -24}),
        PlacedFunction(hello_init, AT_INIT, len(INIT), {}),
    ],
    strings=b"\x015n is %d\n\0",
    lines=[
        (0, 8),
        (11, 9),
        (19, 10),
        (36, 11),
        (AT_INIT, 14),
        (AT_INIT + 4, 15),
        (AT_INIT + 6, 16),
        (AT_INIT + 21, 17),
    ],
    bugs=[BugEntry(AT_INIT + 4, 15, False)],
)
