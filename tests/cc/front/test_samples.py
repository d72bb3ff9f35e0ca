"""The samples in the new language: each compiles without a word, and passes a strict type checker."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.cc.front.unit import compile_source

SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*.py"))
ROOT = Path(__file__).parents[3]
CONFIG = "[mypy]\nstrict = true\nwarn_return_any = false\n[mypy-kshell.*]\nignore_errors = true\n"


@pytest.mark.parametrize("release", ["4.19", "6.19"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_compiles_without_a_warning(path: Path, release: str) -> None:
    unit, findings = compile_source(path.read_text(), path.name, release)
    wanted = ["division by zero [-Wdiv-by-zero]"] if path.stem == "crash" else []
    assert [each.text for each in findings] == wanted
    assert unit.functions


def test_the_samples_pass_a_strict_type_checker(tmp_path: Path) -> None:
    """The headers stand where sources look for them: kshell/linux."""
    shutil.copytree(ROOT / "kshell/include/linux", tmp_path / "kshell/linux")
    (tmp_path / "kshell/__init__.py").write_text("")
    for header in (tmp_path / "kshell/linux").glob("*.py"):
        header.write_text(header.read_text().replace("kshell.include.linux", "kshell.linux"))
    for sample in SAMPLES:
        shutil.copy(sample, tmp_path)
    (tmp_path / "mypy.ini").write_text(CONFIG)
    names = [path.name for path in SAMPLES]
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", *names]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": "", "HOME": str(tmp_path)}
    )
    assert done.returncode == 0, done.stdout + done.stderr
