"""A result that is higher than the screen is leafed through, and the prompt is there again after that."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shell.prompt.test_pty import ENDLESS, Terminal

LESS = "q: to the prompt"
FIRST, LAST = "System calls", "the guided lessons."  # of help

if sys.platform != "win32" and shutil.which("less") is None:
    pytest.skip("there is no less here", allow_module_level=True)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path, PAGER="", LESS="")
    started.until("Ctrl-D ends")
    yield started
    started.close()


def leaves(terminal: Terminal) -> None:
    """The prompt works as ever, and Ctrl-C as well: it ends a run, and not the shell."""
    terminal.until("kshell>")
    terminal.type(f"run --hex {ENDLESS}\r")
    terminal.until("\nbegun")
    terminal.type("\x03")
    terminal.until("interrupted")
    terminal.until("kshell>")
    terminal.type("exit 7\r")
    assert terminal.status() == 7


def test_less_shows_the_beginning_and_says_how_it_is_left(talk: Terminal) -> None:
    talk.type("help\r")
    shown = talk.until(LESS)
    assert FIRST in shown
    assert LAST not in shown
    talk.type("q")
    leaves(talk)


def test_the_end_of_the_text_is_left_by_enter(talk: Terminal) -> None:
    talk.type("help\r")
    talk.until(LESS)
    talk.type("G")
    assert LAST in talk.until("Enter or q: to the prompt")
    talk.type("\r")
    leaves(talk)


def test_ctrl_c_leaves_the_pager_alone(talk: Terminal) -> None:
    talk.type("table\r")
    talk.until(LESS)
    while "kshell>" not in talk.rest():  # less, too, only rings its bell where it has not begun to read keys yet
        talk.type("\x03")
        talk.read(1.0)
    leaves(talk)


def test_a_short_result_and_what_a_file_of_commands_shows_go_to_no_pager(talk: Terminal, tmp_path: Path) -> None:
    (tmp_path / "lab.ksh").write_text("help\ntable 0-40\n", encoding="utf-8")
    talk.type("help echo\r")
    assert LESS not in talk.until("kshell>")
    talk.type(f"source {tmp_path / 'lab.ksh'}\r")
    talk.until("40  common  sendfile")
    assert LESS not in talk.until("kshell>")
    talk.type("\x1b[200~help\nsyscall getpid\n\x1b[201~\r")  # pasted
    assert LESS not in talk.until("getpid()     ")


def test_f1_leafs_through_a_page_as_well(talk: Terminal) -> None:
    talk.type("man write\x1bOP")
    assert "Write count bytes" in talk.until(LESS)
    talk.type("q")
    talk.type("\r")
    talk.until(LESS)
    talk.type("q")
    leaves(talk)


def test_a_pager_of_ones_own_is_taken(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, PAGER="sed 's/^/own: /'")
    terminal.until("Ctrl-D ends")
    terminal.type("help\r")
    assert f"own: {FIRST}" in terminal.until(f"own: the settings of this prompt; lesson: {LAST}")
    leaves(terminal)
    terminal.close()


def test_a_pager_that_is_not_there_loses_nothing(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, PAGER="no-such-pager")
    terminal.until("Ctrl-D ends")
    terminal.type("help\r")
    assert FIRST in terminal.until(LAST)
    leaves(terminal)
    terminal.close()


@pytest.mark.parametrize("key", ["q\r", "\x03"])
def test_where_there_is_no_less_kshell_leafs_by_itself(tmp_path: Path, key: str) -> None:
    terminal = Terminal(tmp_path, PAGER="", PATH="")
    terminal.until("Ctrl-D ends")
    terminal.type("help\r")
    assert FIRST in terminal.until("q and Enter: to the prompt --")
    terminal.type("\r")
    shown = terminal.until("q and Enter: to the prompt --")
    assert FIRST not in shown
    terminal.type(key)
    leaves(terminal)
    terminal.close()


def test_there_is_none_where_the_settings_say_so_or_the_terminal_is_dumb(tmp_path: Path) -> None:
    (tmp_path / "kshell").mkdir()
    (tmp_path / "kshell" / "config.toml").write_text("pager = false\n", encoding="utf-8")
    terminal = Terminal(tmp_path, PAGER="sed 's/^/paged: /'")
    terminal.until("Ctrl-D ends")
    terminal.type("help\r")
    assert "paged" not in terminal.until(LAST)
    terminal.close()
    terminal = Terminal(tmp_path, PAGER="sed 's/^/paged: /'", TERM="dumb", XDG_CONFIG_HOME="/nonexistent")
    terminal.until("kshell>")
    terminal.type("help\n")
    assert "paged" not in terminal.until(LAST)
    terminal.close()
