"""What a session has shown is known, in the order in which it was shown, and costs no more than it may."""

from __future__ import annotations

import errno

import pytest

from kshell.shell.views import record as records
from kshell.shell.views.record import CUT, Record
from kshell.shell.views.view import plain, span
from tests.shell.lab import Lab


def texts(record: Record) -> list[list[str]]:
    return [[plain(line) for line in command.all_lines] for command in record.commands]


def filled() -> Record:
    record = Record()
    record.begin("kshell> ", "one")
    return record


def test_a_program_s_output_becomes_lines_and_a_result_begins_on_its_own() -> None:
    record = filled()
    for data in (b"a", b"b\nc", b"\n\n", b"d"):
        record.write(data)
    record.add([span("result")])
    record.write(b"e\n")
    record.begin("kshell> ", "two")
    assert texts(record) == [["kshell> one", "ab", "c", "", "d", "result", "e"], ["kshell> two"]]


def test_a_character_may_come_in_two_pieces_and_what_is_none_is_told() -> None:
    record = filled()
    for data in ("é".encode()[:1], "é".encode()[1:], b"\xff\x00\n"):
        record.write(data)
    assert texts(record) == [["kshell> one", "é\\xff\\x00"]]


def test_control_sequences_of_a_program_are_left_out() -> None:
    record = filled()
    record.write(b"\x1b[H\x1b[2J\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x1bM\r\nnext\x07")
    assert texts(record) == [["kshell> one", "red", "next\\x07"]]


def test_what_follows_is_handed_the_same_text() -> None:
    record = Record()
    told: list[str] = []
    record.follow = told.append
    record.begin("kshell> ", "one")
    record.write(b"open")
    record.add([span("result"), span("\x1b[31m")])
    record.write(b"a\nb\n")
    record.begin("kshell> ", "two")
    assert "".join(told) == "kshell> one\nopen\nresult\n\\x1b[31m\na\nb\nkshell> two\n"


def test_one_who_cannot_follow_is_let_go_and_that_is_said_once() -> None:
    record = Record()

    def full(text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")

    record.follow = full
    record.begin("kshell> ", "one")
    assert record.follow is None
    assert record.take_news() == ["the transcript has ended: /tmp/x: No space left on device"]
    assert record.take_news() == []
    assert texts(record) == [["kshell> one"]]


def test_the_first_commands_of_a_long_session_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 10_000)
    record = Record()
    for number in range(1000):
        record.begin("kshell> ", str(number))
        record.add([span("x" * 100)])
    assert record.forgotten + len(record.commands) == 1000
    assert 10 < len(record.commands) < 100
    assert record.commands[-1].text == "999"


def test_a_command_that_shows_without_end_is_cut_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 10_000)
    record = filled()
    record.begin("kshell> ", "endless")
    for _ in range(1000):
        record.write(b"y")
    record.write(b"y\n")
    record.begin("kshell> ", "after")
    assert [command.text for command in record.commands] == ["one", "endless", "after"]
    assert texts(record)[1][-1] == CUT
    assert sum(map(len, texts(record)[1])) < 100


def test_what_was_typed_is_there_and_what_somebody_else_gave_is_not(lab: Lab) -> None:
    with open("lab.ksh", "w", encoding="utf-8") as file:
        file.write("echo from the file\n")
    for line in ("echo a; echo b", "# a remark", "source lab.ksh", "echo 'open", "boot 6.19", "echo c"):
        lab.session.execute(line)
    shown = texts(lab.session.output.record)
    assert shown[:3] == [["kshell> echo a", "a"], ["kshell> echo b", "b"], ["kshell> source lab.ksh", "from the file"]]
    assert shown[3][0] == "kshell> echo 'open"
    assert shown[5] == ["kshell 6.19> echo c", "c"]
