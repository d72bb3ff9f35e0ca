"""A show of hands: typed in, drawn, compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.errors import CommandError
from kshell.shell.present.deck import Ask
from kshell.shell.present.hands import asked_lines, read_hands, verdict
from kshell.shell.views.view import Text, plain
from kshell.shell.views.wrapping import columns

ASK = Ask(Text(["What comes?"]), ("nothing", "a number", "an oops"), 1)


@pytest.mark.parametrize("text", ["12 40 3", "12,40,3", " 12, 40 ,3 ", "012 40 3"])
def test_hands_are_a_number_for_each_choice(text: str) -> None:
    assert read_hands(text, ASK) == (12, 40, 3)


@pytest.mark.parametrize("text", ["", "12 40", "1 2 3 4", "1 2 x", "1 -2 3", "1 2 9999999", "1 2 ²"])
def test_what_is_not_that_is_told_with_an_example(text: str) -> None:
    with pytest.raises(CommandError) as error:
        read_hands(text, ASK)
    assert (error.value.what, error.value.try_) == ("3 numbers, one for each choice", "12 40 3")


def test_bars_are_as_long_as_their_hands() -> None:
    lines = [plain(line) for line in asked_lines(ASK, (10, 40, 0), False, 80)]
    assert lines == [
        *("What comes?", "     a) nothing", "   " + "█" * 10 + " 10 (20 %)"),
        *("     b) a number", "   " + "█" * 40 + " 40 (80 %)", "     c) an oops", "   0 (0 %)"),
    ]


def test_the_right_one_is_marked_when_it_is_judged() -> None:
    lines = [plain(line) for line in asked_lines(ASK, None, True, 80)]
    assert lines == ["What comes?", "     a) nothing", "     b) a number  <- right", "     c) an oops"]


@pytest.mark.parametrize(
    ("hands", "said"),
    [
        (None, "It is b."),
        ((0, 0, 0), "It is b."),
        ((10, 40, 5), "40 of 55 said b, and so it is."),
        ((30, 20, 5), "20 of 55 said b, and so it is. Most of you, 30, said a."),
    ],
)
def test_the_verdict_compares_what_was_said_with_what_is_so(hands: tuple[int, ...] | None, said: str) -> None:
    assert [plain(line) for line in verdict(ASK, hands, 80)] == [said]
    assert verdict(ASK._replace(right=None), hands, 80) == []


@given(st.tuples(*[st.integers(0, 999_999)] * 3), st.integers(20, 200))
def test_bars_fit_into_any_screen(hands: tuple[int, ...], width: int) -> None:
    lines = asked_lines(Ask(Text([]), ("a", "b", "c")), hands, False, width)
    assert max(columns(plain(line)) for line in lines) <= max(width, 30)
