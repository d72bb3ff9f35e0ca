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


class Copy:
    """A copy of the project: what is written into it can be taken back."""

    def __init__(self, folder: Path) -> None:
        self.root, self.before = folder / "kshell", dict[Path, bytes | None]()
        for name in ("kshell", "tests", "lessons", "docs", "benchmarks"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile"):
            shutil.copy(ROOT / name, self.root / name)
        self.environment = {**os.environ, "PYTHONPATH": str(self.root), "NO_COLOR": "1"}
        self.environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")  # it goes with the copy

    def step(self, verb: str, path: str, text: str) -> None:
        """A step of a recipe: "write" a file, or "append" to one."""
        target = self.root / path
        assert target.exists() == (verb == "append"), f"{path}: {verb}?"
        was = self.before[target] = target.read_bytes() if verb == "append" else None
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((was or b"") + text.encode("utf-8"))

    def restore(self) -> None:
        """As it was copied; a file of another size is never taken for the one that Python has compiled."""
        while self.before:
            path, content = self.before.popitem()
            path.unlink()
            if content is not None:
                path.write_bytes(content)

    def run(self, module: str, *words: str) -> subprocess.CompletedProcess[str]:
        """``python -m module words``, in the copy and of the copy."""
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("project"))


@pytest.fixture
def copy(project: Copy) -> Iterator[Copy]:
    yield project
    project.restore()


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


def run(copy: Copy, line: str) -> str:
    module, *words = shlex.split(line)
    if module == "pytest":
        words += ["-p", "no:cacheprovider", "-n0", "-x"]
    done = copy.run(module, *words)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return "" if module == "pytest" else done.stdout + done.stderr


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works_as_it_stands(copy: Copy, name: str) -> None:
    for verb, path, text in steps(RECIPES[name]):
        if verb != "run":
            copy.step(verb, path, text)
            continue
        for block in ("\n" + text).split("\n$ ")[1:]:
            line, _, expected = block.partition("\n")
            printed = run(copy, line)
            assert printed.rstrip("\n") == expected.rstrip("\n"), line


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
def test_a_forgotten_step_is_named(copy: Copy, forgotten: str, line: str, told: str) -> None:
    row, body = [step for step in steps(RECIPES["Add a system call"]) if step[0] != "run"][:2]
    if forgotten != "body":
        copy.step(*body)
    if forgotten == "number":
        row = (*row[:2], row[2].replace("400", "1"))
    if forgotten != "row":
        copy.step(*row)
    done = copy.run("kshell", "-c", line)
    assert told in done.stdout + done.stderr


def test_there_is_a_recipe_for_each_thing_that_people_add() -> None:
    things = ("system call", "shell command", "sample module", "kernel function that machine code calls", "lesson")
    assert set(RECIPES) == {f"Add a {thing}" for thing in things}
