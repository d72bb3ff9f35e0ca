"""Lines into commands and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.errors import CommandError
from kshell.shell.lines.words import caret, split


def texts(line: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in split(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("   \t ", []),
        ("a b  c", [["a", "b", "c"]]),
        ("a; b;;c ;", [["a"], ["b"], ["c"]]),
        ("a 'x;y' \"p;q\"", [["a", "x;y", "p;q"]]),
        ("a # b; c", [["a"]]),
        ("a#b # c", [["a#b"]]),
        ("# nothing", []),
        ('say "he said \\"hi\\" \\\\ \\n"', [["say", 'he said "hi" \\ \\n']]),
        ("say 'it is \"so\"'", [["say", 'it is "so"']]),
        ("one\\ word two\\;", [["one word", "two;"]]),
        ("run C:\\lab\\a.s", [["run", "C:\\lab\\a.s"]]),
        ("a'b'\"c\"d", [["abcd"]]),
        ("a '' \"\"", [["a", "", ""]]),
        ("c '\\''", [["c", "'"]]),
        ("tail\\", [["tail\\"]]),
    ],
)
def test_a_line_is_cut_into_commands_and_words(line: str, expected: list[list[str]]) -> None:
    assert texts(line) == expected


def test_a_word_knows_where_it_stands_and_how_it_was_typed() -> None:
    words = split('  syscall  "a b" ')[0].words
    assert [(w.column, w.raw, w.quote) for w in words] == [(2, "syscall", ""), (11, '"a b"', '"')]
    assert words[1].inside == "a b"


def test_a_command_has_its_text_as_typed() -> None:
    assert [c.text for c in split(" echo  'a;b' ; lsmod # list")] == ["echo  'a;b'", "lsmod"]


@pytest.mark.parametrize(("line", "column"), [('echo "abc', 5), ("echo a'b", 6), ("x; y 'z", 5)])
def test_a_quote_that_is_not_closed_is_shown_with_a_caret(line: str, column: int) -> None:
    with pytest.raises(CommandError) as caught:
        split(line)
    assert caught.value.details == [line, " " * column + "^"]
    assert "not closed" in caught.value.what
    assert caught.value.because
    assert split(caught.value.try_.partition("  (")[0])


def test_a_caret_in_a_long_line_shows_the_part_around_it() -> None:
    shown, mark = caret("x" * 300 + "!" + "y" * 300, 300)
    assert len(shown) <= 100
    assert shown[mark.index("^")] == "!"


@given(st.text(max_size=80))
def test_any_line_is_split_or_refused(line: str) -> None:
    try:
        commands = split(line)
    except CommandError:
        assert any(quote in line for quote in "\"'")
        return
    for command in commands:
        assert command.words
        for word in command.words:
            assert line[word.column : word.column + len(word.raw)] == word.raw


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="'"), max_size=12), min_size=1, max_size=5))
def test_single_quotes_bring_any_text_through(words: list[str]) -> None:
    line = " ".join(f"'{word}'" for word in words)
    assert texts(line) == [words]
