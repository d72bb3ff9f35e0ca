"""ELF relocatable files: what is written is read again, by us and by the tools of a Linux host."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi.elf import (
    R_X86_64_32S,
    R_X86_64_64,
    R_X86_64_PC32,
    R_X86_64_PLT32,
    SHF_ALLOC,
    SHF_EXECINSTR,
    SHF_MERGE,
    SHF_STRINGS,
    SHF_WRITE,
    SHN_ABS,
    SHT_NOBITS,
    SHT_PROGBITS,
    STB_GLOBAL,
    STB_LOCAL,
    STT_FILE,
    STT_FUNC,
    STT_NOTYPE,
    STT_OBJECT,
    STT_SECTION,
    ElfObject,
    ElfSymbol,
    Relocation,
    Section,
)
from kshell.abi.elf_reader import read_elf
from kshell.abi.elf_writer import write_elf
from kshell.abi.object_file import ObjectError
from tests.abi.compiled import compiled_by_gcc

TEXT = bytes.fromhex("55 4889e5 48c7c700000000 e800000000 c9 c3")
SMALL = ElfObject(
    [
        Section(
            *(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, TEXT, len(TEXT)),
            [Relocation(7, R_X86_64_32S, 2, 1), Relocation(12, R_X86_64_PLT32, 4, -4)],
        ),
        Section(".rodata.str1.1", SHT_PROGBITS, SHF_ALLOC | SHF_MERGE | SHF_STRINGS, 1, b"\0hello\0", 7, []),
        Section(".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, bytes(8), 8, [Relocation(0, R_X86_64_64, 3, 0)]),
        Section(".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 32, b"", 4096, []),
    ],
    [
        ElfSymbol("hello.py", SHN_ABS, 0, 0, STT_FILE, STB_LOCAL),
        ElfSymbol("", 0, 0, 0, STT_SECTION, STB_LOCAL),
        ElfSymbol("", 1, 0, 0, STT_SECTION, STB_LOCAL),
        ElfSymbol("hello_init", 0, 0, len(TEXT), STT_FUNC, STB_GLOBAL),
        ElfSymbol("_printk", None, 0, 0, STT_NOTYPE, STB_GLOBAL),
        ElfSymbol("count", 3, 4092, 4, STT_OBJECT, STB_GLOBAL),
    ],
)


C_SOURCE = """
int printk(const char *fmt, ...);
struct pair { int a; long b; struct pair *next; };
static struct pair two = {1, 2, &two};
struct pair zero;
static int add(int x, int y) { int sum = x + y; printk("sum %d\\n", sum); return sum; }
int (*pointer)(int, int) = add;
__attribute__((noinline)) long walk(struct pair *p) {
    long n = 0;
    while (p) { n += p->b; p = p->next; }
    return n;
}
long both(int x) { return pointer(x, 3) + walk(&two) + zero.a; }
"""


def names_instead(obj: ElfObject) -> tuple[object, ...]:
    """An object with the order of its symbols taken out."""
    return (
        [
            each._replace(relocations=[(*r[:2], obj.symbols[r.symbol], r.addend) for r in each.relocations])  # type: ignore[misc]
            for each in obj.sections
        ],
        sorted(map(repr, obj.symbols)),
    )


def test_what_is_written_is_read() -> None:
    assert read_elf(write_elf(SMALL), "a.o") == SMALL


@pytest.mark.parametrize("command", ["readelf -a --wide", "objdump -dr --wide", "objdump -x"])
def test_the_tools_of_a_linux_host_read_it_without_a_warning(command: str, tmp_path: Path) -> None:
    if shutil.which(command.split()[0]) is None:
        pytest.skip("no binutils")
    (tmp_path / "a.o").write_bytes(write_elf(SMALL))
    done = subprocess.run([*command.split(), "a.o"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "arning" not in done.stdout
    assert "_printk" in done.stdout


def test_objdump_names_what_is_called(tmp_path: Path) -> None:
    if shutil.which("objdump") is None:
        pytest.skip("no binutils")
    (tmp_path / "a.o").write_bytes(write_elf(SMALL))
    done = subprocess.run(["objdump", "-dr", "a.o"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "R_X86_64_PLT32\t_printk-0x4" in done.stdout
    assert "R_X86_64_32S\t.rodata.str1.1+0x1" in done.stdout


def test_an_object_of_gcc_is_read(tmp_path: Path) -> None:
    obj = compiled_by_gcc(tmp_path, C_SOURCE)
    by_name = {symbol.name: symbol for symbol in obj.symbols if symbol.name}
    assert by_name["printk"].section is None
    assert obj.sections[by_name["walk"].section or 0].name == ".text"
    assert by_name["zero"].size == 24
    assert obj.sections[by_name["zero"].section or 0].type == SHT_NOBITS
    text = obj.section(".text")
    assert text is not None
    assert "printk" in {obj.symbol_name(each.symbol) for each in text.relocations}
    assert {each.kind for each in text.relocations} <= {R_X86_64_PC32, R_X86_64_PLT32, R_X86_64_32S}


def test_an_object_of_gcc_written_again_says_the_same(tmp_path: Path) -> None:
    obj = compiled_by_gcc(tmp_path, C_SOURCE)
    assert read_elf(write_elf(obj), "a.o") == obj


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@st.composite
def objects(draw: st.DrawFn) -> ElfObject:
    """Any object, its symbols in any order."""
    sections = []
    for _ in range(draw(st.integers(0, 4))):
        data = draw(st.binary(max_size=64))
        flags = draw(st.sampled_from([0, SHF_ALLOC, SHF_ALLOC | SHF_WRITE, SHF_ALLOC | SHF_MERGE | SHF_STRINGS]))
        align = draw(st.sampled_from([1, 2, 8, 64, 4096]))
        empty = draw(st.booleans())
        kind = SHT_NOBITS if empty else SHT_PROGBITS
        sections.append(Section(draw(names), kind, flags, align, b"" if empty else data, len(data), []))
    symbols = []
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.sampled_from([None, SHN_ABS, *range(len(sections))]))
        end = 1 << 63 if place in (None, SHN_ABS) else sections[place].size
        value = draw(st.integers(0, end))
        size = draw(st.integers(0, end - value))
        symbols.append(ElfSymbol(draw(names), place, value, size, draw(st.integers(0, 4)), draw(st.integers(0, 2))))
    for section in sections if symbols else []:
        for _ in range(draw(st.integers(0, 3)) if len(section.data) >= 8 else 0):
            offset = draw(st.integers(0, len(section.data) - 8))
            symbol = draw(st.integers(0, len(symbols) - 1))
            addend = draw(st.integers(-(1 << 63), (1 << 63) - 1))
            section.relocations.append(Relocation(offset, draw(st.sampled_from([1, 2, 4, 10, 11])), symbol, addend))
    return ElfObject(sections, symbols)


@given(objects())
def test_any_object_comes_back(obj: ElfObject) -> None:
    back = read_elf(write_elf(obj), "a.o")
    assert names_instead(back) == names_instead(obj)
    assert [each.binding != STB_LOCAL for each in back.symbols] == sorted(s.binding != STB_LOCAL for s in obj.symbols)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The bytes with something changed, mostly in the headers and tables."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed)) if chance.random() < 0.4 else -chance.randrange(1, 65 * 12) % len(changed)
        how = chance.random()
        if how < 0.5:
            changed[at] = chance.choice([0, 1, 2, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif how < 0.8:
            word = chance.choice(
                [0, 1, 1 << 31, (1 << 64) - 1, 1 << 63, chance.getrandbits(64), chance.getrandbits(16)]
            )
            changed[at : at + 8] = word.to_bytes(8, "little")[: len(changed) - at]
        else:
            del changed[chance.randrange(len(changed)) :]
            changed += b"" if changed else b"\x7f"
    return bytes(changed)


def test_a_mutated_object_is_read_or_refused_in_words() -> None:
    chance = random.Random(8)
    refused = 0
    whole = write_elf(SMALL)
    for _ in range(4_000):
        try:
            obj = read_elf(mutated(whole, chance), "a.o")
        except ObjectError as error:
            refused += error.because != ""
            continue
        for section in obj.sections:
            assert section.size == len(section.data) or section.type == SHT_NOBITS
            assert all(each.symbol < len(obj.symbols) for each in section.relocations)
        write_elf(obj)
    assert refused > 800


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: b"", "it is empty"),
        (lambda data: b"#!/bin/sh\n", "it does not begin as an ELF file does"),
        (lambda data: data[:40], "it ends inside of its ELF header"),
        (lambda data: data[:18] + b"\xb7\0" + data[20:], "it is an ELF file for another machine, this one is x86-64"),
        (lambda data: data[:16] + b"\2\0" + data[18:], "it is no relocatable file (ELF type 2, a .o or .ko has 1)"),
        (lambda data: data[:-10], "its table of sections lies outside of the file"),
        (lambda data: data.replace(b"hello.py", b"hello\xffpy"), "a name is no text"),
    ],
)
def test_a_refusal_says_the_reason(change: object, reason: str) -> None:
    assert callable(change)
    with pytest.raises(ObjectError) as info:
        read_elf(change(write_elf(SMALL)), "a.o")
    assert info.value.because == reason
