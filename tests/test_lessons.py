"""Every lesson is proved: played by its wrong answers and by its solutions, on a machine of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.assembler import available
from kshell.lesson.lint import circles, lint
from kshell.lesson.shelf import Shelf

ROOT = Path(__file__).parent.parent
SHELF = Shelf()
PAGE = (ROOT / "docs" / "lessons.md").read_text(encoding="utf-8")
needs_assembler = pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")
OURS = [each for each in SHELF.ordered() if each.number < 90]  # from 90 on they are somebody's own


@pytest.mark.parametrize("slug", SHELF.lessons)
def test_a_lesson_holds_what_it_says(slug: str) -> None:
    assert [str(each) for each in lint(SHELF.lessons[slug])] == []


def test_every_folder_has_a_lesson_that_can_be_read() -> None:
    assert SHELF.problems == []
    assert len(SHELF.lessons) == len([each for each in (ROOT / "lessons").iterdir() if each.is_dir()])
    assert [each.number for each in OURS] == [*range(1, len(OURS) + 1)]


@needs_assembler
@pytest.mark.parametrize("program", sorted((ROOT / "lessons").glob("*/*.bin")), ids=lambda path: path.name)
def test_a_program_of_a_lesson_is_what_its_source_says(program: Path) -> None:
    from kshell.assembler import assemble

    segment, *rest = assemble(program.with_suffix(".s").read_text(encoding="utf-8")).segments
    assert (segment[0], segment[1], rest) == (0x401000, program.read_bytes(), [])


def test_they_build_on_each_other_and_only_backwards() -> None:
    assert circles(SHELF.ordered()) == []
    numbers = {each.slug: each.number for each in OURS}
    assert all(numbers[name] < each.number for each in OURS for name in each.needs)


def test_the_page_about_them_has_each_lesson_and_which_misconceptions_it_is_against() -> None:
    assert re.findall(r"^\| (\d+) \| ([a-z-]+) \|", PAGE, re.MULTILINE) == [(str(e.number), e.slug) for e in OURS]
    rows = dict(re.findall(r"^\| ([a-z-]+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE))
    assert rows.pop("misconception") == "lessons"
    assert len(rows) == 16
    for name, told in rows.items():
        met = [each.number for each in OURS if name in each.misconceptions]
        assert [int(text) for text in re.findall(r"\d+", told.split("(")[0].split("waits")[0])] == met, name
    assert {name for each in OURS for name in each.misconceptions} <= set(rows)
