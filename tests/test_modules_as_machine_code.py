"""The page on modules as machine code: done as it says, it comes out as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.cc.c_compiler import find_compiler
from tests.cc.front.test_mistakes import in_function
from tests.shell.lab import screen
from tests.test_add_a_system_call import commands

PAGE = (Path(__file__).parent.parent / "docs" / "modules-as-machine-code.md").read_text(encoding="utf-8")
FILE = re.compile(r"^File `([^`]+)`:\n\n```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^```\n(kshell> .*?)```", re.MULTILINE | re.DOTALL)
# Times and addresses move with each function that the kernel gets.
MOVES = re.compile(r"^\[ *\d+\.\d+\]|0xffffffff8[0-9a-f]{7}|\be8( [0-9a-f]{2}){4}", re.MULTILINE)
BODIES = {
    "try:": "    pass\nexcept ValueError:\n    pass",
    "with p:": "    pass",
    "match n:": "    case 1:\n        pass",
}


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(title: str, columns: int) -> list[list[str]]:
    rows = [line[2:-2].split(" | ") for line in section(title).splitlines() if line.startswith("| ")]
    return [row for row in rows if len(row) == columns][1:]


def test_following_the_page_gives_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE if find_compiler() else PAGE.replace(section("C"), "")
    for name, text in FILE.findall(page):
        (tmp_path / name).write_text(text, encoding="utf-8")
    typed = [each for block in SESSION.findall(page) for each in commands(block)]
    assert len(typed) > 15
    lines = [line for number, (command, _) in enumerate(typed) for line in (f'echo "== {number}"', command)]
    shown, errors, _ = screen(*lines)
    assert errors == ""
    parts = re.split(r"^== \d+\n", shown, flags=re.MULTILINE)[1:]
    for (command, expected), part in zip(typed, parts, strict=True):
        there = [MOVES.sub("?", line).rstrip() for line in part.rstrip("\n").split("\n") if line]
        assert there == [MOVES.sub("?", line).rstrip() for line in expected if line], command


def test_each_spelling_of_the_language_is_in_the_module_under_it() -> None:
    tour = dict(FILE.findall(PAGE))["tour.py"]
    rows = table("The language", 2)
    assert len(rows) > 20
    missing = [code for row in rows for code in re.findall(r"`([^`]+)`", row[1]) if code not in tour]
    assert missing == []


@pytest.mark.parametrize("row", table("The language", 3), ids=lambda row: row[0])
def test_what_the_page_says_is_refused_is_refused_in_those_words(row: list[str]) -> None:
    code, words = row[0].strip("`"), row[1]
    body = "\n".join(filter(None, [code, BODIES.get(code)]))
    errors = [found.text for found in in_function(f"{body}\nreturn 0") if found.kind == "error"]
    assert errors
    assert errors[0].startswith(words)
