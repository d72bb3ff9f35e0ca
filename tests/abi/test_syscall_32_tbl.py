"""syscall_32.tbl of each release."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.abi.syscall_32_tbl import I386, entry_32, load_32
from kshell.abi.syscall_rows import read_row

TABLES = sorted((Path(__file__).parents[2] / "kshell/abi/tables").glob("syscall_32.*.tbl"))
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_32.h")


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_every_line_is_a_row_or_a_remark(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    assert lines
    assert all(read_row(line, 1, I386) is not None for line in lines)


@pytest.mark.parametrize(
    ("profile", "name", "number", "entry"),
    [
        ("4.19", "write", 4, "__ia32_sys_write"),
        ("4.19", "dup2", 63, "__ia32_sys_dup2"),
        ("4.19", "nanosleep", 162, "__ia32_compat_sys_nanosleep"),
        ("6.19", "nanosleep", 162, "__ia32_sys_nanosleep_time32"),
        ("4.19", "stat64", 195, "__ia32_compat_sys_x86_stat64"),
        ("6.19", "stat64", 195, "__ia32_compat_sys_ia32_stat64"),
        ("6.19", "readv", 145, "__ia32_sys_readv"),
        ("4.19", "break", 17, None),
        ("course", "test_call", 387, "__ia32_sys_test_call"),
    ],
)
def test_a_row_has_the_entry_of_its_release(profile: str, name: str, number: int, entry: str | None) -> None:
    row = load_32(profile).by_name[name]
    assert (row.number, row.abi, entry_32(row)) == (number, "i386", entry)


@pytest.mark.parametrize(("profile", "last"), [("4.19", 386), ("course", 387), ("6.19", 470)])
def test_a_table_ends_where_its_release_does(profile: str, last: int) -> None:
    assert max(load_32(profile).by_number) == last


@pytest.mark.skipif(not HEADER.exists(), reason="no header of 32-bit numbers here")
def test_names_and_numbers_are_those_of_the_header_of_this_linux() -> None:
    defined = {name: int(nr) for name, nr in re.findall(r"__NR_(\w+) (\d+)", HEADER.read_text(encoding="utf-8"))}
    ours = load_32("6.19").by_name
    assert all(row.number == defined[name] for name, row in ours.items() if name in defined)
    assert not {name for name, number in defined.items() if number <= 450} - set(ours)
