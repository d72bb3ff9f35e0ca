"""LD: what is defined once, twice or not at all."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.abi.errno import ENOSYS
from kshell.kernel.entry.exec import run_stub
from tests.kbuild.tree_lab import CALL, MODULE, TABLE, TreeLab

LISTS = "SystemCalls/Makefile"
HELPER = "from kshell.linux import *\n\n\ndef {name}(k: Kernel) -> int:\n    return 1\n"


def with_files(tmp_path: Path, *texts: str) -> TreeLab:
    """A tree with these files, a.py, b.py, ..., built in beside the call."""
    lab = TreeLab(tmp_path)
    names = "abcdef"[: len(texts)]
    for name, text in zip(names, texts, strict=True):
        lab.write(f"SystemCalls/{name}.py", text)
    lab.replace(LISTS, "test_call.o", f"test_call.o {' '.join(f'{name}.o' for name in names)}")
    return lab


def test_two_functions_of_one_name_are_multiple_definitions(tmp_path: Path) -> None:
    lab = with_files(tmp_path, HELPER.format(name="helper"), HELPER.format(name="helper"))
    error = lab.make().errors[0]
    words = "multiple definition of `helper'; SystemCalls/a.o:a.py:(.text+0x0): first defined here"
    assert error.text == f"ld: SystemCalls/b.o: in function `helper':\nb.py:(.text+0x0): {words}"
    assert (error.file, error.line) == ("SystemCalls/b.py", 4)
    assert error.because == "both SystemCalls/a.py and SystemCalls/b.py define helper"


C_TWICE = {
    "a.c": "int first(void) { return 1; }\nint helper(void) { return 2; }\n",
    "b.c": "int other(void) { return 3; }\nint helper(void) { return 4; }\n",
}


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the oracle is gcc with GNU ld, which are not installed")
def test_a_function_that_is_defined_twice_is_told_as_GNU_ld_tells_it(tmp_path: Path) -> None:
    for name, text in C_TWICE.items():
        (tmp_path / name).write_text(text)
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    subprocess.run(["gcc", "-O2", "-c", *C_TWICE], cwd=tmp_path, check=True, env=env)
    ran = subprocess.run(["ld", "-r", "a.o", "b.o"], cwd=tmp_path, capture_output=True, text=True, env=env)
    other = "\n\ndef other(k: Kernel) -> int:\n    return 1\n"
    one, two = (HELPER.format(name=name) + other.replace("other", "helper") for name in ("first", "other"))
    error = with_files(tmp_path, one, two).make().errors[0]
    assert error.text == ran.stderr.strip().replace(".c:", ".py:").replace("a.o", "SystemCalls/a.o").replace(
        " b.o", " SystemCalls/b.o"
    )


def test_functions_whose_names_begin_with_an_underscore_are_static(tmp_path: Path) -> None:
    lab = with_files(tmp_path, HELPER.format(name="_helper"), HELPER.format(name="_helper"))
    assert not lab.make().errors


def test_two_definitions_of_a_call_are_multiple_definitions(tmp_path: Path) -> None:
    lab = with_files(tmp_path, CALL.replace("STUB_test_call", "STUB_other"))
    error = lab.make().errors[0]
    assert "multiple definition of `__x64_sys_test_call'" in error.text


def test_a_file_may_use_what_another_defines(tmp_path: Path) -> None:
    user = MODULE.replace('MODULE_LICENSE("GPL")\n', "").replace('MODULE_DESCRIPTION("the handler")\n', "")
    lab = with_files(tmp_path, user)
    assert not lab.make().errors
    run = run_stub(lab.boot(), 335, [5])
    assert run.call is not None
    assert run.call.ret == 5


def test_an_extern_that_nobody_defines_is_an_undefined_reference(tmp_path: Path) -> None:
    lab = with_files(tmp_path, MODULE.replace("STUB_test_call", "STUB_nobody"))
    error = lab.make().errors[0]
    said = "ld: SystemCalls/a.o: in function `hello_init':\na.py:(.text+0x3f): undefined reference to `STUB_nobody'"
    assert error.text == said
    assert (error.file, error.line) == ("SystemCalls/a.py", 15)
    assert "looks like a module" in error.because
    assert error.try_.startswith("obj-m := a.o")


def test_every_error_of_the_linker_is_told(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.add_row("336\tcommon\tone\t__x64_sys_one")
    lab.add_row("337\tcommon\ttwo\t__x64_sys_two")
    assert [error.text.partition("`")[2] for error in lab.make().errors] == ["__x64_sys_one'", "__x64_sys_two'"]


def test_a_call_that_another_kernel_may_lack_is_weak(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace("SystemCalls/test_call.py", "def test_call", "def other_call")
    lab.write("kernel/sys_ni.py", lab.read("kernel/sys_ni.py") + '\nCOND_SYSCALL("test_call")\n')
    outcome = lab.make()
    assert not outcome.errors, outcome.show()
    run = run_stub(lab.boot(), 335, [5])
    assert run.call is not None
    assert run.call.ret == -ENOSYS


def test_a_row_that_names_sys_ni_syscall_needs_no_definition(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.add_row("336\tcommon\tgone\tsys_ni_syscall")
    assert not lab.make().errors


def test_a_misspelt_entry_has_the_right_one_as_its_try(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(TABLE, "__x64_sys_test_call", "__x64_sys_test_cal")
    assert lab.make().errors[0].try_.startswith("__x64_sys_test_call")


def test_a_directory_that_a_listed_one_lists_again_says_both_places(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write("outer/Makefile", "obj-y := inner/\n")
    lab.write("outer/inner/Makefile", "obj-y := x.o\n")
    lab.write("outer/inner/x.py", HELPER.format(name="helper"))
    lab.replace("Makefile", " SystemCalls/", " SystemCalls/ outer/ \\\n\touter/inner/")
    error = lab.make().errors[0]
    assert "multiple definition of `helper'" in error.text
    line = next(i for i, text in enumerate(lab.read("Makefile").split("\n"), 1) if "outer/ \\" in text)
    assert f"(Makefile:{line} and Makefile:{line + 1})" in error.because


def test_System_map_is_sorted_and_has_the_call_and_its_stub(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.make()
    rows = [line.split(" ") for line in lab.read("System.map").splitlines()]
    assert rows == sorted(rows)
    kinds = {name: kind for _, kind, name in rows}
    assert (kinds["__x64_sys_test_call"], kinds["STUB_test_call"]) == ("T", "B")


def test_System_map_has_the_addresses_of_the_booted_kernel(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.make()
    k = lab.boot()
    said = {name: int(at, 16) for at, _, name in (line.split(" ") for line in lab.read("System.map").splitlines())}
    for name in ("__x64_sys_test_call", "STUB_test_call", "__x64_sys_getpid"):
        symbol = k.symbols.lookup(name)
        assert symbol is not None
        assert symbol.address == said[name]


def test_the_link_shows_the_sorted_exception_table(tmp_path: Path) -> None:
    lines = TreeLab(tmp_path).make().lines
    entries = [line.split() for line in lines if "__ex_table" in line]
    assert entries
    assert entries == sorted(entries)
    assert lines.index("  SORTEX  vmlinux") > lines.index("  LD      vmlinux")
