"""SYSTBL: the table as Linux's own scripts and compiler read it, and what kshell says about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.syscall_tbl import load, table_path
from kshell.kbuild.messages import ERROR, NOTE, BuildMessage
from kshell.kbuild.systbl.systbl import generate
from kshell.kbuild.systbl.table_row import SystblResult
from kshell.kbuild.tree.tree_paths import TABLE

VERSIONS = ("4.19", "6.19")
ENTRY = {"4.19": "__x64_sys_test_call", "6.19": "sys_test_call"}
FREE = {"4.19": 335, "6.19": 471}


def pristine(version: str) -> str:
    return Path(table_path(version)).read_text(encoding="utf-8")


def with_row(version: str, row: str) -> str:
    """The release's table with one more row, below the last of those for 64-bit programs."""
    return pristine(version).replace("\n\n# x32", f"\n{row}\n\n# x32")


def built(version: str, row: str) -> SystblResult:
    return generate(with_row(version, row), version)


def only(messages: list[BuildMessage]) -> BuildMessage:
    assert len(messages) == 1, [str(message) for message in messages]
    return messages[0]


def slots(result: SystblResult) -> dict[int, tuple[str, str]]:
    return {row.nr: (row.name, row.symbol) for row in result.rows}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_table_as_it_comes_builds_without_a_word(version: str) -> None:
    result = generate(pristine(version), version)
    assert not result.errors
    assert not result.notes
    expected = {row.number: row.name for row in load(version).rows if row.abi != "x32"}
    assert {row.nr: row.name for row in result.rows} == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_the_row_of_the_slides_asks_for_the_wrapper(version: str) -> None:
    result = built(version, f"{FREE[version]}\tcommon\ttest_call\t{ENTRY[version]}")
    assert not result.errors
    assert not result.notes
    assert slots(result)[FREE[version]] == ("test_call", "__x64_sys_test_call")
    row = next(row for row in result.rows if row.name == "test_call")
    assert row.fields() == [FREE[version], "common", "test_call", "__x64_sys_test_call"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_row_without_an_entry_is_sys_ni_syscall_and_a_note_says_so(version: str) -> None:
    result = built(version, f"{FREE[version]}\tcommon\ttest_call")
    assert slots(result)[FREE[version]][1].endswith("sys_ni_syscall")
    note = only(result.notes)
    assert "has no entry" in note.text
    assert "-ENOSYS" in note.because
    assert ENTRY[version] in note.try_


def test_ptregs_behind_an_entry_is_no_part_of_the_symbol_on_4_19() -> None:
    assert slots(generate(pristine("4.19"), "4.19"))[59] == ("execve", "__x64_sys_execve")


# Rows that are no rows.


@pytest.mark.parametrize(
    ("row", "unknown"),
    [
        ("335\tcommmon\ttest_call\t__x64_sys_test_call", "COMMMON"),
        ("335<tab>common<tab>test_call<tab>__x64_sys_test_call", ""),
        ("335common\ttest_call\t__x64_sys_test_call", "TEST_CALL"),
        ("335\ttest_call\t__x64_sys_test_call", "TEST_CALL"),
    ],
)
def test_4_19_stops_at_an_abi_it_does_not_know(row: str, unknown: str) -> None:
    error = only(built("4.19", row).errors)
    assert error.head() == f"Unknown abi {unknown}"
    assert error.file == TABLE
    assert row.split("\t")[0] in error.excerpt[0]
    assert "stops there" in error.because
    assert "335\tcommon\ttest_call\t__x64_sys_test_call" in error.try_


@pytest.mark.parametrize(
    "row",
    [
        "471\tcommmon\ttest_call\tsys_test_call",
        "471<tab>common<tab>test_call<tab>sys_test_call",
        "471common\ttest_call\tsys_test_call",
        "471\tCommon\ttest_call\tsys_test_call",
        " 471\tcommon\ttest_call\tsys_test_call",
    ],
)
def test_6_19_drops_a_row_in_silence_and_only_a_note_tells(row: str) -> None:
    result = built("6.19", row)
    assert not result.errors
    assert 471 not in slots(result)
    note = only(result.notes)
    assert note.kind == NOTE
    assert note.line == with_row("6.19", row).split("\n").index(row) + 1
    assert "in silence" in note.because or "without a word" in note.because
    assert "471\tcommon\ttest_call\tsys_test_call" in note.try_


def test_4_19_drops_an_indented_row_in_silence() -> None:
    result = built("4.19", " 335\tcommon\ttest_call\t__x64_sys_test_call")
    assert not result.errors
    assert 335 not in slots(result)
    assert only(result.notes).text == "the row is indented"


def test_4_19_takes_an_abi_in_capitals_and_6_19_one_that_only_begins_right() -> None:
    old = built("4.19", "335\tCOMMON\ttest_call\t__x64_sys_test_call")
    assert slots(old)[335][0] == "test_call"
    new = built("6.19", "471\tcommonly\ttest_call\tsys_test_call")
    assert slots(new)[471][0] == "test_call"
    assert "capitals" in only(old.notes).because
    assert "how the word begins" in only(new.notes).because


def test_no_note_on_one_release_speaks_of_the_other() -> None:
    rows = (
        "335\tCOMMON\ta\t__x64_sys_a",
        "39\tcommon\ta\t__x64_sys_a",
        "0x14f\tcommon\ta\t__x64_sys_a",
        "x\tcommon\ta",
    )
    for row in rows:
        for message in built("4.19", row).errors + built("4.19", row).notes:
            assert "6." not in message.because, message
    for row in ("471\tCOMMON\ta\tsys_a", "39\tcommon\ta\tsys_a", "0x14f\tcommon\ta\tsys_a", "471 64 a sys_a # why not"):
        for message in built("6.19", row).errors + built("6.19", row).notes:
            assert "4.19" not in message.because, message


# Numbers.


def test_a_number_that_is_taken_goes_to_the_row_that_sorts_later_on_4_19() -> None:
    result = built("4.19", "39\tcommon\ttest_call\t__x64_sys_test_call")
    assert not result.errors
    assert slots(result)[39][0] == "test_call"
    note = only(result.notes)
    assert "39 is test_call, getpid is gone" in note.because
    assert note.try_ == "335\tcommon\ttest_call\t__x64_sys_test_call"
    earlier = built("4.19", "39\tcommon\tabc\t__x64_sys_abc")
    assert slots(earlier)[39][0] == "getpid"
    assert "39 is getpid, abc is gone" in only(earlier.notes).because


@pytest.mark.parametrize(("number", "why"), [(39, "line 44 has 39 for getpid"), (335, "335 for uretprobe")])
def test_a_number_that_is_taken_stops_6_19(number: int, why: str) -> None:
    error = only(built("6.19", f"{number}\tcommon\ttest_call\tsys_test_call").errors)
    said = f"error: {TABLE}: syscall table is not sorted or duplicates the same syscall number"
    assert error.head() == said
    assert why in error.because
    assert error.try_ == "471\tcommon\ttest_call\tsys_test_call"


def test_a_row_out_of_order_stops_6_19_but_rows_of_x32_do_not_count() -> None:
    text = pristine("6.19")
    late = generate(text + "471\tcommon\ttest_call\tsys_test_call\n", "6.19")
    assert not late.errors
    early = generate(text.replace("39\tcommon\tgetpid", "38\tcommon\tx\tsys_x\n39\tcommon\tgetpid").replace(
        "38\tcommon\tsetitimer\t\tsys_setitimer\n", ""), "6.19")  # fmt: skip
    assert not early.errors
    swapped = text.replace("0\tcommon\tread\t\t\tsys_read\n", "").replace(
        "2\tcommon\topen", "0\tcommon\tread\tsys_read\n2\tcommon\topen"
    )
    error = only(generate(swapped, "6.19").errors)
    assert "not sorted" in error.text
    assert "move the row" in error.try_


def test_335_in_place_of_uretprobe_builds_on_6_19_with_a_note() -> None:
    text = pristine("6.19").replace("335\tcommon\turetprobe\t\tsys_uretprobe", "335\tcommon\ttest_call\tsys_test_call")
    result = generate(text, "6.19")
    assert not result.errors
    assert "uretprobe's number" in only(result.notes).text


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", [512, 547])
def test_a_number_of_x32_builds_and_a_note_proposes_the_next_free_one(version: str, number: int) -> None:
    result = built(version, f"{number}\tcommon\ttest_call\t{ENTRY[version]}")
    assert not result.errors
    assert slots(result)[number] == ("test_call", "__x64_sys_test_call")
    note = only([note for note in result.notes if "x32's" in note.text])
    assert "CONFIG_X86_X32" in note.because
    assert note.try_ == f"{FREE[version]}\tcommon\ttest_call\t{ENTRY[version]}"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", ["4096", "123456789012345678901234567890"])
def test_a_number_above_the_limit_of_kshell_is_an_error_of_its_own(version: str, number: str) -> None:
    error = only(built(version, f"{number}\tcommon\ttest_call\t{ENTRY[version]}").errors)
    assert "too large" in error.text
    assert "Linux sets no limit" in error.because


def test_a_leading_zero_makes_the_number_octal() -> None:
    old = built("4.19", "0335\tcommon\ttest_call\t__x64_sys_test_call")
    assert slots(old)[221][0] == "test_call"
    assert any("fadvise64 is gone" in note.because for note in old.notes)
    table = "0\tcommon\tread\tsys_read\n0335\tcommon\ttest_call\tsys_test_call\n"
    assert only(generate(table, "6.19").errors).text == "duplicate case value"


# Entries.


def test_the_spelling_of_the_other_release_is_left_to_the_linker() -> None:
    old = built("4.19", "335\tcommon\ttest_call\tsys_test_call")
    assert not old.errors + old.notes
    assert slots(old)[335][1] == "sys_test_call"
    new = built("6.19", "471\tcommon\ttest_call\t__x64_sys_test_call")
    assert not new.errors + new.notes
    assert slots(new)[471][1] == "__x64___x64_sys_test_call"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_comment_behind_a_row_is_a_column_to_the_script(version: str) -> None:
    error = only(built(version, f"{FREE[version]}\tcommon\ttest_call\t{ENTRY[version]}\t# my call").errors)
    said = {
        "4.19": "a compat entry for a 64-bit syscall makes no sense",
        "6.19": f"error: {TABLE}: invalid string \"my call\" in 'noreturn' column",
    }
    assert error.head() == said[version]
    assert "# is a field here" in error.because


def test_cr_lf_passes_on_4_19_and_breaks_the_noreturn_column_of_6_19() -> None:
    old = generate(pristine("4.19").replace("\n", "\r\n"), "4.19")
    assert not old.errors
    assert slots(old) == slots(generate(pristine("4.19"), "4.19"))
    assert "CR LF" in only(old.notes).text
    error = only(generate(pristine("6.19").replace("\n", "\r\n"), "6.19").errors)
    assert "invalid string \"noreturn\\r\" in 'noreturn' column" in error.text
    assert "sed -i" in error.try_


def test_every_error_of_a_broken_row_is_of_its_kind() -> None:
    result = built("4.19", "335\tcommon\ttest_call\ttest-call")
    error = only(result.errors)
    assert error.kind == ERROR
    assert error.file == "./arch/x86/include/generated/asm/syscalls_64.h"
    assert error.excerpt[0].endswith("__SYSCALL_64(335, test-call, )")
    assert "is made of line 341 of syscall_64.tbl" in error.because


@pytest.mark.parametrize("behind", [False, True])
def test_of_two_rows_with_one_number_the_new_one_is_to_blame_on_6_19(behind: bool) -> None:
    before = pristine("6.19")
    lines = before.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("335") and "uretprobe" in line)
    row = "335\tcommon\ttest_call\tsys_test_call"
    text = "\n".join([*lines[: at + behind], row, *lines[at + behind :]])
    (error,) = generate(text, "6.19", before=before).errors
    assert error.line == at + behind + 1
    assert "test_call" in error.excerpt[0]
    assert error.because.startswith(f"line {at + 2 - behind} has 335 for uretprobe")
    assert error.try_.split() == ["471", "common", "test_call", "sys_test_call"]


def test_a_new_row_with_too_large_a_number_is_to_blame_and_not_the_one_below_it() -> None:
    before = pristine("6.19")
    lines = before.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("20"))
    text = "\n".join([*lines[:at], "471\tcommon\ttest_call\tsys_test_call", *lines[at:]])
    (error,) = generate(text, "6.19", before=before).errors
    assert error.line == at + 1
    assert error.try_.startswith("move the row to its place by number")
    assert not generate(text, "6.19", before=before).notes
