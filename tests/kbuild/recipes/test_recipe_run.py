"""Recipes carried out: each command runs as the one before it has ended, as in the shell.  GNU make is the oracle."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.make import Maker, Request, Running
from kshell.kbuild.messages import BuildMessage
from kshell.kernel.core.profile import V4_19

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="the oracle is GNU make, which is not installed")


class Ran:
    """One run of make: its `lines`, among them those of errors, and whether it `failed`."""

    def __init__(self, folder: Path, *goals: str, **variables: str) -> None:
        self.live: list[str] = []
        log = BuildLog(lambda line: self.live.append(line.head() if isinstance(line, BuildMessage) else line))
        self.failed = False
        try:
            Maker(log, lambda: Running("4.19.1-course", V4_19, [], "")).make(Request(str(folder), goals, variables))
        except BuildFailed as failed:
            self.failed = True
            self.live += [message.head() for message in failed.messages] + failed.trail
        self.lines = [line.head() if isinstance(line, BuildMessage) else line for line in log.lines]


def run(folder: Path, recipe: str, *goals: str, **variables: str) -> Ran:
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "Makefile").write_text("all:\n\t@echo in sub $(V) $(W)\nbad:\n\t@rm gone\n")
    (folder / "Makefile").write_text("all:\n" + "".join(f"\t{line}\n" for line in recipe.split("\n")))
    return Ran(folder, *goals, **variables)


RECIPES = [
    "@true || echo no",
    "@true && echo yes",
    "@rm gone || echo no such file",
    "@rm gone && echo no",
    "@rm -f gone && echo gone",
    "@true && rm gone || echo third",
    "@rm gone || true && echo both",
    "@true || echo one && echo two",
    "@cd nowhere || echo there is none",
    "@cd nowhere && echo no",
    "@cd sub && make --no-print-directory",
    "@true || cd nowhere; make --no-print-directory -C sub",
    "-rm gone\n@echo goes on",
    "-@make --no-print-directory -C sub bad\n@echo goes on",
    "@make --no-print-directory -C sub bad || echo failed\n@echo goes on",
    "rm gone\n@echo never",
    "@rm gone; echo on",
    "@make --no-print-directory -C sub bad\n@echo never",
    "@make --no-print-directory -C sub V=1 W=2",
    "@V=3 make --no-print-directory -C sub",
    "@rm sub",
]


@needs_make
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_does_and_says_what_it_does_under_GNU_make(recipe: str, tmp_path: Path) -> None:
    ours = run(tmp_path, recipe)
    theirs = subprocess.run(
        ["make"],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "SHELL": "/bin/sh"},
    )
    assert [line.rstrip(" ") for line in ours.live] == [line.rstrip(" ") for line in theirs.stdout.splitlines()]
    assert [line.rstrip(" ") for line in ours.lines] == [line.rstrip(" ") for line in theirs.stdout.splitlines()]
    assert ours.failed is (theirs.returncode != 0)


def test_the_variables_of_the_command_line_and_those_exported_reach_the_make_below(tmp_path: Path) -> None:
    assert run(tmp_path, "@$(MAKE) -C sub V=1", V="5", W="6").lines == ["in sub 1 6"]
    (tmp_path / "Makefile").write_text("export W := 7\nall:\n\t@$(MAKE) -C sub\n")
    assert Ran(tmp_path).lines == ["in sub 7"]


def test_a_failure_that_the_recipe_goes_on_after_is_told_with_its_reason(tmp_path: Path) -> None:
    ran = run(tmp_path, "-@rm gone\n@echo on")
    assert not ran.failed
    assert ran.live == [
        "rm: cannot remove 'gone': No such file or directory",
        "make: [Makefile:2: all] Error 1 (ignored)",
        "on",
    ]


def test_rm_never_removes_a_directory_or_what_no_build_made(tmp_path: Path) -> None:
    (tmp_path / "mine.o").write_text("mine")
    ran = run(tmp_path, "@rm -rf sub *.o")
    assert not ran.failed
    assert all("stays: no build made it" in line for line in ran.lines)
    assert len(ran.lines) == 2
    assert (tmp_path / "sub" / "Makefile").exists()
    assert (tmp_path / "mine.o").exists()
