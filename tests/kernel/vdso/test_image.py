"""The file that the vDSO is: what the tools for ELF files find in it."""

from __future__ import annotations

import ctypes
import platform
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.kernel.vdso.functions import functions
from kshell.kernel.vdso.image import vdso_image
from kshell.kernel.vdso.shared_object import gnu_hash, sysv_hash

RELEASES = [(4, 19), (6, 19)]
OLD = {"clock_gettime", "gettimeofday", "time", "getcpu"}
NAMES = {(4, 19): OLD, (6, 19): OLD | {"clock_getres", "getrandom"}}
needs = pytest.mark.skipif


@pytest.mark.parametrize("version", RELEASES)
def test_each_function_has_its_own_name_and_a_weak_one(version: tuple[int, int]) -> None:
    found = {each.name: each for each in vdso_image(version).functions}
    assert set(found) == NAMES[version] | {f"__vdso_{name}" for name in NAMES[version]}
    for name in NAMES[version]:
        weak, own = found[name], found[f"__vdso_{name}"]
        assert (weak.offset, weak.size, weak.binding, own.binding) == (own.offset, own.size, 2, 1)


def test_the_hashes_are_those_that_ld_computes() -> None:
    assert (sysv_hash("LINUX_2.6"), sysv_hash("printf")) == (0x3AE75F6, 0x77905A6)
    assert (gnu_hash(""), gnu_hash("printf"), gnu_hash("exit")) == (0x1505, 0x156B2BB8, 0x7C967E3F)


@needs(not shutil.which("readelf"), reason="readelf is of the binutils")
@pytest.mark.parametrize("version", RELEASES)
def test_readelf_finds_all_of_it_and_complains_of_nothing(version: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "vdso.so").write_bytes(vdso_image(version).data)
    done = subprocess.run(["readelf", "-Wa", tmp_path / "vdso.so"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "(SONAME)             Library soname: [linux-vdso.so.1]" in done.stdout
    symbols = set(re.findall(r"FUNC +(?:GLOBAL|WEAK) +DEFAULT +9 (\S+)@@LINUX_2.6", done.stdout))
    assert symbols == {each.name for each in vdso_image(version).functions}
    assert done.stdout.count("(100.0%)") + done.stdout.count("100.0%") >= 2  # both hash tables lead to all symbols
    assert "Rev: 1  Flags: BASE  Index: 1  Cnt: 1  Name: linux-vdso.so.1" in done.stdout


@needs(not shutil.which("gdb"), reason="gdb is not installed")
def test_gdb_disassembles_a_function_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "vdso.so").write_bytes(vdso_image((6, 19)).data)
    command = ["gdb", "-nx", "-batch", "-ex", "x/2i __vdso_getcpu", str(tmp_path / "vdso.so")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.findall(r"<(\w+)(?:\+5)?>:\s+(\w+)", done.stdout) == [("getcpu", "mov"), ("getcpu", "lsl")]


@needs(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64", reason="the dynamic linker is that of Linux"
)
@pytest.mark.parametrize("version", RELEASES)
def test_the_dynamic_linker_of_this_machine_takes_it_and_finds_the_functions(
    version: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "vdso.so").write_bytes(vdso_image(version).data)
    library = ctypes.CDLL(str(tmp_path / "vdso.so"))
    at = {each.name: ctypes.cast(library[each.name], ctypes.c_void_p).value for each in vdso_image(version).functions}
    base = {(at[each.name] or 0) - each.offset for each in vdso_image(version).functions}
    assert len(base) == 1
    with pytest.raises(AttributeError):
        library["clock_settime"]


@pytest.mark.parametrize("version", RELEASES)
def test_it_is_one_segment_of_two_pages_without_relocations(version: tuple[int, int]) -> None:
    data = vdso_image(version).data
    assert len(data) == 2 * 4096
    kind, machine, _, entry, segments_at = struct.unpack_from("<HHIQQ", data, 16)
    assert (kind, machine, entry, segments_at) == (3, 62, 0, 64)
    assert [struct.unpack_from("<II", data, 64 + 56 * index) for index in range(3)] == [(1, 5), (2, 4), (4, 4)]


@needs(not shutil.which("as"), reason="the GNU assembler is not installed")
@pytest.mark.parametrize("version", RELEASES)
def test_the_bytes_of_each_instruction_are_those_of_the_assembler(version: tuple[int, int], tmp_path: Path) -> None:
    lines = [line for function in functions(version).values() for line in function if line[1]]
    names = {token: number for number, line in enumerate(lines) for token in line[1].split() if len(token) > 2}
    numbers = {"__CPUNODE_SEG": 0x7B, "TICK_NSEC": 4_000_000, "OPAQUE_STATE": 144, "EFAULT": 14}
    numbers |= {"PROT_READ": 1, "PROT_WRITE": 2, "MAP_DROPPABLE": 8, "MAP_ANONYMOUS": 32}
    constants = "".join(f".set {name}, {value}\n" for name, value in numbers.items())
    source = constants + "".join(f"{text}\n.byte 0xcc, 0xcc, 0xcc, 0xcc\n" for text, _ in lines)
    (tmp_path / "text.s").write_text(source)
    subprocess.run(["as", "-o", tmp_path / "text.o", tmp_path / "text.s"], check=True)
    command = ["objcopy", "-O", "binary", "-j", ".text", str(tmp_path / "text.o"), str(tmp_path / "text")]
    subprocess.run(command, check=True)
    ours = (re.sub("|".join(sorted(names, key=len, reverse=True)), "00 00 00 00", code) for _, code in lines)
    assert (tmp_path / "text").read_bytes() == b"".join(bytes.fromhex(code) + b"\xcc" * 4 for code in ours)
