"""export: what the session has shown, as text, as a recording; and transcript, which grows with it.

The page and the picture are opened in a browser by tests/shell/views/test_pictures.py.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from kshell.shell.session import Session
from kshell.shell.views.output import JsonOutput, PlainOutput
from kshell.shell.views.themes import PALETTES
from tests.shell.lab import Lab, screen

SESSION = """\
kshell> syscall getpid
getpid()                                = 77
kshell> syscall write 1 "hello\\n" 6
hello
write(1, "hello\\n", 6)                  = 6
kshell> nope
nope: command not found
  because: kshell has no command of that name
  try: help  (lists them all)
"""


def exported(kind: str, *lines: str) -> str:
    """What a script's lines export."""
    screen(*lines, f"export {kind} out.{kind}")
    return Path(f"out.{kind}").read_text(encoding="utf-8")


LINES = ("syscall getpid", 'syscall write 1 "hello\\n" 6', "nope")


def test_a_session_as_text_is_what_the_screen_had_behind_its_prompts() -> None:
    assert exported("txt", *LINES) == SESSION


def test_the_last_command_alone() -> None:
    screen(*LINES, "export txt out.txt --last")
    assert Path("out.txt").read_text(encoding="utf-8") == SESSION[SESSION.index("kshell> nope") :]


def test_json_exports_the_same_and_says_how_many_commands(lab: Lab) -> None:
    lab.session.output = JsonOutput(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for line in LINES:
        lab.session.execute(line)
    assert lab.json("export txt out.txt") == {"path": "out.txt", "format": "txt", "commands": 3}
    text = Path("out.txt").read_text(encoding="utf-8")
    assert text == SESSION


def test_a_file_that_is_there_is_not_written_over_unless_that_is_said(lab: Lab) -> None:
    Path("out.txt").write_text("mine", encoding="utf-8")
    lab.text("echo a")
    error = lab.error("export txt out.txt")
    assert error["what"] == "export: out.txt: File exists"
    assert error["try"].startswith("export txt out2.txt  (or --force")
    assert Path("out.txt").read_text(encoding="utf-8") == "mine"
    lab.json("export txt out.txt --force")
    assert Path("out.txt").read_text(encoding="utf-8").startswith("kshell> echo a\na\n")


@pytest.mark.parametrize(
    ("line", "what", "try_"),
    [
        ("export txt out.txt", "export: there is nothing to write yet", "syscall getpid; export txt out.txt"),
        ("export", "export: in which format?", "trace syscall getpid; export html getpid.html"),
        ("export htm out.html", "export: no format htm", "export html session.html"),
        ("export out.svg", "export: in which format?", "export svg out.svg"),
        ("export html", "export: into which file?", "export html session.html"),
        ("export html a b", "export: one file at a time", "export html session.html"),
        ("transcript on", "transcript: into which file?", "transcript on lab.txt; syscall getpid"),
        ("transcript later", "transcript: on FILE, or off", "transcript on lab.txt; syscall getpid"),
    ],
)
def test_what_is_missing_is_said(lab: Lab, line: str, what: str, try_: str) -> None:
    error = lab.error(line)
    assert (error["what"], error["try"]) == (what, try_)


@pytest.mark.parametrize(
    "line", ["export txt no/such/out.txt", "transcript on no/such/out.txt", "transcript on . --append"]
)
def test_a_place_that_cannot_be_written_is_told(lab: Lab, line: str) -> None:
    lab.text("echo a")
    assert lab.error(line)["because"] == "it cannot be written there"


def test_commands_of_a_file_are_shown_as_they_were() -> None:
    Path("lab.ksh").write_text("echo one\nexport txt out.txt\n", encoding="utf-8")
    screen("echo zero", "source lab.ksh")
    text = Path("out.txt").read_text(encoding="utf-8")
    assert text == "kshell> echo zero\nzero\nkshell> source lab.ksh\none\n"


# A recording.


def events(text: str) -> tuple[dict[str, object], list[tuple[float, str, str]]]:
    header, *rest = (json.loads(line) for line in text.splitlines())
    return header, [(time, kind, data) for time, kind, data in rest]


def test_a_recording_has_the_header_and_events_of_asciicast_2() -> None:
    header, found = events(exported("cast", *LINES))
    assert header == {"version": 2, "width": 100, "height": 24, "title": "kshell session"}
    assert {kind for _, kind, _ in found} == {"o", "m"}
    assert [data for _, kind, data in found if kind == "m"] == list(LINES)
    times = [time for time, _, _ in found]
    assert times[0] == 0
    assert times == sorted(times)


def test_a_recording_shows_what_the_screen_did_key_by_key() -> None:
    import pyte

    _, found = events(exported("cast", *LINES))
    display = pyte.Screen(100, 24)
    stream = pyte.Stream(display)
    for _, kind, data in found:
        if kind == "o":
            stream.feed(data)
    assert [line.rstrip() for line in display.display if line.strip()] == SESSION.splitlines()
    first = [time for time, kind, data in found if kind == "o" and data in "syscall getpid"]
    assert len(first) >= len("syscall getpid")


def test_a_recording_is_the_same_each_time_and_gives_time_to_read() -> None:
    one = exported("cast", "syscall getpid", "echo b")
    Path("out.cast").unlink()
    assert exported("cast", "syscall getpid", "echo b") == one
    _, found = events(one)
    begin = next(time for time, kind, data in found if (kind, data) == ("m", "echo b"))
    before = max(time for time, _, _ in found if time < begin)
    assert begin - before == pytest.approx(1.2)


def test_a_recording_has_the_theme_s_ground_and_colours() -> None:
    header, found = events(exported("cast", "theme solarized", "syscall getpid"))
    palette = PALETTES["solarized"]
    assert palette is not None
    theme = header["theme"]
    assert isinstance(theme, dict)
    assert (theme["bg"], theme["fg"]) == ("#002b36", "#e8e8e8")
    assert theme["palette"].split(":")[1] == palette.red
    assert len(theme["palette"].split(":")) == 8
    assert any("\x1b[1;38;2;165;184;0m77" in data for _, _, data in found)


# A transcript.


def test_a_transcript_has_each_command_as_soon_as_it_is_shown() -> None:
    lab = Lab()
    lab.session.output = PlainOutput(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    assert lab.json("transcript") == {"path": None}
    lab.text("echo before")
    assert lab.json("transcript on log.txt") == {"path": "log.txt"}
    begin = "kshell> transcript on log.txt\nall that is shown goes to log.txt, too\n"
    assert Path("log.txt").read_text(encoding="utf-8") == begin
    for line in LINES:
        lab.session.execute(line)
    assert Path("log.txt").read_text(encoding="utf-8") == begin + SESSION
    assert lab.text("transcript off") == "the transcript has ended: log.txt"
    assert lab.text("transcript off") == "there is no transcript"
    lab.text("echo after")
    text = Path("log.txt").read_text(encoding="utf-8")
    assert text == begin + SESSION + "kshell> transcript off\n"
    lab.json("transcript on log.txt --append")
    assert Path("log.txt").read_text(encoding="utf-8").startswith(text + "kshell> transcript on log.txt --append\n")


def test_a_transcript_overwrites_nothing(lab: Lab) -> None:
    Path("log.txt").write_text("mine", encoding="utf-8")
    error = lab.error("transcript on log.txt")
    assert error["try"] == "transcript on log2.txt  (or --append, to go on with it)"
    assert Path("log.txt").read_text(encoding="utf-8") == "mine"


def test_a_transcript_that_can_be_written_no_longer_says_so_and_the_session_goes_on(lab: Lab) -> None:
    lab.session.output = PlainOutput(shown := io.StringIO())
    Path("kept").mkdir()
    lab.json("transcript on kept/log.txt")
    Path("kept").rename("moved")
    assert lab.text("echo a") == "a"
    assert lab.text("echo b") == "b"
    gone = Path("kept/log.txt").absolute()
    told = f"a\n  note: the transcript has ended: {gone}: No such file or directory\nb\n"
    assert shown.getvalue().endswith(told)
    assert lab.json("transcript") == {"path": None}
    assert Path("moved/log.txt").read_text(encoding="utf-8").startswith("kshell> transcript on kept/log.txt\n")


def test_json_has_the_end_of_a_transcript_among_its_notes() -> None:
    out = io.StringIO()
    session = Session(output=JsonOutput(out))
    Path("kept").mkdir()
    session.run_lines(["transcript on kept/log.txt"])
    Path("kept").rename("moved")
    session.run_lines(["echo a"])
    assert "the transcript has ended" in json.loads(out.getvalue().splitlines()[-1])["notes"][0]
