"""syscall_32.tbl as each release's script, and then the compiler, takes it."""

from __future__ import annotations

import pytest

from kshell.abi.syscall_32_tbl import entry_32, load_32, table_path_32
from kshell.kbuild.systbl.systbl_32 import generate_32

OLD, NEW = "4.19", "6.19"


def own(release: str) -> str:
    with open(table_path_32(release), encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("release", [OLD, NEW])
def test_the_table_of_a_new_tree_leads_where_that_of_the_release_leads(release: str) -> None:
    built = generate_32(own(release), release)
    assert built.errors == []
    prefixed = {row.nr: f"__ia32_{row.symbol.removeprefix('__ia32_')}" for row in built.rows if row.symbol}
    assert prefixed == {nr: entry_32(row) for nr, row in load_32(release).by_number.items() if entry_32(row)}


def test_the_header_of_4_19_has_both_entries_where_there_are_two() -> None:
    text = "1\ti386\texit\tsys_exit\t__ia32_sys_exit\n17\ti386\tbreak\n18\ti386\tx\tsys_x\n"
    assert generate_32(text, OLD).header == (
        "#ifdef CONFIG_X86_32\n__SYSCALL_I386(1, sys_exit, )\n#else\n__SYSCALL_I386(1, __ia32_sys_exit, )\n#endif\n"
        "__SYSCALL_I386(18, sys_x, )\n"
    )


def test_the_header_of_6_19_fills_holes_and_names_compat_entries() -> None:
    text = "1\ti386\ta\tsys_a\n3\ti386\tb\tsys_b\tcompat_sys_b\n4 64 c sys_c\n"
    header = "__SYSCALL(0, sys_ni_syscall)\n__SYSCALL(1, sys_a)\n__SYSCALL(2, sys_ni_syscall)\n"
    built = generate_32(text, NEW)
    assert built.header == header + "__SYSCALL_WITH_COMPAT(3, sys_b, compat_sys_b)\n"
    assert [row.symbol for row in built.rows] == ["__ia32_sys_a", "__ia32_compat_sys_b"]


def test_of_two_rows_with_one_number_4_19_takes_the_one_that_sorts_later() -> None:
    built = generate_32("5\ti386\tz\tsys_z\n5\ti386\ta\tsys_a\n5\ti386\tzz\n", OLD)
    assert [(row.nr, row.symbol) for row in built.rows] == [(5, "sys_z")]


@pytest.mark.parametrize(
    ("release", "text", "what"),
    [
        (OLD, "5 i368 a sys_a\n", "Unknown abi I368"),
        (OLD, "5 common a sys_a\n", "expected declaration specifiers"),
        (OLD, "5 64 a sys_a __ia32_sys_a\n", "a compat entry for a 64-bit syscall makes no sense"),
        (OLD, "5 i386 a sys-a\n", "expected '='"),
        (OLD, "5x i386 a sys_a\n", 'invalid suffix "x" on integer constant'),
        (OLD, "4096 i386 a sys_a\n", "the number 4096 is too large"),
        (NEW, "6 i386 a sys_a\n5 i386 b sys_b\n", "is not sorted or duplicates"),
        (NEW, "6 i386 a sys_a\n6 i386 b sys_b\n", "is not sorted or duplicates"),
        (NEW, "6 i386 a sys-a\n", "expected '='"),
    ],
)
def test_a_mistake_is_told_with_its_line(release: str, text: str, what: str) -> None:
    (error,) = generate_32(text, release).errors
    assert what in error.text
    assert error.line == text.count("\n")
    assert error.because
    assert error.try_


ODD = (
    "",
    "\0",
    "\ufeff1 i386 a sys_a",
    "99999999999 i386 a sys_a",
    "08 i386 a sys_a\n",
    "1 i386\n",
    "010 i386 a sys_a",
)


@pytest.mark.parametrize("release", [OLD, NEW])
@pytest.mark.parametrize("text", ODD)
def test_no_text_is_an_exception(release: str, text: str) -> None:
    built = generate_32(text, release)
    assert len(built.rows) + len(built.errors) <= 1
