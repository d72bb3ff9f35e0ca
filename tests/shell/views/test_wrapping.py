"""Lines fitted to a number of columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.views.view import plain
from kshell.shell.views.wrapping import choice_lines, columns, folded, padded, rows


@pytest.mark.parametrize(
    ("text", "width", "folded"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("two words here", 9, ["two words", "here"]),
        ("  because: it is so", 12, ["  because:", "  it is so"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("a\tb", 20, ["a       b"]),
        ("\x1b[31m", 20, ["\\x1b[31m"]),
        ("世界世界", 5, ["世界", "世界"]),
        ("    deep", 3, ["", " de", " ep"]),
    ],
)
def test_a_line_is_folded_at_blanks_under_its_indentation(text: str, width: int, folded: list[str]) -> None:
    assert [plain(row).rstrip() for row in rows([(text, "")], width)] == folded


def test_each_piece_keeps_its_role() -> None:
    assert rows([("one ", "dim"), ("two", "name")], 4) == [[("one ", "dim")], [("two", "name")]]


@given(st.text(max_size=120), st.integers(1, 40))
def test_rows_never_are_wider_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    found = [plain(row) for row in rows([(text, "")], width)]
    assert all(columns(row) <= max(width, 2) for row in found)
    whole = "".join(plain(row) for row in rows([(text, "")], 10_000))
    assert "".join(found).replace(" ", "") == whole.replace(" ", "")


@given(st.text(max_size=120), st.integers(1, 40), st.integers(0, 9))
def test_a_folded_text_never_is_wider_and_loses_nothing_but_blanks(text: str, width: int, rest: int) -> None:
    found = folded(text, width + rest, " " * rest)
    assert all(columns(row) <= max(width + rest, rest + 2) for row in found)
    assert all(row.startswith(" " * rest) or not row.strip() for row in found[1:])
    whole = "".join(plain(row) for row in rows([(text, "")], 10_000))
    assert "".join("".join(found).split()) == "".join(whole.split())


def test_a_wide_character_stands_behind_an_indentation_that_leaves_it_no_room() -> None:
    assert folded("F世2", 2, " ") == ["F", " 世", " 2"]


def test_a_text_is_padded_to_columns() -> None:
    texts = ("ab", "世界", "e\u0301", "longer")
    assert [padded(text, 5) for text in texts] == ["ab   ", "世界 ", "e\u0301    ", "longer"]


def test_the_rest_of_a_choice_stands_under_its_text() -> None:
    lines = choice_lines(1, "one two three", 16)
    assert [plain(line) for line in lines] == ["     b) one two", "        three"]
