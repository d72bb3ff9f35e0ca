"""Settings and history at whose path something odd stands: named, done without, and soon."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kshell.shell.prompt.history import LARGEST, LONGEST, LineHistory
from kshell.shell.settings import load

ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (lambda path: os.mkfifo(path), "not a regular file"),
    "a device without end": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "a device that is full": (lambda path: path.symlink_to("/dev/full"), "not a regular file"),
    "a terminal": (lambda path: path.symlink_to("/dev/tty"), ""),  # where there is none it cannot be opened
    "a folder": (lambda path: path.mkdir(), "egular file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "symbolic link"),
}
SETTINGS = {
    "deep": "x = " + "[" * 4000,
    "a long number": "x = " + "9" * 5000,
    "many dots": "a" + ".a" * 4000 + " = 1",
    "a table twice": ("[a." + ".".join(map(str, range(500))) + "]\n") * 2,
    "too large": "# " + "x" * 9000,
    "binary": "\0\x01\x02",
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs Unix's special files")
@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_regular_file_is_neither_waited_for_nor_read(tmp_path: Path, kind: str) -> None:
    make, words = ODD[kind]
    path = tmp_path / "odd"
    make(path)
    assert words in load(str(path)).problem
    assert load(str(path)).keys == "emacs"
    history = LineHistory(str(path))
    assert list(history.load_history_strings()) == []
    history.store_string("syscall getpid")
    assert words in history.problem or "Is a directory" in history.problem
    assert "this session only" in history.problem


@pytest.mark.parametrize("kind", SETTINGS)
def test_odd_settings_leave_the_defaults_and_a_short_reason(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SETTINGS[kind], encoding="utf-8")
    config = load(str(path))
    assert config.problem
    assert len(config.problem) < 150 + len(str(path))
    assert config.menu


def test_of_a_history_without_end_the_last_lines_are_read_and_long_ones_dropped(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"x" * (LARGEST + 1) + b"\nold\n" + b"y" * (LONGEST + 1) + b"\nnew\n")
    assert list(LineHistory(str(path)).load_history_strings()) == ["new", "old"]
    assert path.read_bytes() == b"old\nnew\n"
