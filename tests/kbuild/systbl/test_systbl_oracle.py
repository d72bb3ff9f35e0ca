"""SYSTBL beside the tools it stands for, gcc and sort, and any text at all."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kshell.kbuild.systbl.systbl import generate, sort_key
from tests.kbuild.systbl.test_systbl import ENTRY, FREE, VERSIONS, built, pristine

NO_GCC = "the oracle is gcc, which is not installed"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("entry", ["test-call", "sys_test.c", "-", "sys_test_call()", "3x"])
@pytest.mark.skipif(shutil.which("gcc") is None, reason=NO_GCC)
def test_an_entry_that_is_no_name_gets_gcc_s_words(version: str, entry: str, tmp_path: Path) -> None:
    result = built(version, f"{FREE[version]}\tcommon\ttest_call\t{entry}")
    (tmp_path / "syscalls_64.h").write_text(result.header)
    said = compile_header(version, tmp_path)
    for error in result.errors:
        if not error.verbatim:
            assert f"error: {error.text}" in said
    assert bool(result.errors) is ("error:" in said)


def compile_header(version: str, folder: Path) -> str:
    """What gcc says to the header that was made, included as syscall_64.c includes it."""
    macro = "__SYSCALL_64(nr, sym, qual)" if version == "4.19" else "__SYSCALL(nr, sym)"
    name = "sym" if version == "4.19" else "__x64_##sym"
    source = (
        "#define CONFIG_X86 1\nstruct pt_regs;\n"
        f"#define {macro} extern long {name}(const struct pt_regs *);\n"
        "#define __SYSCALL_NORETURN __SYSCALL\n#define __SYSCALL_WITH_COMPAT(nr, sym, compat) __SYSCALL(nr, sym)\n"
        '#include "syscalls_64.h"\n'
    )
    (folder / "table.c").write_text(source)
    command = ["gcc", "-fsyntax-only", "table.c"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    ).stderr


def fill_slots(version: str, header: str, folder: Path) -> dict[int, str]:
    """Let the C compiler fill an array from the header, and print it."""
    old = version == "4.19"
    macro = "__SYSCALL_64(nr, sym, qual) [nr] = #sym," if old else "__SYSCALL(nr, sym) [nr] = S(__x64_##sym),"
    (folder / "syscalls_64.h").write_text(header)
    (folder / "fill.c").write_text(
        f"#include <stdio.h>\n#define S(x) #x\n#define CONFIG_X86 1\n#define {macro}\n"
        "#define __SYSCALL_NORETURN __SYSCALL\n#define __SYSCALL_WITH_COMPAT(nr, sym, compat) __SYSCALL(nr, sym)\n"
        'const char *t[5000] = {\n#include "syscalls_64.h"\n};\n'
        'int main(void) { for (int i = 0; i < 5000; i++) if (t[i]) printf("%d %s\\n", i, t[i]); }\n'
    )
    subprocess.run(["gcc", "-w", "-o", "fill", "fill.c"], cwd=folder, check=True)
    printed = subprocess.run(["./fill"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return {int(nr): symbol for nr, symbol in (line.split() for line in printed.splitlines())}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("row", ["39 common x {}", "0335\t64\tx\t{}", "600\tcommon\tx\t{}", "39\tcommon\tabc\t{}"])
@pytest.mark.skipif(shutil.which("gcc") is None, reason=NO_GCC)
def test_the_rows_are_what_a_c_compiler_makes_of_the_header(version: str, row: str, tmp_path: Path) -> None:
    result = built(version, row.format(ENTRY[version]))
    if result.errors:
        assert version == "6.19"
        result = generate(pristine(version), version)
    filled = fill_slots(version, result.header, tmp_path)
    if version == "4.19":
        assert filled == {row.nr: row.symbol for row in result.rows if row.entry is not None}
    else:
        built_rows = {row.nr: row.symbol for row in result.rows}
        assert filled == dict.fromkeys(range(max(built_rows)), "__x64_sys_ni_syscall") | built_rows


@pytest.mark.skipif(shutil.which("sort") is None, reason="the oracle is sort, which is not installed")
def test_rows_are_ordered_as_sort_n_orders_them() -> None:
    lines = [
        "39 64 b",
        "39\t64\ta",
        "039 x",
        "3x",
        "3.5 y",
        "3.45 z",
        "40",
        "4 z",
        "0",
        "00 a",
        "335 c",
        "39 64 a",
        "1e3",
    ]
    sorted_by = subprocess.run(
        ["sort", "-n"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    ).stdout.splitlines()
    assert sorted(lines, key=sort_key) == sorted_by


WORDS = "335 39 0 07 0x14f 3x 64 common x32 i386 Common <tab> - noreturn # sys_a __x64_sys_a/ptregs a é '"
words = st.sampled_from([*WORDS.split(), *"\t \n\r\v\x00\ufeff", "\r\n", "__x64_sys_a", "9" * 30])


@example("\0\r\n335\0#")
@given(st.lists(words, max_size=40).map("".join) | st.text(max_size=200))
def test_no_text_makes_the_table_step_fail(text: str) -> None:
    for version in VERSIONS:
        result = generate(text, version)
        for message in result.errors + result.notes:
            assert message.text
            assert "\n" not in message.text
            assert all(c.isprintable() or c in "\n\t" for c in str(message)), repr(str(message))
        assert [row.nr for row in result.rows] == sorted({row.nr for row in result.rows})


@given(st.sampled_from(VERSIONS), st.lists(st.tuples(st.integers(0, 600), st.sampled_from("abc")), max_size=6))
def test_without_errors_every_row_that_was_taken_is_built_or_lost(version: str, added: list[tuple[int, str]]) -> None:
    rows = "".join(f"{nr}\tcommon\tx{name}\t{ENTRY[version][:-9]}{name}\n" for nr, name in added)
    result = generate(rows, version)
    if not result.errors:
        assert len(result.rows) + len(result.lost) == len(result.taken) == len(added)
        if version == "4.19":
            for loser, winner in result.lost:
                assert loser.nr == winner.nr


@pytest.mark.parametrize(
    "unit", ["1 ", "9 common a sys_a\n", "x", "\t", "9\n", "9<tab>64\n", "\r", "9 64 a b # c\n", "é\n"]
)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_large_file_that_is_no_table_is_told_so_in_a_moment(version: str, unit: str) -> None:
    start = process_time()
    result = generate(unit * (500_000 // len(unit)), version)
    assert process_time() - start < 4
    assert len(result.errors) + len(result.notes) <= 42
