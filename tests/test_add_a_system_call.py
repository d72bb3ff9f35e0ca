"""The page that follows the slides: done as it says, step by step, it comes out as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.cc.c_compiler import find_compiler
from tests.kbuild.tree_lab import HEADER, TABLE
from tests.shell.lab import screen

PAGE = Path(__file__).parent.parent / "docs" / "add-a-system-call.md"
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
FILE = re.compile(r"^File `([^`]+)`[^\n]*:\n\n```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)
STEMS = ("test_call", "syscallModule")
TREE = Path("test_kernel")
needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The lines behind the prompt, each with what the page shows under it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith(("kshell> ", "(gdb) ")):
            found.append((line.partition(" ")[2], []))
        else:
            found[-1][1].append(line)
    return found


def edit_by_the_page(text: str, suffix: str) -> None:
    """Add the page's three files, its sources in the language of `suffix`, and make its three changes."""
    files = dict(FILE.findall(text))
    sources = [f"SystemCalls/{stem}{each}" for stem in STEMS for each in (".py", ".c")]
    assert list(files) == [*sources, "SystemCalls/Makefile"]
    for name, contents in files.items():
        if name.endswith((".py", ".c")) and not name.endswith(suffix):
            continue
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


@pytest.mark.parametrize("suffix", [".py", pytest.param(".c", marks=needs_compiler)])
def test_following_the_page_gives_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
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
    edit_by_the_page(text, suffix)
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
