"""The slide as rows of a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.present.deck import Ask, Deck, Run, Slide, Tell
from kshell.shell.present.layout import heading_rows, keys_page, screenful, step_line
from kshell.shell.present.presentation import Presentation
from kshell.shell.present.prose import Paragraphs
from kshell.shell.views.view import Text, plain, span
from kshell.shell.views.wrapping import columns

ASK = Ask(Paragraphs(["What does it answer?"]), ("one thing", "another thing that is longer than the first"), 1)
SLIDE = Slide(
    "A heading of a few words", Paragraphs(["Prose. " * 30]), (), (ASK, Run(("syscall getpid",)), Tell(Text(["So."])))
)


def presentation(lines: int = 5, place: tuple[int, int] = (0, 2)) -> Presentation:
    found = Presentation(Deck("d", (SLIDE, Slide("Next"))))
    found.place = place
    found.hands[0, 0] = (3, 5)
    found.shown[0, 1] = [span(f"line {n}") for n in range(lines)]
    return found


def texts(found: Presentation, width: int = 80, height: int = 23, top: int | None = None) -> list[str]:
    return [plain(row) for row in screenful(found, width, height, top).rows]


@given(st.integers(1, 200), st.integers(1, 60), st.integers(0, 80), st.sampled_from([(0, 0), (0, 1), (0, 2), (0, 3)]))
def test_a_screen_is_filled_exactly_and_never_too_wide(w: int, h: int, lines: int, place: tuple[int, int]) -> None:
    rows = texts(presentation(lines, place), w, h)
    assert len(rows) == h
    assert max(map(columns, rows)) <= w


def test_the_beginning_of_a_long_result_is_seen_first_and_the_rest_by_pages() -> None:
    found = presentation(50)
    first = screenful(found, 80, 23, None)
    assert plain(first.rows[4]) == "kshell> syscall getpid"
    assert plain(first.rows[5]) == "line 0"
    assert first.has_more
    assert "Space: more" in plain(first.rows[-1])
    second = screenful(found, 80, 23, first.top + first.room - 1)
    assert plain(second.rows[4]) == plain(first.rows[4 + first.room - 1])
    last = screenful(found, 80, 23, 999)
    assert not last.has_more
    assert "line 49" in [plain(row) for row in last.rows]
    assert "Up: more above" in plain(last.rows[-1])
    assert "Prose." in plain(screenful(found, 80, 23, -5).rows[4])


def test_the_bottom_line_says_what_the_next_key_does() -> None:
    feet = [texts(presentation(2, place), 80, 40)[-1] for place in ((0, 0), (0, 1), (0, 2), (0, 3), (1, 0))]
    assert [foot.split("   ")[0] for foot in feet] == [
        *(
            "1/2  Space: count hands",
            "1/2  Space: run it",
            "1/2  Space: go on",
            "1/2  Space: next slide",
            "2/2  the end",
        )
    ]
    assert texts(presentation(2), 30)[-1] == "1/2  Space: go on   r: again"
    assert texts(presentation(2), 26)[-1] == "1/2  Space: go on"


def test_a_question_is_seen_with_the_command_that_it_is_about_and_not_its_answer() -> None:
    rows = texts(presentation(place=(0, 0)), 80, 40)
    assert "kshell> syscall getpid" in rows
    assert not [row for row in rows if "█" in row or "<- right" in row or "So." in row or "line" in row]


@pytest.mark.parametrize(("width", "height", "count"), [(80, 24, 4), (40, 24, 4), (20, 24, 5), (80, 10, 2), (80, 5, 1)])
def test_a_heading_is_a_banner_where_there_is_room(width: int, height: int, count: int) -> None:
    rows = [plain(row) for row in heading_rows("A heading of a few words", width, height)]
    assert len(rows) == count
    assert " ".join(rows).replace("━", "").split() == ["A", "heading", "of", "a", "few", "words"]


def test_a_long_heading_takes_three_rows_at_most() -> None:
    assert len(heading_rows("word " * 100, 40, 24)) == 6


def test_the_keys_fit_into_a_narrow_screen() -> None:
    assert max(columns(plain(row)) for row in keys_page(40)) <= 40
    assert len(keys_page(80)) <= 22


def test_without_slides_the_line_counts_commands() -> None:
    line = plain(step_line(presentation(place=(0, 1)), 80))
    assert line == "[0 of 1 done]  Space: run it   Backspace: back   q: live shell   ?: keys"
