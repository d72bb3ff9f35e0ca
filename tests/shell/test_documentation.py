"""The pages and the lessons that help names are where it says, in a checkout and in an installed kshell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.shell.commands import pages
from tests.shell.lab import Lab

ROOT = Path(__file__).parent.parent.parent


def test_help_names_a_page_that_is_there(lab: Lab) -> None:
    page = lab.json("help add-a-system-call")["page"]
    assert Path(page).is_file()
    assert f"\n  {page}\n" in lab.text("help add-a-system-call")


def test_help_on_machine_code_names_its_page_and_lines_that_work(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    topic = lab.json("help modules-as-machine-code")
    assert Path(topic["page"]).is_file()
    for step in topic["steps"]:
        assert lab.result(step["command"]).error is None, step


def test_a_module_that_is_not_compiled_yet_is_said_to_be_so(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lab.text("module copy hello .")
    assert lab.error("insmod hello.ko")["try"] == "cc hello.py -o hello.ko"


def test_in_the_folder_of_a_checkout_a_page_has_its_short_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert pages.documentation("tricks.md") == os.path.join("docs", "tricks.md")


def test_inside_an_installed_package_its_own_pages_are_meant(tmp_path: Path) -> None:
    package = tmp_path / "kshell"
    shutil.copytree(ROOT / "kshell", package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("docs", "lessons"):
        shutil.copytree(ROOT / folder, package / folder)
        (tmp_path / folder).mkdir()  # another project's
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = "from kshell.shell.commands import pages; "
    code += "print(pages.documentation('tricks.md'), pages.lesson_folder(), sep='\\n')"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    output = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=elsewhere, capture_output=True, text=True
    )
    page, lesson = map(Path, output.stdout.splitlines())
    assert page == package / "docs" / "tricks.md"
    assert page.is_file()
    assert package / "lessons" == lesson
