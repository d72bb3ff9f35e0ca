"""The parser of syscall_64.tbl: all real forms, every mistake."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kshell.abi.syscall_rows import MAX_NUMBER, X32_FIRST, X32_LAST, Row, TblError
from kshell.abi.syscall_tbl import (
    TABLES,
    decode,
    load,
    parse,
    table_path,
)

REAL = Path(__file__).parents[3] / "shared" / "tables"


def only_error(text: str) -> TblError:
    errors = parse(text, "t.tbl").errors
    assert len(errors) == 1, errors
    return errors[0]


@pytest.mark.parametrize(("file", "profile"), [("v4.19.1", "4.19"), ("v6.19", "6.19")])
def test_a_real_table_parses_to_every_row_and_ours_says_the_same(file: str, profile: str) -> None:
    path = REAL / f"syscall_64.{file}.tbl"
    if not path.exists():
        pytest.skip("the kernel's own tables are not beside this checkout")
    text = path.read_text()
    table = parse(text)
    assert table.errors == []
    assert len(table.rows) == sum(line[:1].isdigit() for line in text.splitlines())
    assert load(profile).rows == table.rows


@pytest.mark.parametrize("profile", TABLES)
def test_a_shipped_table_has_no_mistake(profile: str) -> None:
    assert load(profile).errors == []


def test_the_three_tables_differ_at_335() -> None:
    assert 335 not in load("4.19").by_number
    row = load("course").by_number[335]
    assert (row.abi, row.name, row.symbol) == ("common", "test_call", "__x64_sys_test_call")
    assert load("6.19").by_number[335].name == "uretprobe"
    old = load("4.19").rows
    assert [r for r in load("course").rows if r in set(old)] == old


def test_every_form_of_a_row_is_read() -> None:
    table = parse(
        "\ufeff# comment\r\n"
        "0 \t common\t\tread   __x64_sys_read\r\n"
        "   # an indented comment\n"
        "4\tcommon\tstat\tsys_newstat\n"
        "15\t64\trt_sigreturn\t__x64_sys_rt_sigreturn/ptregs\n"
        "60\tcommon\texit\tsys_exit\t-\tnoreturn\n"
        "134\t64\tuselib\n"
        "200\tcommon\tlast\tsys_last\tcompat_sys_last # why\n"
        "512\tx32\trt_sigreturn\tcompat_sys_x32_rt_sigreturn\n"
        " \t \n"
        "548\tcommon\tlate\tsys_late"
    )
    assert table.errors == []
    assert [row.fields() for row in table.rows] == [
        (0, "common", "read", "__x64_sys_read", None, False),
        (4, "common", "stat", "sys_newstat", None, False),
        (15, "64", "rt_sigreturn", "__x64_sys_rt_sigreturn/ptregs", None, False),
        (60, "common", "exit", "sys_exit", None, True),
        (134, "64", "uselib", None, None, False),
        (200, "common", "last", "sys_last", "compat_sys_last", False),
        (512, "x32", "rt_sigreturn", "compat_sys_x32_rt_sigreturn", None, False),
        (548, "common", "late", "sys_late", None, False),
    ]
    assert [row.line for row in table.rows] == [2, 4, 5, 6, 7, 8, 9, 11]
    assert table.by_name["rt_sigreturn"].number == 15
    assert (table.by_name["rt_sigreturn"].symbol, table.by_name["rt_sigreturn"].ptregs) == (
        "__x64_sys_rt_sigreturn",
        True,
    )
    assert table.x32_by_name["rt_sigreturn"].number == 512
    assert table.last_common() == 200
    assert 1 in table.holes()
    assert 15 not in table.holes()


MISTAKES = [
    # text, column, width, a word of `what`, a part of `try`
    ("x\tcommon\ta\tsys_a", 1, 1, "not a number", "decimal"),
    ("12ab\tcommon\ta\tsys_a", 1, 4, "not a number", "decimal"),
    ("-1\tcommon\ta\tsys_a", 1, 2, "negative", "0\tcommon\ta\tsys_a"),
    ("4096 common a sys_a", 1, 4, "too large", "0\tcommon"),
    ("9" * 5000 + " common a sys_a", 1, 5000, "too large", "0\tcommon"),
    ("0x14f\tcommon\ta\tsys_a", 1, 5, "hexadecimal", "335\tcommon\ta"),
    ("0335\tcommon\ta\tsys_a", 1, 4, "starts with a 0", "335\tcommon\ta"),
    ("335common a sys_a", 1, 9, "no blank", "335\tcommon\ta\tsys_a"),
    ("common 335 a sys_a", 1, 6, "ABI stands before", "335\tcommon\ta\tsys_a"),
    ("335\tcomon\ta\tsys_a", 5, 5, "unknown ABI 'comon'", "did you mean common?"),
    ("335\ti386\ta\tsys_a", 5, 4, "unknown ABI", "64"),
    ("335\tzzzzz\ta\tsys_a", 5, 5, "unknown ABI", "common (the usual one), 64 or x32"),
    ("335 a __x64_sys_a", 5, 1, "ABI is missing", "335\tcommon\ta\t__x64_sys_a"),
    ("335 a common sys_a", 5, 1, "where the ABI belongs", "335\tcommon\ta\tsys_a"),
    ("335", 4, 1, "1 field", "335\tcommon\tNAME"),
    ("335 common", 11, 1, "2 fields", "335\tcommon\tNAME"),
    ("335 common a sys_a - noreturn more", 31, 4, "7 fields", "335\tcommon\ta\tsys_a"),
    ("335 common a-b sys_a", 12, 3, "cannot be the name", "335\tcommon\ta_b\tsys_a"),
    ("335 common test_call__x64_sys_test_call", 12, 28, "no blank", "test_call\t__x64_sys_test_call"),
    ("335 common __x64_sys_a", 12, 11, "entry stands where the name", "a\t__x64_sys_a"),
    ("335 common test call __x64_sys_test_call", 22, 19, "compat column", "test_call\t__x64_sys_test_call"),
    ("335 common a sys_a()", 14, 7, "cannot be an entry", "335\tcommon\ta\tsys_a"),
    ("335 common a sys_a/regs", 14, 10, "cannot be an entry", "335\tcommon\ta\tsys_a"),
    ("335 common a -", 14, 1, "cannot be an entry", "335\tcommon\ta"),
    ("335 common a sys_a (b)", 20, 3, "cannot be a compat entry", "335\tcommon\ta\tsys_a"),
    ("335 common a sys_a noreturn", 20, 8, "compat column", "sys_a\t-\tnoreturn"),
    ("335 common a sys_a - noretun", 22, 7, "last column", "335\tcommon\ta\tsys_a\t-"),
    ("511 x32 a sys_a", 1, 3, "not one of x32's", "common"),
    ("548 x32 a sys_a", 1, 3, "not one of x32's", "common"),
    ("512 common a sys_a", 1, 3, "x32's, but the row says common", "548"),
    ("547 64 a sys_a", 1, 3, "x32's, but the row says 64", "below 512"),
    ("  335 common a sys_a", 1, 2, "indented", "335 common a sys_a"),
    ("335<tab>common<TAB>a<tab>sys_a", 4, 5, "<tab> was typed", "335\tcommon\ta\tsys_a"),
    (r"335\tcommon\ta\tsys_a", 4, 2, r"\t was typed", "335\tcommon\ta\tsys_a"),
    ("  GNU nano 2.9.3      syscall_64.tbl      Modified", 3, 48, "editor nano", "take the line out"),
    ("^G Get Help  ^O Write Out  ^W Where Is", 1, 38, "editor nano", "take the line out"),
    ('"syscall_64.tbl" 388L, 15659C', 1, 29, "editor vim", "take the line out"),
    ("#ifdef CONFIG_X86_X32_ABI", 1, 25, "preprocessor", "take the line out"),
    ("#endif /* X32 */", 1, 16, "preprocessor", "take the line out"),
    ("#define __NR_test_call 335", 1, 26, "preprocessor", "take the line out"),
    ("# ifndef X", 1, 10, "preprocessor", "take the line out"),
    ("#if 0", 1, 5, "preprocessor", "take the line out"),
    ("#else", 1, 5, "preprocessor", "take the line out"),
    ("+335 common a sys_a", 1, 19, "patch", "without +"),
    ("// words", 1, 8, "manner of C", "#"),
    ("335\u00a0common a sys_a", 4, 1, "no-break space, U+00A0", "335\tcommon\ta\tsys_a"),
    ("335 common a sys_a \u2014 noreturn", 20, 1, "em dash, U+2014", "sys_a\t-\tnoreturn"),
    ("335 common\u200b a sys_a", 11, 1, "zero width space", "335\tcommon\ta\tsys_a"),
    ("\uff13\uff13\uff15 common a sys_a", 1, 1, "not ASCII", "335\tcommon\ta\tsys_a"),
    ("335 common\ra sys_a", 11, 1, "carriage return", "335\tcommon\ta\tsys_a"),
    ("\x7fELF\x02\x01\0\0", 1, 1, "control character", "plain text"),
    ("\ufffd\ufffd", 1, 1, "no text", "plain text"),
    ("335 common \ud800 sys_a", 12, 1, "no text", "plain text"),
]


@pytest.mark.parametrize(("text", "column", "width", "what", "try_"), MISTAKES)
def test_a_mistake_is_placed_and_explained(text: str, column: int, width: int, what: str, try_: str) -> None:
    error = only_error("# a comment\n" + text + "\n")
    assert (error.file, error.line, error.column, error.width) == ("t.tbl", 2, column, width)
    assert error.text == text
    assert what in error.what
    assert try_ in error.try_
    assert error.because


def test_prose_in_a_comment_is_no_preprocessor_line() -> None:
    table = parse(
        "#if you add a call, add it below\n# include the entry\n# end of the table\n# else it is ENOSYS\n# define\n"
    )
    assert table.errors == []


def test_two_rows_with_one_number_are_refused_whatever_their_abi() -> None:
    for abi in ("common", "64"):
        error = only_error(f"7\tcommon\ta\tsys_a\n8\tcommon\tb\n7\t{abi}\tc\tsys_c\n")
        assert (error.line, error.column, error.width) == (3, 1, 1)
        assert "number 7 is taken" in error.what
        assert "line 1" in error.because
        assert "not sorted or duplicates" in error.because
        assert error.try_ == f"9\t{abi}\tc\tsys_c"


def test_one_name_may_stand_for_64_and_x32_but_not_twice_for_one_program() -> None:
    assert parse("1\t64\ta\tsys_a\n512\tx32\ta\tcompat_sys_a\n").errors == []
    for first, second in [
        ("1 common", "2 common"),
        ("1 64", "2 common"),
        ("1 common", "512 x32"),
        ("512 x32", "513 x32"),
    ]:
        error = only_error(f"{first} a sys_a\n{second} a sys_a\n")
        assert (error.line, error.column, error.width) == (2, len(second) + 2, 1)
        assert "a second a" in error.what


def test_all_mistakes_of_a_file_come_at_once_sorted_by_place() -> None:
    lines = ["x1 common a sys_a", "2 comon b!", "3 common c sys_c", "3 common d sys_d", "  4 common e sys_e", "5"]
    table = parse("\n".join(lines))
    assert [(e.line, e.column) for e in table.errors] == [(1, 1), (2, 3), (2, 9), (4, 1), (5, 1), (6, 2)]
    assert [row.name for row in table.rows] == ["c"]


def test_a_run_of_binary_lines_is_one_error() -> None:
    table = parse(decode(b"\x7fELF\x01\n\xff\xfe\x00\n\x80\x81\n5\tcommon\ta\tsys_a\n"))
    assert [error.line for error in table.errors] == [1]
    assert [row.number for row in table.rows] == [5]


def test_a_file_in_utf_16_is_read() -> None:
    assert parse(decode("1\tcommon\ta\tsys_a\r\n".encode("utf-16"))).rows == [Row(1, "common", "a", "sys_a")]


def test_the_caret_stands_under_the_field_behind_tabs_and_wide_characters() -> None:
    error = only_error("335\tcommon\ta\t\t\tsys_a - noretarn")
    assert error.caret_line() == "   \t      \t \t\t\t        ^^^^^^^^"
    assert error.text_line()[error.column - 1 :] == "noretarn"
    wide = TblError("f", 1, 3, 1, "漢漢x", "w", "b", "t")
    assert wide.caret_line() == "    ^"


def test_an_error_prints_only_what_a_terminal_can_show_and_cuts_long_lines() -> None:
    error = only_error("1 common a\x1b[31m " + "z" * 5000)
    assert "\x1b" not in str(error)
    late = only_error("1 common " + "z" * 5000 + " sys_z!")
    assert len(late.text_line()) <= 200
    assert late.caret_line().lstrip(" ") == "^" * late.width
    assert late.text_line()[len(late.caret_line()) - late.width :].startswith("sys_z!")
    only_error("\ud800").text_line().encode()


def test_because_says_what_linux_itself_would_do() -> None:
    assert "Unknown abi COMON" in only_error("335\tcomon\ta\tsys_a").because
    assert "ENOSYS after a clean build" in only_error("335\tcomon\ta\tsys_a").because
    assert "would take it" in only_error("335\tcommonx\ta\tsys_a").because
    assert "does not start with a digit" in only_error("  GNU nano 2.9.3  x").because
    assert "octal, which is 221" in only_error("0335\tcommon\ta\tsys_a").because


LETTERS = "abcxyzABC_sys64"
identifiers = st.text(LETTERS, min_size=1, max_size=40).filter(str.isidentifier)
names = identifiers.filter(lambda name: "__x64_sys_" not in name)
compats = identifiers.filter(lambda name: not name.startswith("__x64_") and name != "noreturn")


@st.composite
def rows(draw: st.DrawFn) -> Row:
    number = draw(st.integers(0, MAX_NUMBER))
    abi = "x32" if X32_FIRST <= number <= X32_LAST else draw(st.sampled_from(["common", "64"]))
    name = draw(names)
    if draw(st.booleans()):
        return Row(number, abi, name)
    entry = draw(identifiers) + draw(st.sampled_from(["", "/ptregs"]))
    return Row(number, abi, name, entry, draw(st.none() | compats), draw(st.booleans()))


def format_rows(rows: Iterable[Row]) -> str:
    """The rows as the text of a table, columns aligned with tabs of eight; `parse` of it gives equal rows."""
    lines = []
    for row in rows:
        text = f"{row.number}\t{row.abi}\t{row.name}"
        if row.entry is not None:
            text += _tabs(row.name, 24) + row.entry
            if row.compat is not None or row.noreturn:
                text += _tabs(row.entry, 32) + (row.compat or "-")
            if row.noreturn:
                text += _tabs(row.compat or "-", 24) + "noreturn"
        lines.append(text + "\n")
    return "".join(lines)


def _tabs(before: str, width: int) -> str:
    """The tabs that bring a column which holds `before` to `width`; at least one."""
    return "\t" * max(1, (width - len(before) + 7) // 8)


@given(st.lists(rows(), unique_by=(lambda r: r.number, lambda r: r.name), max_size=20))
def test_formatted_rows_parse_back_to_the_same(some: list[Row]) -> None:
    table = parse(format_rows(some))
    assert table.errors == []
    assert table.rows == some


PIECES = (
    *("0", "335", "-1", "0x1", "512", "common", "64", "x32", "i386", "read", "sys_read", "__x64_sys_a", "/ptregs", "-"),
    *("noreturn", " ", "\t", "\n", "\r\n", "#", "#if", "endif", "<tab>", "\\t", "\u00a0", "\u2013", "\0", "\ufeff"),
    "GNU nano",
)
pieces = st.sampled_from(PIECES)


@settings(max_examples=150)
@given(st.text() | st.lists(pieces | st.text(max_size=3), max_size=40).map("".join))
def test_any_text_gives_rows_and_errors_and_never_an_exception(text: str) -> None:
    table = parse(text)
    lines = text.split("\n")
    for error in table.errors:
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(error.text) + 1
        assert error.what
        assert error.because
        assert error.try_
        str(error).encode()
    assert [(e.line, e.column) for e in table.errors] == sorted((e.line, e.column) for e in table.errors)
    again = parse(format_rows(table.rows))
    assert again.errors == []
    assert again.rows == table.rows


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_and_parsed(data: bytes) -> None:
    for error in parse(decode(data)).errors:
        str(error).encode()


def test_a_profile_that_does_not_exist_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"4\.19, course, 6\.19"):
        table_path("5.4")


def test_reading_a_table_without_mistakes_loads_no_diagnosis() -> None:
    program = (
        "import sys; from kshell.abi.syscall_tbl import load; load('course');"
        "print([m for m in sys.modules if m.startswith('kshell.abi.tbl_')])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
