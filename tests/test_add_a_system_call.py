"""The page that follows the slides: done as it says, step by step, it comes out as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kbuild.tree_lab import HEADER, TABLE
from tests.shell.lab import screen

PAGE = Path(__file__).parent.parent / "docs" / "add-a-system-call.md"
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
FILE = re.compile(r"^File `([^`]+)`[^\n]*:\n\n```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)
TREE = Path("test_kernel")


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The lines behind the prompt, each with what the page shows under it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("kshell> "):
            found.append((line.removeprefix("kshell> "), []))
        else:
            found[-1][1].append(line)
    return found


def edit_by_the_page(text: str) -> None:
    """Add the page's three files, and make its three changes."""
    files = FILE.findall(text)
    assert [name for name, _ in files] == [f"SystemCalls/{n}" for n in ("test_call.py", "syscallModule.py", "Makefile")]
    for name, contents in files:
        (TREE / name).parent.mkdir(exist_ok=True)
        (TREE / name).write_text(contents, encoding="utf-8")
    row = re.search(r"```\n(335\t[^\n]+\n)```", text)
    prototype = re.search(r"```c\n(asmlinkage [^\n]+\n)```", text)
    core = re.search(r"```make\n(core-y [^\n]+\n)```", text)
    assert row
    assert prototype
    assert core
    table = (TREE / TABLE).read_text(encoding="utf-8")
    (TREE / TABLE).write_text(re.sub(r"(?m)^334\t[^\n]*\n", lambda m: m[0] + row[1], table), encoding="utf-8")
    header = (TREE / HEADER).read_text(encoding="utf-8")
    at = header.rindex("#endif")
    (TREE / HEADER).write_text(header[:at] + prototype[1] + "\n" + header[at:], encoding="utf-8")
    top = (TREE / "Makefile").read_text(encoding="utf-8")
    assert len(re.findall(r"(?m)^core-y\b.*[^)]$", top)) == 2
    (TREE / "Makefile").write_text(top.replace(core[1].replace(" SystemCalls/", ""), core[1]), encoding="utf-8")


def test_following_the_page_gives_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    typed = [
        each
        for language, block in BLOCK.findall(text)
        if not language and "kshell> " in block
        for each in commands(block)
    ]
    first, *rest = typed
    assert screen(first[0])[1:] == ("", 0)
    edit_by_the_page(text)
    marks = [f'echo "== {number}"' for number in range(len(rest) + 1)]
    lines = [line for (command, _), mark in zip(rest, marks, strict=False) for line in (mark, command)]
    shown, errors, status = screen(*lines, marks[-1])
    assert (errors, status) == ("", 0), shown
    for number, (command, expected) in enumerate(rest):
        part = shown.partition(f"== {number}\n")[2].partition(f"== {number + 1}\n")[0]
        if expected:
            assert part.splitlines() == expected, command
        elif not command.startswith(("insmod", "rmmod")):
            assert part, command
