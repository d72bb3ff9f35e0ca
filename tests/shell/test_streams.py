"""Colours outside of the prompt, on a real terminal and in pipes: each stream by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.shell.views.themes import PALETTES
from tests.shell.prompt.test_pty import Terminal

SCRIPT = "syscall getpid; table 0-2; nope"
PLAIN = "getpid()                                = 77"
ESCAPE = "\x1b"
UNSET = {"NO_COLOR": "", "FORCE_COLOR": "", "COLORTERM": "truecolor"}


def rgb(colour: str) -> str:
    """The control sequence's numbers of #rrggbb."""
    return ";".join(str(part) for part in bytes.fromhex(colour[1:]))


def shown(home: Path, *arguments: str, **environment: str) -> str:
    """All that a terminal gets."""
    terminal = Terminal(home, *arguments, **{**UNSET, **environment})
    try:
        terminal.status()
        while terminal.read(0.1):
            pass
        return terminal.seen
    finally:
        terminal.close()


def piped(*arguments: str, **environment: str) -> tuple[str, str]:
    """What two pipes get."""
    command = [sys.executable, "-m", "kshell", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **UNSET, **environment})
    return done.stdout, done.stderr


def settings(home: Path, text: str) -> None:
    (home / "kshell").mkdir()
    (home / "kshell" / "config.toml").write_text(text, encoding="utf-8")


def test_a_terminal_gets_the_colours_of_the_theme_in_the_settings(tmp_path: Path) -> None:
    settings(tmp_path, 'theme = "solarized"\n')
    palette = PALETTES["solarized"]
    assert palette is not None
    seen = shown(tmp_path, "-c", SCRIPT)
    assert f"\x1b[1;38;2;{rgb(palette.green)}m77" in seen
    assert f"\x1b[1;38;2;{rgb(palette.red)}mnope: command not found" in seen
    script = tmp_path / "lab.ksh"
    script.write_text("syscall getpid\n", encoding="utf-8")
    assert f"\x1b[1;38;2;{rgb(palette.green)}m77" in shown(tmp_path, str(script))
    assert "\x1b[1;4m" in shown(tmp_path, "lesson", "info", "1")  # its title is a heading


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        ([], {"NO_COLOR": "1"}),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}),
        ([], {"TERM": "dumb"}),
        (["--color", "never"], {"FORCE_COLOR": "1"}),
    ],
)
def test_a_terminal_that_is_to_stay_clean_gets_no_control_sequence(
    tmp_path: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    seen = shown(tmp_path, *arguments, "-c", SCRIPT, **environment)
    assert ESCAPE not in seen
    assert PLAIN in seen
    assert "nope: command not found" in seen


def test_a_setting_takes_the_colours_away_and_color_always_brings_them_back(tmp_path: Path) -> None:
    settings(tmp_path, "colour = false\n")
    assert ESCAPE not in shown(tmp_path, "-c", SCRIPT)
    assert ESCAPE in shown(tmp_path, "--color", "always", "-c", SCRIPT, NO_COLOR="1")


def test_pipes_stay_clean_unless_colours_are_asked_for() -> None:
    out, err = piped("-c", SCRIPT)
    assert ESCAPE not in out + err
    for arguments, environment in ((["--color=always"], {"NO_COLOR": "1", "TERM": "dumb"}), ([], {"FORCE_COLOR": "1"})):
        out, err = piped(*arguments, "-c", SCRIPT, **environment)
        assert "\x1b[1;" in out.split("77")[0]
        assert "nope" in err
        assert ESCAPE in err


def test_colours_in_a_pipe_fold_nothing() -> None:
    plain, _ = piped("-c", "help trace; table 0-3")
    coloured, _ = piped("--color", "always", "-c", "help trace; table 0-3")
    assert len(coloured.splitlines()) == len(plain.splitlines())


def test_a_failure_before_the_first_command_has_its_colours_too() -> None:
    assert ESCAPE in piped("--color", "always", "no-such-file")[1]
    assert ESCAPE not in piped("no-such-file")[1]


@pytest.mark.parametrize("terminal_is", ["stdout", "stderr"])
def test_each_stream_decides_for_itself(terminal_is: str, tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, terminal_is: theirs}
    environment = {**os.environ, **UNSET, "TERM": "xterm-256color"}
    done = subprocess.run([sys.executable, "-m", "kshell", "-c", SCRIPT], env=environment, **streams)  # type: ignore[call-overload]
    os.close(theirs)
    on_terminal, in_pipe = os.read(ours, 65536).decode(), (done.stdout or b"") + (done.stderr or b"")
    os.close(ours)
    assert ESCAPE in on_terminal
    assert b"\x1b" not in in_pipe
    assert ("command not found" in on_terminal) == (terminal_is == "stderr")
    assert (b"command not found" in in_pipe) == (terminal_is == "stdout")


def test_a_failure_begins_on_a_line_of_its_own_behind_what_a_program_left_open(tmp_path: Path) -> None:
    seen = shown(tmp_path, "--keep-going", "-c", "echo -n open; nope; echo -n a; echo b")
    clean = shown(tmp_path, "--keep-going", "-c", "echo -n open; nope; echo -n a; echo b", NO_COLOR="1")
    assert clean.startswith("open\r\nnope: command not found\r\n")
    assert clean.endswith("\r\na\r\nb\r\n")
    assert seen.startswith("open\r\n\x1b[")
