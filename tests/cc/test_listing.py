"""The instructions of an object are listed with their lines, and with names where the linker will put addresses."""

from __future__ import annotations

from pathlib import Path

from kshell.cc.code import ABS64, Code
from kshell.cc.listing import list_code
from kshell.cc.object import make_object
from tests.abi.compiled import compiled_by_gcc
from tests.cc.hand_made import AT_INIT, CODE, TEXT, UNIT

LISTED = list_code(make_object(UNIT, CODE))
AT = {each.offset: each for each in LISTED}


def test_every_byte_is_listed_once() -> None:
    assert b"".join(each.code for each in LISTED) == TEXT
    assert [each.function for each in LISTED].index("hello_init") == [each.offset for each in LISTED].index(AT_INIT)


def test_each_instruction_has_its_line() -> None:
    assert (AT[0].text, AT[0].file, AT[0].line) == ("push rbp", "hello.py", 8)
    assert [each.line for each in LISTED] == sorted(each.line for each in LISTED)


def test_a_hole_has_the_name_of_what_goes_into_it() -> None:
    assert [(each.text, each.wanted) for each in LISTED if each.wanted] == [
        ('mov rdi, "\\0015n is %d\\n"', '"\\0015n is %d\\n"'),
        ("call _printk", "_printk"),
        ("mov rax, my_test_call", "my_test_call"),
        ("mov qword ptr [STUB_test_call], rax", "STUB_test_call"),
    ]
    call = AT[31]
    assert call.code == b"\xe8\0\0\0\0"


def test_a_hole_of_eight_bytes_and_one_beside_a_symbol_are_named_too() -> None:
    text = b"\x48\xb8" + bytes(8) + b"\xc3"  # movabs rax, ...; ret
    placed = CODE.functions[0]._replace(offset=0, size=len(text))
    fixup = CODE.fixups[0]._replace(offset=2, symbol="count", kind=ABS64, addend=4)
    unit = UNIT._replace(exports=[], aliases=[], functions=UNIT.functions[:1])
    listed = list_code(make_object(unit, Code(text, [fixup], [placed], b"", [], [])))
    assert [(each.text, each.line) for each in listed] == [("movabs rax, count+0x4", 0), ("ret", 0)]


def test_code_of_gcc_is_listed_with_names_of_its_own_variables(tmp_path: Path) -> None:
    source = """\
int printk(const char *fmt, ...);
static int many[4] = {1, 2, 3, 4};
int last(int n)
{
    many[2] += n;
    printk("%d of \\"all\\"", many[3]);
    return many[1];
}
"""
    listed = list_code(compiled_by_gcc(tmp_path, source))
    wanted = {each.wanted for each in listed if each.wanted}
    assert wanted == {"many+0x8", "many+0xc", "many+0x4", "printk", '"%d of \\"all\\""'}
    assert any(each.text.startswith("add dword ptr [rip + many+0x8], ") and each.line == 5 for each in listed)
    assert {each.function for each in listed} == {"last"}
