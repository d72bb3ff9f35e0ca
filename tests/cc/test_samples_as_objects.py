"""Every sample in the language of modules becomes an object in which each instruction has a line."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import kshell.linux as linux
from kshell.abi.debug_variables import read_variables
from kshell.abi.elf_reader import read_elf
from kshell.abi.elf_writer import write_elf
from kshell.cc.compiler import compile_file
from kshell.cc.listing import list_code
from tests.cc.samples import SAMPLES

HEADERS = Path(linux.__file__).parent


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_becomes_an_object_with_lines_and_variables(sample: Path, tmp_path: Path) -> None:
    obj = compile_file(str(sample), sample.read_text(encoding="utf-8"), "4.19.1-course", (4, 19)).object
    data = write_elf(obj)
    assert read_elf(data, "a.o") == obj
    listed = list_code(obj)
    assert all(each.line and (each.file == str(sample) or Path(each.file).parent == HEADERS) for each in listed)
    functions = read_variables(obj).functions
    assert {each.function for each in listed} == {each.name for each in functions}
    assert all(variable.places for function in functions for variable in function.variables)
    if shutil.which("readelf") is not None:
        (tmp_path / "a.o").write_bytes(data)
        words = ["readelf", "--all", "--debug-dump=info,line,abbrev", "a.o"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "arning" not in done.stdout + done.stderr
