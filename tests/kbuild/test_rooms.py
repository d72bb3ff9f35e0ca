"""The rooms of the build: who imports whom, as their opening sentences say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

KBUILD = Path(__file__).parents[2] / "kshell" / "kbuild"
MAY_IMPORT = {
    "makefile": (),
    "header": ("messages", "tree.tree_paths"),
    "systbl": ("messages", "tree.tree_paths"),
    "tree": ("messages", "build_log", "release", "makefile"),
    "recipes": ("messages", "build_log", "makefile", "tree", "steps.clean"),
}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_of_the_build_imports_what_its_opening_sentence_allows(room: str) -> None:
    for path in sorted((KBUILD / room).glob("*.py")):
        for name in re.findall(r"^ *(?:from|import) kshell\.kbuild\.?([\w.]*)", path.read_text(encoding="utf-8"), re.M):
            allowed = (room, *MAY_IMPORT[room])
            assert any(name == each or name.startswith(each + ".") for each in allowed), f"{path.name}: {name}"


def test_every_room_of_the_build_says_what_it_must_not_know() -> None:
    for path in KBUILD.rglob("__init__.py"):
        text = path.read_text(encoding="utf-8")
        assert "may import" in text, path
        assert "must not know" in text.replace("\n", " "), path
