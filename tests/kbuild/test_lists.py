"""What no list leads to: obj-$(CONFIG_X), a rule that needs another file, a prototype of another name."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.kbuild.header.conflicts import check_header
from tests.kbuild.tree_lab import CALL, HEADER, MODULE, TreeLab

TREES = pytest.mark.parametrize("version", ["4.19", "6.19"])


@TREES
def test_obj_of_a_CONFIG_that_is_not_set_is_told_by_its_name(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.write("SystemCalls/Makefile", "obj-y := test_call.o\nobj-$(CONFIG_X) += syscallModule.o \\\n\tmore/\n")
    outcome = lab.make()
    folder, file = outcome.notes[-2:]
    assert folder.text == "nothing in SystemCalls/more/ is built"
    assert "syscallModule.o on obj-$(CONFIG_X), and CONFIG_X is not set" in file.because
    assert file.try_ == "obj-y += syscallModule.o  (or make CONFIG_X=y)"
    lab.write("SystemCalls/Makefile", "obj-y := test_call.o\nobj-$(CONFIG_X) += syscallModule.o\n")
    assert ("LD [M]", "SystemCalls/syscallModule.ko") in lab.make(CONFIG_X="m").log.steps


def test_the_same_outside_of_the_tree(tmp_path: Path) -> None:
    lab, folder = TreeLab(tmp_path), tmp_path / "outside"
    folder.mkdir()
    (folder / "Makefile").write_text("obj-${CONFIG_X} += m.o\n")
    (folder / "m.py").write_text(MODULE)
    assert not lab.make().errors
    (note,) = lab.make("modules", M=str(folder)).notes
    assert "CONFIG_X is not set" in note.because
    assert note.try_ == "obj-m += m.o  (or make CONFIG_X=m)"
    assert lab.make("modules", M=str(folder), CONFIG_X="m").log.modules == [f"{folder}/m.ko"]


def test_a_rule_that_needs_hello_c_points_at_hello_py(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, bare=True)
    lab.write("m/Makefile", "hello.ko: hello.c\n\techo\n")
    lab.write("m/hello.py", MODULE)
    (error,) = lab.make(folder="m").errors
    assert error.text == "make: *** No rule to make target 'hello.c', needed by 'hello.ko'.  Stop."
    assert error.because.endswith("hello.py is there")
    assert error.try_ == "hello.ko: hello.py  (in the place of hello.c)"


def with_prototype(lab: TreeLab, *lines: str) -> TreeLab:
    lab.replace(HEADER, "asmlinkage long sys_test_call(int);", "\n".join(lines))
    return lab


CONFLICTS = [
    ("asmlinkage long sys_x(int);", "asmlinkage long sys_x(long);"),
    ("asmlinkage int sys_x(int);", "asmlinkage long sys_x(int);"),
    ("asmlinkage long sys_x(const char *, unsigned long);", "asmlinkage long sys_x(void);"),
    ("asmlinkage long sys_x(unsigned, char);", "asmlinkage long sys_x(unsigned char, unsigned long);"),
    ("asmlinkage long __x64_sys_x(int);", "asmlinkage long __x64_sys_x(const struct pt_regs *regs);"),
    ("long sys_x(unsigned int fd);", "long sys_x(unsigned fd);"),
    ("long sys_x();", "long sys_x(int);"),
    ("long sys_x(int a);", "extern long sys_x(int);"),
    ("long long sys_x(char **);", "long sys_x(char *);"),
]


@pytest.mark.parametrize("lines", CONFLICTS)
@pytest.mark.skipif(shutil.which("gcc") is None, reason="the oracle is gcc, which is not installed")
def test_two_prototypes_of_a_name_are_told_as_gcc_tells_them(tmp_path: Path, lines: tuple[str, str]) -> None:
    (tmp_path / "h.c").write_text("#define asmlinkage\nstruct pt_regs;\n" + "\n".join(lines) + "\n")
    command = ["gcc", "-fsyntax-only", "h.c"]
    env = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False).stderr
    theirs = [line for line in said.split("\n") if "error:" in line or "note:" in line]
    text = "struct pt_regs;\n\n" + "\n".join(lines) + "\n"
    ours = [line for message in check_header(text, "h.c")[1] for line in (message.head(), *message.excerpt)]
    assert [line for line in ours if "error:" in line or "note:" in line] == theirs


@TREES
def test_a_prototype_of_what_SYSCALL_DEFINE_declares_itself_stops_its_file(tmp_path: Path, version: str) -> None:
    lab = with_prototype(TreeLab(tmp_path, version), "asmlinkage long __x64_sys_test_call(int);")
    outcome = lab.make()
    (error,) = outcome.errors
    have = "conflicting types for '__x64_sys_test_call'; have 'long int(const struct pt_regs *)'"
    assert (error.file, error.text) == ("SystemCalls/test_call.py", have)
    assert "make[1]: *** [SystemCalls/test_call.o] Error 1" in outcome.lines
    assert lab.make().errors  # and again, though it is compiled
    right = "asmlinkage long __x64_sys_test_call(const struct pt_regs *);"
    lab.replace(HEADER, "asmlinkage long __x64_sys_test_call(int);", right)
    (note,) = (note for note in lab.make().notes if note.file == HEADER)
    assert "has one of __x64_sys_test_call" in note.because


@pytest.mark.parametrize("name", ["test_call", "sys_test_cal", "sys_tets_call"])
def test_a_prototype_of_nearly_the_right_name_is_named(tmp_path: Path, name: str) -> None:
    lab = with_prototype(TreeLab(tmp_path), f"asmlinkage long {name}(int);")
    (note,) = (note for note in lab.make().notes if note.file == HEADER)
    assert note.text == "no prototype of sys_test_call"
    assert f"has one of {name};" in note.because


def test_a_function_written_by_hand_is_held_against_its_prototype(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    text = CALL.replace(
        "@SYSCALL_DEFINE1\ndef test_call(k: Kernel, test_int: Int)", "def sys_test_call(k: Kernel, n: Long)"
    )
    lab.write("SystemCalls/test_call.py", text.replace("stub(k, test_int)", "stub(k, Int(n))").replace("test_int", "n"))
    lab.row_is("335\tcommon\ttest_call\tsys_test_call")
    (error,) = lab.make().errors
    assert error.text == "conflicting types for 'sys_test_call'; have 'long int(long int)'"
    assert "previous declaration of 'sys_test_call' with type 'long int(int)'" in error.excerpt[0]
