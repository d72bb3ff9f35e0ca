"""What is told to a person: the words, the line with its caret, and the word that was probably meant."""

from __future__ import annotations

import pytest

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import Problem, ProblemError, excerpt


def test_a_problem_has_three_sentences_and_perhaps_a_place() -> None:
    problem = Problem("no such goal", "make knows others", "make help")
    assert (problem.where, problem.excerpt) == ("", ())
    assert problem._replace(where="Makefile:3").where == "Makefile:3"
    error = ProblemError(*problem[:3])
    assert (error.problem, str(error)) == (problem, "no such goal")
    assert (error.what, error.because, error.try_) == problem[:3]


@pytest.mark.parametrize(
    ("column", "width", "shown"),
    [
        (0, 1, ("    2 |  long b;",)),
        (2, 1, ("    2 |  long b;", "      |  ^")),
        (2, 4, ("    2 |  long b;", "      |  ^~~~")),
        (7, 9, ("    2 |  long b;", "      |       ^~")),
        (40, 1, ("    2 |  long b;", "      | " + " " * 8 + "^")),
    ],
)
def test_an_excerpt_is_the_line_and_carets_under_the_place(column: int, width: int, shown: tuple[str, ...]) -> None:
    assert excerpt("int a;\r\n\tlong b;\nint c;\n", 2, column, width) == shown


@pytest.mark.parametrize("line", [-1, 0, 3])
def test_an_excerpt_of_a_line_that_there_is_not_is_empty(line: int) -> None:
    assert excerpt("one\ntwo\n", line, 1) == ()


def test_a_form_feed_ends_no_line() -> None:
    assert excerpt("one\x0cstill one\ntwo\n", 2) == ("    2 | two",)


def test_an_excerpt_shows_the_column_in_a_long_line_and_nothing_a_terminal_obeys() -> None:
    line, caret = excerpt("é" * 500 + "核X\x1b[2J", 1, 502)
    assert "\x1b" not in line
    assert line[caret.index("^") - 1] == "X"  # the wide character before it takes two columns
    assert len(line) < 200


def test_the_nearest_word_is_offered_in_its_own_letter_case() -> None:
    assert did_you_mean("modules_instal", ["modules", "modules_install", "clean"]) == ["modules_install"]
    assert did_you_mean("kern_notise", ["KERN_NOTICE", "KERN_ERR"]) == ["KERN_NOTICE"]
    assert did_you_mean("zebra", ["modules", "clean"]) == []


def test_a_slip_is_a_letter_or_two() -> None:
    assert did_you_mean("test_call", ["other_call"]) == ["other_call"]
    assert did_you_mean("test_call", ["other_call", "test_call_of_mine"], slip=True) == []
    assert did_you_mean("test_call", ["test_cal"], slip=True) == ["test_cal"]


def test_a_beginning_is_enough_where_no_word_is_near() -> None:
    known = ["modules_install_everything", "modules_prepare_the_tree"]
    assert did_you_mean("mod", known) == ["modules_prepare_the_tree"]
    assert did_you_mean("mod", known, 2) == ["modules_prepare_the_tree", "modules_install_everything"]
    assert did_you_mean("mo", known) == []
