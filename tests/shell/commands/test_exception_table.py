"""extable: the table, and the search in it."""

from __future__ import annotations

import pytest

from tests.shell.lab import Lab


def test_it_lists_the_rows_in_the_order_of_their_instructions(shared: Lab) -> None:
    rows = shared.json("extable")["rows"]
    assert [row["row"] for row in rows] == list(range(len(rows)))
    assert rows == sorted(rows, key=lambda row: int(row["insn"], 16))
    assert rows[2]["symbol"].startswith("__get_user_4+0x")
    assert (rows[2]["goes_on_at"], rows[2]["by"]) == ("bad_get_user", "ex_handler_default")


def test_of_a_function_it_shows_its_rows(shared: Lab) -> None:
    assert len(shared.json("extable copy_user_handle_tail")["rows"]) == 2
    assert shared.error("extable memset")["because"].startswith("none of its instructions")


def test_of_an_address_it_shows_the_search_by_halves(shared: Lab) -> None:
    row = shared.json("extable __put_user_8")["rows"][0]
    search = shared.json(f"extable {row['insn']}")
    assert search["found"]
    assert search["looks"][-1]["row"] == row["row"]
    assert search["looks"][-1]["side"] == 0
    assert "bad_put_user" in shared.text(f"extable {row['insn']}")


@pytest.mark.parametrize("line", ["extable 0x10", "extable __get_user_1+1", "extable sys_call_table"])
def test_where_no_row_is_that_is_an_oops(shared: Lab, line: str) -> None:
    assert not shared.json(line)["found"]
    assert shared.text(line).endswith("no row has it: such a fault is an oops")


@pytest.mark.parametrize("line", ["extable a b", "extable nonsense", "extable 0xzz", "extable $rsp"])
def test_what_it_cannot_look_up_it_says(lab: Lab, line: str) -> None:
    assert lab.error(line)["try"]
