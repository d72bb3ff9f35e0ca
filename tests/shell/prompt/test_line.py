"""What stands at the cursor of a line that is still being typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.commands.registry import everything, find
from kshell.shell.prompt.line import at_cursor, expected, lenient, literals_of


@pytest.mark.parametrize(
    ("before", "words", "word", "start", "quote"),
    [
        ("", [], "", 0, ""),
        ("sys", [], "sys", 0, ""),
        ("syscall ", ["syscall"], "", 8, ""),
        ("syscall wri", ["syscall"], "wri", 8, ""),
        ("lsmod; rm", [], "rm", 7, ""),
        ("lsmod;", [], "", 6, ""),
        ('echo "a;b', ["echo"], "a;b", 5, '"'),
        ("echo 'a b", ["echo"], "a b", 5, "'"),
        ('echo "a\\', ["echo"], "a\\", 5, '"'),
        ('echo "a" ', ["echo", "a"], "", 9, ""),
        ("cat a\\ b", ["cat"], "a b", 4, ""),
    ],
)
def test_the_cursor_is_in_a_word_of_its_command(
    before: str, words: list[str], word: str, start: int, quote: str
) -> None:
    cursor = at_cursor(before)
    assert cursor is not None
    found = [w.text for w in cursor.words], cursor.word.text, cursor.start, cursor.quote
    assert found == (words, word, start, quote)


@pytest.mark.parametrize("before", ["# hello", "lsmod # and", "lsmod; #"])
def test_in_a_comment_there_is_nothing_to_complete(before: str) -> None:
    assert at_cursor(before) is None


@given(st.text(alphabet="ab \\\"';#|\t", max_size=12))
def test_any_beginning_of_a_line_can_be_read(text: str) -> None:
    parts, quote = lenient(text)
    assert quote in ("", "'", '"')
    assert all(word.column <= len(text) for part in parts for word in part.words)
    at_cursor(text)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("", "command"),
        ("syscall ", "syscall"),
        ("syscall --raw ", "syscall"),
        ("syscall write ", "value"),
        ("syscall write -1 ", "value"),
        ("trace ", "line"),
        ("trace syscall ", "syscall"),
        ("trace syscall write 1 ", "value"),
        ("trace write ", "value"),
        ("trace run --hops ", "file"),
        ("trace on ", "line"),
        ("help ", "command"),
        ("man ", "syscall"),
        ("rmmod ", "module"),
        ("rmmod -f a ", "module"),
        ("modprobe hello ", "parameter"),
        ("module copy ", "sample"),
        ("module copy hello ", "folder"),
        ("table check ", "file"),
        ("table open ", "row"),
        ("x/4gx ", "symbol"),
        ("run --hex ", "value of an option"),
        ("modprobe -r ", "sample"),
        ("asm --save ", "value of an option"),
        ("dmesg -l ", "value of an option"),
        ("dmesg -l err ", ""),
        ("nonsense ", ""),
        ("boot ", "kernel"),
    ],
)
def test_what_belongs_at_the_cursor(line: str, kind: str) -> None:
    cursor = at_cursor(line)
    assert cursor is not None
    assert expected(cursor.words).kind == kind


def test_the_call_of_an_argument_is_known_behind_trace_too() -> None:
    for line in ("syscall write 1 ", "trace syscall write 1 ", "trace write 1 "):
        cursor = at_cursor(line)
        assert cursor is not None
        wanted = expected(cursor.words)
        assert (wanted.call, wanted.position) == ("write", 2)


def test_the_value_of_an_option_belongs_behind_each_of_its_spellings() -> None:
    command = find("dmesg")
    assert command is not None
    by_name = {spelling: option for option in command.options for spelling in option.spellings}
    assert by_name["--level"].value == by_name["-l"].value == "LEVELS"
    assert by_name["-w"].value == ""


def test_literal_words_are_read_out_of_the_usage() -> None:
    found = {command.name: list(literals_of(command)) for command in everything() if literals_of(command)}
    assert found["trace"] == ["syscall", "run", "insmod", "modprobe", "rmmod", "on", "off"]
    assert found["module"] == ["copy", "list"]
    assert found["table"] == ["check"]
    assert "boot" not in found
