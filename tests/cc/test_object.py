"""Code and data of a unit become an ELF object with the sections that gcc and the kernel's macros would make."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.abi.elf import (
    R_X86_64_32S,
    R_X86_64_64,
    R_X86_64_PC32,
    R_X86_64_PLT32,
    SHT_NOBITS,
    STB_GLOBAL,
    STB_LOCAL,
    STT_FUNC,
    ElfObject,
    ElfSymbol,
    Section,
)
from kshell.abi.elf_reader import read_elf
from kshell.abi.elf_writer import write_elf
from kshell.abi.modinfo import THIS_MODULE_SECTION
from kshell.cc.code import Code
from kshell.cc.module_object import MODULE_INIT, MODULE_NAME, make_module
from kshell.cc.object import make_object
from tests.cc.hand_made import AT_INIT, CODE, INIT, TEXT, UNIT

OBJECT = make_object(UNIT, CODE)
MODULE = make_module(OBJECT, "hello", "4.19.1-course SMP mod_unload ", ["guest", "host"], False)


def section(name: str, obj: ElfObject = OBJECT) -> Section:
    found = obj.section(name)
    assert found is not None
    return found


def holes(name: str, obj: ElfObject = OBJECT) -> list[tuple[int, int, str, int]]:
    """The relocations of a section, with the names of what they want."""
    return [
        (each.offset, each.kind, obj.symbol_name(each.symbol), each.addend) for each in section(name, obj).relocations
    ]


def symbol(name: str, obj: ElfObject = OBJECT) -> ElfSymbol:
    (found,) = [each for each in obj.symbols if each.name == name]
    return found


def test_the_text_has_its_functions_and_the_holes_that_are_left() -> None:
    assert section(".text").data == TEXT
    init = symbol("hello_init")
    assert (init.value, init.size, init.type, init.binding) == (AT_INIT, len(INIT), STT_FUNC, STB_LOCAL)
    assert symbol("init_module") == init._replace(name="init_module", binding=STB_GLOBAL)
    assert symbol("my_test_call").binding == STB_GLOBAL
    assert holes(".text") == [
        (25, R_X86_64_32S, ".rodata.str1.1", 0),
        (32, R_X86_64_PLT32, "_printk", -4),
        (AT_INIT + 9, R_X86_64_32S, "my_test_call", 0),
        (AT_INIT + 17, R_X86_64_32S, "STUB_test_call", 0),
    ]
    assert symbol("_printk").section is None
    assert symbol("STUB_test_call").section is None


def test_variables_stand_in_their_sections() -> None:
    assert section(".data").data == b"\7\0\0\0" + bytes(28)
    assert (section(".bss").type, section(".bss").data, section(".bss").size) == (SHT_NOBITS, b"", 40)
    assert section(".rodata").data == b"abc\0"
    assert holes(".data") == [(16, R_X86_64_64, "first", 0), (24, R_X86_64_64, "text", 0)]
    assert (symbol("first").value, symbol("first").size, symbol("first").binding) == (8, 24, STB_LOCAL)
    assert symbol("count").binding == STB_GLOBAL


def test_what_a_call_says_of_itself_is_data_in_a_section_of_its_own() -> None:
    assert section("__syscalls_metadata").data == bytes(8) + b"\xff\xff\xff\xff" + bytes(20)
    assert holes("__syscalls_metadata") == [(0, R_X86_64_64, "text", 0)]


def test_modinfo_is_laid_out_from_the_last_to_the_first_as_gcc_does() -> None:
    assert section(".modinfo").data == b"kshell_range=count:0:9\0author=A student\0license=GPL\0"


def test_an_export_is_two_distances_and_no_namespace() -> None:
    for name, table in (("my_test_call", "__ksymtab"), ("count", "__ksymtab_gpl")):
        assert section(table).data == bytes(12)
        assert holes(table) == [(0, R_X86_64_PC32, name, 0), (4, R_X86_64_PC32, f"__kstrtab_{name}", 0)]
        at = symbol(f"__kstrtab_{name}").value
        assert section("__ksymtab_strings").data[at:].startswith(name.encode() + b"\0")


def test_a_bug_has_its_place_its_file_and_its_line() -> None:
    assert section("__bug_table").data == bytes(8) + b"\x0f\0" + b"\0\0"
    (place, file) = holes("__bug_table")
    assert place == (0, R_X86_64_PC32, ".text", AT_INIT + 4)
    assert file[:3] == (4, R_X86_64_PC32, ".rodata.str1.1")
    assert section(".rodata.str1.1").data[file[3] :] == b"hello.py\0"


def test_a_warning_has_the_flags_of_warn() -> None:
    warned = make_object(UNIT, CODE._replace(bugs=[CODE.bugs[0]._replace(warning=True)]))
    assert section("__bug_table", warned).data[10:] == b"\x01\x09"  # BUGFLAG_WARNING | BUGFLAG_TAINT(TAINT_WARN)


def test_a_module_says_what_it_was_built_for_and_where_it_begins() -> None:
    added = section(".modinfo", MODULE).data.removeprefix(section(".modinfo").data)
    assert added == b"depends=guest,host\0retpoline=Y\0name=hello\0vermagic=4.19.1-course SMP mod_unload \0"
    this = section(THIS_MODULE_SECTION, MODULE)
    assert this.data[MODULE_NAME:].startswith(b"hello\0")
    assert holes(THIS_MODULE_SECTION, MODULE) == [(MODULE_INIT, R_X86_64_64, "init_module", 0)]
    assert symbol("__this_module", MODULE).section == len(OBJECT.sections)


def test_a_module_that_refers_to_itself_has_one_symbol_for_that() -> None:
    wanting = CODE._replace(fixups=[CODE.fixups[0]._replace(symbol="__this_module")])
    module = make_module(make_object(UNIT, wanting), "hello", "6.19.0 SMP preempt mod_unload ", [], True)
    assert symbol("__this_module", module).section is not None
    assert holes(".text", module)[0][2] == "__this_module"
    assert section(".modinfo", module).data.endswith(
        b"depends=\0intree=Y\0name=hello\0retpoline=Y\0vermagic=6.19.0 SMP preempt mod_unload \0"
    )


def test_a_file_without_code_and_data_is_an_object() -> None:
    empty = make_object(
        UNIT._replace(functions=[], data=[], modinfo=[], exports=[], aliases=[]), Code(b"", [], [], b"", [], [])
    )
    assert [each.name for each in empty.sections] == [".text"]
    assert read_elf(write_elf(empty), "a.o") == empty


@pytest.mark.parametrize("obj", [OBJECT, MODULE])
def test_an_object_comes_back_from_its_file(obj: ElfObject) -> None:
    assert read_elf(write_elf(obj), "hello.o") == obj


def _asked(tool: str, *arguments: str, folder: Path) -> str:
    """What a tool of the host says of hello.o."""
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool}")
    (folder / "hello.o").write_bytes(write_elf(OBJECT))
    done = subprocess.run([tool, *arguments, "hello.o"], cwd=folder, capture_output=True, text=True, check=True)
    assert "arning" not in done.stdout + done.stderr
    return done.stdout


def test_readelf_reads_the_lines(tmp_path: Path) -> None:
    shown = _asked("readelf", "--debug-dump=decodedline", folder=tmp_path)
    rows = [line.split() for line in shown.splitlines() if line.startswith("hello.py ")]
    assert [(int(row[2], 16), row[1]) for row in rows] == [
        *((offset, str(line)) for offset, line in CODE.lines),
        (len(TEXT), "-"),
    ]


def test_readelf_reads_all_of_it_without_a_warning(tmp_path: Path) -> None:
    shown = _asked("readelf", "--all", "--debug-dump=info,abbrev", "--wide", folder=tmp_path)
    assert "DW_OP_fbreg: -16" in shown
    assert "made" not in shown.split()


def test_objdump_shows_each_instruction_with_its_line(tmp_path: Path) -> None:
    shown = _asked("objdump", "-drl", folder=tmp_path)
    assert "hello.py:11" in shown
    assert "R_X86_64_PLT32\t_printk-0x4" in shown


def test_gdb_knows_lines_variables_and_types(tmp_path: Path) -> None:
    asks = ("info line my_test_call", "info scope my_test_call", "ptype first", "print count", "ptype my_test_call")
    shown = _asked("gdb", "-nx", "-batch", *(word for ask in asks for word in ("-ex", ask)), folder=tmp_path)
    assert 'Line 8 of "hello.py" starts at address 0x0 <my_test_call> and ends at 0xb' in shown
    assert "Symbol test is a variable at frame base reg $rbp offset 0+-4, length 4." in shown
    assert "Symbol twice is a variable at frame base reg $rbp offset 0+-16, length 8." in shown
    assert "type = struct node {\n    int value;\n    struct node *next;\n    const char *name;\n}" in shown
    assert "= 7" in shown
    assert "type = long (int)" in shown
