"""Results kept as lines, to be drawn on a slide."""

from __future__ import annotations

from kshell.shell.present.recorder import Recorder
from kshell.shell.views.output import Output, Result
from kshell.shell.views.view import Line, Text, plain


class Screen(Output):
    """Keeps what goes to it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def put_bytes(self, data: bytes) -> None:
        self.seen.append(data.decode())

    def put_line(self, line: Line) -> None:
        self.seen.append(plain(line))


def kept(*written: bytes) -> list[str]:
    """What a program's bytes come to, and behind them a result."""
    lines: list[Line] = []
    recorder = Recorder(Screen(), lines)
    for data in written:
        recorder.write(data)
    recorder.show(Result("x", 0, Text(["= 0"]), notes=["so it is"]))
    return [plain(line) for line in lines]


def test_what_a_program_writes_is_lines_and_a_result_begins_a_new_one() -> None:
    result = ["= 0", "  note: so it is"]
    assert kept(b"one\ntwo\n") == ["one", "two", *result]
    assert kept(b"one", b" more\n", b"\n", b"two") == ["one more", "", "two", *result]
    assert kept(b"", b"\n\n") == ["", "", *result]
    assert kept() == result


def test_what_is_still_at_work_is_seen_at_once_and_results_are_not() -> None:
    screen = Screen()
    recorder = Recorder(screen, [])
    recorder.write(b"Name? ")
    recorder.line([("  CC  a.o", "")])
    recorder.show(Result("x", 0, Text(["done"])))
    assert screen.seen == ["Name? ", "  CC  a.o"]


def test_a_theme_is_the_screens() -> None:
    screen = Screen()
    recorder = Recorder(screen, [])
    recorder.theme = "projector"
    assert (screen.theme, recorder.theme) == ("projector", "projector")
