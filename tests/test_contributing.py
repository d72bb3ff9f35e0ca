"""The recipes of CONTRIBUTING.md work as they stand: each is applied to a copy of the project, and run.

A recipe is a section.  A fence behind "Write `PATH`" is that file, one behind "to the end of `PATH`" goes behind what
is there, and one that is called console holds commands (`$ ...`) with what they print; pytest must succeed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = {section.split("\n")[0]: section for section in PAGE.split("\n## ")[1:] if "```console" in section}
FENCE = re.compile(r"(?P<before>[^`]*(?:`[^`\n]+`[^`]*)*?)```(?P<kind>\w+)\n(?P<body>.*?)```", re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    target = tmp_path / "kshell"
    target.mkdir()
    for name in ("kshell", "tests", "lessons", "docs", "benchmarks"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile"):
        shutil.copy(ROOT / name, target / name)
    return target


def steps(recipe: str) -> Iterator[tuple[str, str, str]]:
    """(what to do, where, the text): "write" a file, "append" to one, or "run" commands."""
    for found in FENCE.finditer(recipe):
        if found["kind"] == "console":
            yield "run", "", found["body"]
            continue
        places = re.findall(r"(Write|to the\s+end\s+of)\s+`([^`]+)`", found["before"])
        assert places, f"nothing says where this goes:\n{found['body']}"
        verb, path = places[-1]
        yield "write" if verb == "Write" else "append", path, found["body"]


def run(copy: Path, line: str) -> str:
    words = shlex.split(line)
    command = [sys.executable, "-m", words[0], *words[1:]]
    if words[0] == "pytest":
        command += ["-p", "no:cacheprovider", "-n0", "-x"]
    environment = {**os.environ, "PYTHONPATH": str(copy), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return "" if words[0] == "pytest" else done.stdout + done.stderr


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works_as_it_stands(copy: Path, name: str) -> None:
    for verb, path, text in steps(RECIPES[name]):
        if verb == "run":
            for block in ("\n" + text).split("\n$ ")[1:]:
                line, _, expected = block.partition("\n")
                printed = run(copy, line)
                assert printed.rstrip("\n") == expected.rstrip("\n"), line
            continue
        target = copy / path
        if verb == "write":
            assert not target.exists(), f"{path} is there already"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        else:
            target.write_text(target.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize(
    ("forgotten", "line", "told"),
    [
        ("row", "syscall double 4", "double.py defines double, and no table has a row for it"),
        ("number", "syscall double 4", "number 1 is taken; line 6 has it for write"),
        ("number", "syscall double 4", "try: 336\tcommon\tdouble\t__x64_sys_double"),
        ("body", "syscall double 4", "no file of kshell/kernel/syscalls has it"),
        ("body", "syscall 400 4", "write kshell/kernel/syscalls/double.py"),
    ],
)
def test_a_forgotten_step_is_named(copy: Path, forgotten: str, line: str, told: str) -> None:
    row, body = [(copy / path, text) for verb, path, text in steps(RECIPES["Add a system call"]) if verb != "run"][:2]
    kept = [(path, path.read_bytes() if path.exists() else None) for path, _ in (row, body)]
    try:
        row[0].write_bytes((ROOT / row[0].relative_to(copy)).read_bytes())
        body[0].unlink(missing_ok=True)
        if forgotten != "body":
            body[0].write_text(body[1], encoding="utf-8")
        if forgotten != "row":
            with row[0].open("a", encoding="utf-8") as file:
                file.write(row[1].replace("400", "1") if forgotten == "number" else row[1])
        command = [sys.executable, "-m", "kshell", "-c", line]
        environment = {**os.environ, "PYTHONPATH": str(copy)}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, encoding="utf-8")
        assert told in done.stdout + done.stderr
    finally:
        for path, content in kept:
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)


def test_there_is_a_recipe_for_each_thing_that_people_add() -> None:
    things = ("system call", "shell command", "sample module", "kernel function that machine code calls", "lesson")
    assert set(RECIPES) == {f"Add a {thing}" for thing in things}
