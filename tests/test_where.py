"""docs/where.md and docs/reading-order.md speak of files and names that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KSHELL = ROOT / "kshell"
ROW = re.compile(r"^\| (?P<question>[^|]+) \| `(?P<path>[^`]+)` \| `(?P<name>[^`]+)` \|$", re.MULTILINE)
ROWS = [found.groups() for found in ROW.finditer((ROOT / "docs" / "where.md").read_text(encoding="utf-8"))]


def test_there_are_at_least_thirty_questions_and_none_twice() -> None:
    questions = [question for question, _, _ in ROWS]
    assert len(questions) >= 30
    assert len(set(questions)) == len(questions)
    table = [line for line in (ROOT / "docs" / "where.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    assert len(table) == len(questions) + 2, "a row of the table is not read"


@pytest.mark.parametrize(("question", "path", "name"), ROWS)
def test_the_answer_is_there(question: str, path: str, name: str) -> None:
    text = (KSHELL / path).read_text(encoding="utf-8")
    pattern = (
        rf"(def|class) {name}\b" if path.endswith(".py") and name.isidentifier() and name != "rich" else re.escape(name)
    )
    assert re.search(pattern, text), f"{path} has no {name}"


def test_the_evening_has_ten_stops_and_leads_through_every_floor_of_the_kernel() -> None:
    page = (ROOT / "docs" / "reading-order.md").read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(\d+)\.", page, re.MULTILINE) == [str(number) for number in range(1, 11)]
    named = set(re.findall(r"`(kernel/[a-z0-9_]+)/", page))
    floors = {f"kernel/{path.name}" for path in (KSHELL / "kernel").iterdir() if (path / "__init__.py").exists()}
    assert floors - {"kernel/task"} <= named
