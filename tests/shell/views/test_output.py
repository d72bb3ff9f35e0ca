"""Plain text, JSON, rich text: three faces of the same results."""

from __future__ import annotations

import io
import json

import pytest

from kshell.shell.session import Session
from kshell.shell.views.output import JsonOutput, PlainOutput
from kshell.shell.views.render import RichOutput
from kshell.shell.views.themes import ROLES as LOOKS
from kshell.shell.views.view import Column, Table, Text, show
from tests.shell.lab import screen


def as_json(*lines: str, keep_going: bool = True) -> list[dict[str, object]]:
    out = io.StringIO()
    Session(output=JsonOutput(out), keep_going=keep_going).run_lines(lines)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def rich(*lines: str, width: int = 80, color: bool = False) -> str:
    out = io.StringIO()
    output = RichOutput(out, width)
    if color:
        output.console._color_system = output.console._detect_color_system() or output.console._color_system
    session = Session(output=output, interactive=True)
    for line in lines:
        session.execute(line)
    return out.getvalue()


def test_json_is_one_object_a_command_on_a_line() -> None:
    objects = as_json("syscall getpid; syscall close 99", "nope")
    assert [o["command"] for o in objects] == ["syscall getpid", "syscall close 99", "nope"]
    assert [o["status"] for o in objects] == [0, 0, 1]
    assert [set(o) for o in objects] == [
        {"schema", "command", "status", "result"},
        {"schema", "command", "status", "result"},
        {"schema", "command", "status", "error"},
    ]
    assert set(objects[2]["error"]) == {"what", "because", "try"}  # type: ignore[call-overload]


def test_json_collects_what_programs_write() -> None:
    (found,) = as_json('syscall write 1 "a\\n\\xff" 3')
    assert found["result"]["output"] == "a\n\\xff"  # type: ignore[index]


def test_json_keeps_what_a_program_wrote_before_it_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kshell.shell.state.context.BUDGET", 100_000)
    loop = "b801000000bf0100000048c7c600104000ba010000000f05ebe6"  # write(1, its own first byte, 1) without end
    (found,) = as_json(f"run --hex {loop}")
    assert found["status"] == 1
    assert str(found["output"]).startswith("\\xb8")


def test_json_of_an_unclosed_quote_is_an_error_object() -> None:
    (found,) = as_json("echo 'a")
    assert found["command"] == "echo 'a"
    assert found["status"] == 1


def test_json_survives_bytes_that_are_no_text() -> None:
    (found,) = as_json("echo \udcff\x1b")
    assert found["status"] == 0


def test_failures_go_to_the_error_stream() -> None:
    out, err, _ = screen("nope")
    assert out == ""
    assert err.split("\n")[0] == "nope: command not found"


def test_no_control_character_of_a_command_reaches_the_terminal() -> None:
    out, err, _ = screen("\x1b[31mred", "echo \x1b[31m", "syscall \x1b[2J", "x/\x07 0")
    assert "\x1b" not in out + err
    assert "\x07" not in out + err


def test_text_is_made_fit_for_a_terminal() -> None:
    assert show("a\tb") == "a\tb"
    assert show("\x1b[0m\x7f\udcff\u200e") == "\\x1b[0m\\x7f\\xff\\u200e"
    assert show("é漢") == "é漢"


def test_rich_shows_the_same_words_as_plain() -> None:
    lines = ("syscall getpid", "trace syscall close 99", "lsmod", "table 0-3", "kallsyms STUB_*", "nope")
    out, err, _ = screen(*lines)

    def words(text: str) -> list[str]:
        return text.split()

    assert words(rich(*lines, width=200)) == words(out + err)


@pytest.mark.parametrize("width", [40, 60, 79, 132])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    text = rich("trace syscall test_call 42", "help", "man write", "table 0-5", "dmesg", "nope", "regs", width=width)
    assert max(len(line) for line in text.split("\n")) <= width


def test_rich_interprets_nothing_in_the_text() -> None:
    assert "[bold]x[/bold] :smile:" in rich("echo [bold]x[/bold] :smile:")


def test_no_colour_and_a_dumb_terminal_get_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv("FORCE_COLOR", "1")
            patch.setenv(name, value)
            text = rich("syscall close 99")
            assert "\x1b[3" not in text
            assert "\x1b[9" not in text


ROLES = (
    *("address", "bytes", "caret", "comment", "dim", "errno", "error", "good", "heading", "hint", "instruction"),
    *("level0", "level1", "level2", "level3", "level4", "level5", "level6", "level7"),
    *("module", "name", "note", "number", "ring0", "ring3", "string", "symbol"),
)


def test_every_role_has_a_style() -> None:
    assert set(LOOKS) == set(ROLES)


def test_a_table_has_aligned_columns_and_no_trailing_blanks() -> None:
    view = Table([Column("nr", right=True), Column("name"), Column("x")], [["1", "a", ""], ["10", "long", "z"]], {})
    assert view.text() == "nr  name  x\n 1  a\n10  long  z"


def test_a_text_view_has_a_result_for_json() -> None:
    assert Text(["a", "b"]).json() == {"text": "a\nb"}


def test_program_bytes_go_through_unchanged() -> None:
    raw = io.BytesIO()
    output = PlainOutput(io.TextIOWrapper(raw, encoding="utf-8", write_through=True), io.StringIO())
    Session(output=output).execute('syscall write 1 "\\xff\\x00a\\n" 4')
    assert raw.getvalue().startswith(b"\xff\x00a\n")
