"""table, kallsyms."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kshell.abi.syscall_tbl import table_path
from kshell.shell.views.view import Column, Table
from tests.shell.lab import Lab

BAD = "0\tcommon\tread\t__x64_sys_read\nx\tcommon\tfoo\t__x64_sys_foo\n1\tcomon\twrite\t__x64_sys_write\n"
TABLES = Path(__file__).parents[4] / "shared" / "tables"


def test_table_shows_each_row_and_what_its_slot_holds(shared: Lab) -> None:
    (entry,) = shared.json("table 39")["entries"]
    k = shared.session.kernel
    assert entry["name"] == "getpid"
    assert entry["abi"] == "common"
    assert entry["entry"] == "__x64_sys_getpid"
    assert entry["symbol"] == "__x64_sys_getpid"
    assert int(entry["address"], 16) == k.memory.load(k.sys_call_table + 8 * 39)
    assert "39  common  getpid" in shared.text("table 39")


@pytest.mark.parametrize("profile", ["course", "4.19", "6.19"])
def test_the_whole_table_has_a_line_for_every_row(profile: str) -> None:
    lab = Lab(profile)
    entries = lab.json("table")["entries"]
    assert len(entries) == len(lab.session.kernel.table.rows)
    assert {(e["nr"], e["abi"]) for e in entries} == {(r.number, r.abi) for r in lab.session.kernel.table.rows}


def test_table_filters_by_range_name_abi_and_state(shared: Lab) -> None:
    def numbers(line: str) -> list[int]:
        return [entry["nr"] for entry in shared.json(line)["entries"]]

    assert numbers("table 0-3") == [0, 1, 2, 3]
    assert numbers("table open") == [2]
    assert 257 in numbers("table openat")
    assert {2, 257} <= set(numbers("table pen"))
    assert all(n >= 512 for n in numbers("table --abi x32"))
    assert 39 in numbers("table --state built")
    assert 101 in numbers('table --state "not built"')
    assert 101 not in numbers("table --state built")
    assert numbers("table 0-3 --state x32") == []


def test_a_hole_has_a_line_without_a_name(lab: Lab) -> None:
    entries = Lab("6.19").json("table --state hole")["entries"]
    assert entries
    assert all(entry["name"] is None and entry["symbol"].endswith("sys_ni_syscall") for entry in entries)


def test_a_slot_that_was_overwritten_shows_where_it_points(lab: Lab) -> None:
    k = lab.session.kernel
    target = k.symbols.lookup("__x64_sys_getppid")
    assert target is not None
    k.memory.poke(k.sys_call_table + 8 * 39, target.address.to_bytes(8, "little"))
    assert lab.json("table getpid")["entries"][0]["symbol"] == "__x64_sys_getppid"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("table opne", "no call opne"),
        ("table --abi x86", "unknown ABI"),
        ("table --state bilt", "unknown state"),
        ("table 5-1", "runs backwards"),
        ("table check", "check takes one file"),
        ("table check nope.tbl", "No such file or directory"),
        ("table --foo", "table: unrecognized option '--foo'"),
    ],
)
def test_a_wrong_question_is_refused_with_a_way_out(shared: Lab, line: str, what: str) -> None:
    error = shared.error(line)
    assert what in error["what"]
    assert error["try"]


def test_table_check_shows_all_mistakes_with_carets_and_fails() -> None:
    Path("bad.tbl").write_text(BAD)
    result = Lab().result("table check bad.tbl")
    assert result.status == 1
    text = result.view.text()
    assert "bad.tbl:3:3: Unknown abi COMON" in text
    assert "note: bad.tbl:2:1: " in text
    assert "^" in text
    told = result.json()["result"]
    assert [(e["line"], e["column"]) for e in told["errors"]] == [(3, 3)]
    assert [w["line"] for w in told["warnings"]] == [2]
    assert all(e["what"] and e["because"] and e["try"] for e in [*told["errors"], *told["warnings"]])


def test_table_check_of_a_good_file_says_so_and_shows_what_is_new_in_it() -> None:
    Path("good.tbl").write_text("# mine\n335\tcommon\ttest_call\t__x64_sys_test_call\n")
    result = Lab().result("table check good.tbl")
    assert result.status == 0
    (entry,) = result.json()["result"]["entries"]
    assert (entry["nr"], entry["name"]) == (335, "test_call")
    assert result.view.text() == "1 row, no mistakes"
    own = table_path("6.19")
    assert Lab("6.19").text(f"table check {own}").endswith(" rows, no mistakes")
    Path("mine.tbl").write_text(Path(own).read_text() + "480 common hello sys_hello\n")
    told = Lab("6.19").text("table check mine.tbl").split("\n")
    assert told[1].split() == ["480", "common", "hello", "sys_hello"]
    assert told[-1].endswith("; hello not in 6.19 itself")


def test_table_check_of_any_bytes_is_one_clear_answer() -> None:
    Path("junk.tbl").write_bytes(bytes(range(256)) * 3)
    assert Lab().result("table check junk.tbl").status == 1
    Path("empty.tbl").write_bytes(b"")
    assert "no rows" in Lab().error("table check empty.tbl")["what"]


@pytest.mark.skipif(not TABLES.is_dir(), reason="Linux's own tables are not beside this checkout")
def test_table_check_takes_linuxs_own_tables() -> None:
    for name in os.listdir(TABLES):
        if "64" in name:
            assert Lab().result(f"table check {TABLES / name}").status == 0


def test_kallsyms_finds_by_name_pattern_and_address(shared: Lab) -> None:
    def names(line: str) -> list[str]:
        return [row["name"] for row in shared.json(line)["rows"]]

    assert names("kallsyms sys_call_table") == ["sys_call_table"]
    assert "STUB_test_call" in names("kallsyms STUB_*")
    address = shared.json("kallsyms __x64_sys_getpid")["rows"][0]["address"]
    assert names(f"kallsyms {address}") == ["__x64_sys_getpid"]
    assert names(f"kallsyms {int(address, 16) + 5:#x}") == ["__x64_sys_getpid"]
    assert len(names("kallsyms")) == len(shared.session.kernel.symbols)


def test_kallsyms_names_the_module_that_owns_a_symbol(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    assert lab.json("kallsyms my_test_call")["rows"][0]["module"] == "syscallModule"
    assert "[syscallModule]" in lab.text("kallsyms my_test_call")


def test_kallsyms_of_nothing_is_answered_with_the_nearest(shared: Lab) -> None:
    assert shared.error("kallsyms sys_cal_table")["try"] == "kallsyms sys_call_table"
    assert "no function or variable" in shared.error("kallsyms 0x10")["because"]


@pytest.mark.parametrize("profile", ["4.19", "6.19"])
def test_the_tables_that_come_with_kshell_give_no_warnings_on_their_own_release(profile: str) -> None:
    assert "warnings" not in Lab(profile).json(f"table check {table_path(profile)}")


@pytest.mark.parametrize("line", ["table", "table 0-3", "table --abi x32", "kallsyms"])
def test_a_narrow_screen_loses_columns_but_no_part_of_a_word(shared: Lab, line: str) -> None:
    view = shared.result(line).view
    words = {word for text in view.text().split("\n") for word in text.split()}
    narrow = view.text(80).split("\n")
    assert max(map(len, narrow)) <= 80
    notes = [text for text in narrow if text.startswith("(on a wider screen also:")]
    assert {word for text in narrow if text not in notes for word in text.split()} <= words
    assert len(narrow) - len(notes) == len(view.text().split("\n"))


def test_the_last_column_is_folded_by_words() -> None:
    view = Table([Column("a"), Column("b")], [("xxxxx", "one two three four five six seven")], {})
    assert view.text(31).split("\n") == ["a      b", "xxxxx  one two three four five", "       six seven"]


def test_a_number_of_the_table_may_be_hexadecimal(shared: Lab) -> None:
    assert [e["name"] for e in shared.json("table 0x14f")["entries"]] == ["test_call"]
    assert [e["nr"] for e in shared.json("table 0x9-0xb")["entries"]] == [9, 10, 11]
