"""Settings and history: where they are, and that nothing in them can stop the shell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kshell.shell import settings as shell_settings
from kshell.shell.prompt.history import KEPT, LineHistory
from kshell.shell.settings import Config, config_folder, load, state_folder, write_default

DEFAULTS = {name: getattr(Config(), name) for name in Config.__slots__}


def settings(text: str | bytes) -> Config:
    path = Path("config.toml")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(str(path))


def values(config: Config) -> dict[str, object]:
    return {name: getattr(config, name) for name in Config.__slots__}


@pytest.mark.parametrize(
    ("platform", "env", "config", "state"),
    [
        ("linux", {"HOME": "/h"}, "/h/.config/kshell", "/h/.local/state/kshell"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}, "/c/kshell", "/s/kshell"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "relative"}, "/h/.config/kshell", "/h/.local/state/kshell"),
        ("darwin", {"HOME": "/h"}, *["/h/Library/Application Support/kshell"] * 2),
        ("win32", {"APPDATA": "/a"}, "/a/kshell", "/a/kshell"),
    ],
)
def test_each_platform_has_its_own_folder(platform: str, env: dict[str, str], config: str, state: str) -> None:
    assert Path(config_folder(env, platform)) == Path(config)
    assert Path(state_folder(env, platform)) == Path(state)


def test_without_a_file_the_defaults_hold_and_nothing_is_written() -> None:
    assert values(load("nowhere/config.toml")) == DEFAULTS
    assert os.listdir() == []


def test_the_commented_file_says_what_the_defaults_are() -> None:
    path = write_default(os.path.join("new", "config.toml"))
    assert values(load(path)) == DEFAULTS
    text = Path(path).read_text()
    assert all("#" in line for line in text.splitlines() if line)
    with pytest.raises(FileExistsError):
        write_default(path)


def test_every_setting_can_be_changed() -> None:
    lines = ['keys = "vi"', *(f"{name} = false" for name in shell_settings._SWITCHES)]
    config = settings("\n".join(lines))
    assert config.problem == ""
    assert config.keys == "vi"
    assert not any(getattr(config, name) for name in shell_settings._SWITCHES)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('keys = "vim"', 'keys is "emacs" or "vi", not "vim"'),
        ("menu = 1", "menu is true or false, not 1"),
        ("menu = [1, 2]", "menu is true or false"),
        ("toolbr = false", "unknown setting toolbr, did you mean toolbar?"),
        ('"a\\u001bb" = 1', "unknown setting a\\x1bb"),
        ("menu = ", "not TOML"),
        (b"\xff\xfe", "not UTF-8"),
        ("[menu]\nx = 1", "menu is true or false"),
        ("a = 1\nb = 2\nc = 3", "(and 2 more)"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_the_default_holds(text: str | bytes, part: str) -> None:
    config = settings(text)
    assert part in config.problem
    assert config.problem.startswith("config.toml: ")
    assert config.problem.isprintable()
    assert {**values(config), "problem": ""} == DEFAULTS


def test_one_mistake_leaves_the_other_settings_alone() -> None:
    config = settings('keys = "vi"\nmenu = 3\n')
    assert config.keys == "vi"
    assert config.menu


def test_a_folder_in_place_of_the_file_is_told() -> None:
    Path("config.toml").mkdir()
    assert "the defaults are used" in load("config.toml").problem


# History.


def test_lines_come_back_in_the_next_session_newest_first() -> None:
    first = LineHistory(os.path.join("a", "b", "history"))
    for line in ("lsmod", 'echo "日本" \\n', "  ", "one\ntwo"):
        first.append_string(line)
    again = LineHistory(first.path)
    assert list(again.load_history_strings()) == ["two", "one", 'echo "日本" \\n', "lsmod"]
    assert (first.problem, again.problem) == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_nobody_else_can_read_the_history() -> None:
    history = LineHistory(os.path.join("kept", "history"))
    history.append_string("x")
    assert os.stat(history.path).st_mode & 0o077 == 0
    assert os.stat("kept").st_mode & 0o077 == 0


def test_bytes_that_are_no_text_survive() -> None:
    history = LineHistory("history")
    history.append_string("a\udcffb")
    assert list(LineHistory("history").load_history_strings()) == ["a\udcffb"]


def test_a_file_that_has_grown_is_cut_to_its_newest_lines() -> None:
    Path("history").write_text("".join(f"line {n}\n" for n in range(2 * KEPT + 1)))
    found = list(LineHistory("history").load_history_strings())
    assert found[0] == f"line {2 * KEPT}"
    assert len(found) == len(Path("history").read_text().splitlines()) == KEPT
    assert os.listdir() == ["history"]


def test_a_history_that_cannot_be_kept_is_told_once() -> None:
    Path("file").touch()
    history = LineHistory(os.path.join("file", "history"))
    history.append_string("one")
    told = history.problem
    history.append_string("two")
    assert "this session only" in told
    assert history.problem == told
    assert history.get_strings() == ["one", "two"]
