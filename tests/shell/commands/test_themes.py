"""theme: the colours are chosen, shown and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.shell.settings import load
from kshell.shell.views.themes import PALETTES
from tests.shell.lab import Lab


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "kshell" / "config.toml"


def test_the_themes_are_listed_and_one_is_chosen_for_the_session(config: Path) -> None:
    lab = Lab()
    assert lab.json("theme")["themes"] == list(PALETTES)
    assert "* auto" in lab.text("theme")
    assert lab.json("theme light")["theme"] == "light"
    assert lab.session.output.theme == "light"
    assert not config.exists()
    assert lab.error("theme drak")["try"] == "theme dark"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, 'theme = "light"\n'),
        ('menu = false\ntheme = "dark"  # mine\nkeys = "vi"\n', 'menu = false\ntheme = "light"  # mine\nkeys = "vi"\n'),
        ("menu = false\n", 'theme = "light"\nmenu = false\n'),
    ],
)
def test_a_theme_is_kept_and_the_rest_of_the_file_stays(config: Path, before: str | None, after: str) -> None:
    if before is not None:
        config.parent.mkdir()
        config.write_text(before)
    Lab().text("theme light --keep")
    assert config.read_text() == after
    assert (load(str(config)).theme, load(str(config)).problem) == ("light", "")


def test_a_file_that_cannot_be_written_is_told(config: Path) -> None:
    config.parent.write_text("")
    assert Lab().error("theme light --keep")["because"] == "the file of settings cannot be written"


def test_a_theme_that_there_is_not_leaves_the_default(config: Path) -> None:
    config.parent.mkdir()
    config.write_text('theme = "pink"\n')
    found = load(str(config))
    assert found.theme == "auto"
    assert "theme is one of auto, dark" in found.problem
