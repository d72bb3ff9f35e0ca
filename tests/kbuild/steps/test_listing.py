"""make V=1 and make FILE.s: the machine code of a source, on the screen and in a file."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest
from elftools.elf.elffile import ELFFile

from kshell.kbuild.tree.changes import changed_since, diff
from kshell.kbuild.tree.sources import Sources
from tests.kbuild.steps.test_machine_code import CALL_C
from tests.kbuild.tree_lab import TreeLab
from tests.kernel.module.elf_lab import needs_compiler

SOURCE, TEXT = "SystemCalls/test_call.py", "SystemCalls/test_call.s"
PRINTK = '    k.printk(KERN_NOTICE, f"my_test_call: Your int is {test}")'


@pytest.fixture
def lab(tmp_path: Path) -> TreeLab:
    return TreeLab(tmp_path)


def test_v_1_shows_the_command_and_under_each_line_its_instructions(lab: TreeLab) -> None:
    lines = lab.make(V="1").lines
    at = next(i for i, line in enumerate(lines) if line.endswith(" SystemCalls/syscallModule.py"))
    words = lines[at].split()
    assert (lines[at][:3], words[0]) == ("  c", "cc")
    assert "-DMODULE" in words
    assert "'-DKBUILD_MODNAME=\"syscallModule\"'" in words
    assert words[-4:] == ["-c", "-o", "SystemCalls/syscallModule.o", "SystemCalls/syscallModule.py"]
    assert lines[at + 1 : at + 4] == [
        "my_test_call:",
        "   9 | def my_test_call(k: Kernel, test: int) -> Long:",
        "       0:  55                          push rbp",
    ]
    assert lines[lines.index(f"  10 | {PRINTK}") + 1].endswith(r'mov rdi, "\0015my_test_call: Your int is %d\n"')
    assert not any(line.startswith("  CC      SystemCalls/test_call.o") for line in lines)
    assert "-DMODULE" not in next(line for line in lines if line.endswith(" SystemCalls/test_call.py"))


def test_v_1_shows_nothing_of_what_is_up_to_date_or_no_source_of_the_compiler_s(lab: TreeLab) -> None:
    outcome = lab.make(V="1")
    assert "  CC      kernel/sys.o" in outcome.lines
    assert [target for target, _ in outcome.log.listings if target.startswith("System")] == [
        "SystemCalls/test_call.o",
        "SystemCalls/syscallModule.o",
    ]
    assert lab.make(V="1").log.listings == []


@pytest.mark.parametrize("value", ["0", "", "2"])
def test_another_v_shows_what_make_shows(lab: TreeLab, value: str) -> None:
    outcome = lab.make(V=value)
    assert outcome.log.listings == []
    assert "  CC      SystemCalls/test_call.o" in outcome.lines


def test_a_make_that_calls_make_hands_v_on(lab: TreeLab) -> None:
    lab.make()
    lab.running = lab.running._replace(release="4.19.1-test", tree=str(lab.root))
    lab.write("SystemCalls/syscallModule.py", lab.read("SystemCalls/syscallModule.py") + "\n# changed\n")
    outcome = lab.make(folder="SystemCalls", V="1")
    assert [Path(target).name for target, _ in outcome.log.listings] == ["syscallModule.o"]


def test_a_goal_s_is_the_assembler_text_of_a_source(lab: TreeLab) -> None:
    outcome = lab.make(TEXT)
    assert outcome.lines[2:] == [f"  CC      {TEXT}"]
    lines = lab.read(TEXT).splitlines()
    at = lines.index(f"# {SOURCE}:13:     if stub is not None:")
    assert lines[at + 1 : at + 4] == ["\tmov rax, qword ptr [rbp - 0x10]", "\tcmp rax, 0", "\tje .L1"]
    assert lines[lines.index(".L1:") + 1 :][:2] == [
        f"# {SOURCE}:15:     return -ENOSYS",
        "\tmov rax, 0xffffffffffffffda",
    ]
    assert "\t.globl\t__x64_sys_test_call" in lines
    assert "\t.globl\t__do_sys_test_call" not in lines
    assert not lab.path("SystemCalls/test_call.o").exists()
    assert lab.make("SystemCalls/syscallModule.s").lines == ["  CC [M]  SystemCalls/syscallModule.s"]


def test_it_is_made_anew_and_is_nobody_s_work(lab: TreeLab) -> None:
    lab.make()
    stamp, before = Sources(str(lab.root)).last_build(), [each.path for each in diff(Sources(str(lab.root)))]
    lab.make(TEXT)
    assert stamp is not None
    assert changed_since(Sources(str(lab.root)), stamp) == []
    assert [each.path for each in diff(Sources(str(lab.root)))] == before
    lab.replace(SOURCE, "-ENOSYS", "-1")
    assert not lab.make(TEXT).errors
    assert f"# {SOURCE}:15:     return -1\n" in lab.read(TEXT)
    assert not lab.make("clean").errors
    assert not lab.path(TEXT).exists()


def test_a_file_of_that_name_that_no_build_made_stays(lab: TreeLab) -> None:
    lab.write(TEXT, "my notes\n")
    (error,) = lab.make(TEXT).errors
    assert (error.text, error.because) == (
        f"{TEXT}: File exists",
        "a file of that name is there already, and no build made it: it may be yours",
    )
    lab.make("clean")
    assert lab.read(TEXT) == "my notes\n"


def test_a_mistake_is_told_and_writes_nothing(lab: TreeLab) -> None:
    lab.replace(SOURCE, "test_int: Int", "test_int: Itn")
    outcome = lab.make(TEXT)
    assert outcome.errors[0].place() == f"{SOURCE}:10:36"
    assert outcome.lines[-2:] == [f"make[1]: *** [{TEXT}] Error 1", "make: *** [SystemCalls] Error 2"]
    assert not lab.path(TEXT).exists()


def test_a_file_that_no_list_has_is_told_of_the_list(lab: TreeLab) -> None:
    lab.write("SystemCalls/other.py", "")
    (error,) = lab.make("SystemCalls/other.s").errors
    assert error.text == "make: *** No rule to make target 'SystemCalls/other.s'.  Stop."
    assert error.because == "no list that the top Makefile leads to has SystemCalls/other.o"
    assert error.try_ == "obj-y := other.o  (in SystemCalls/Makefile)"


@needs_compiler
def test_a_source_in_c_has_both_too(lab: TreeLab) -> None:
    lab.path(SOURCE).unlink()
    lab.write("SystemCalls/test_call.c", CALL_C)
    lab.write("SystemCalls/answer.h", "#define ANSWER (-ENOSYS)\n")
    lines = lab.make("SystemCalls/test_call.o", V="1").lines
    command = next(
        line.split() for line in lines if line.endswith(" -c -o SystemCalls/test_call.o SystemCalls/test_call.c")
    )
    assert {"-mcmodel=kernel", "-mno-red-zone", "-D__KERNEL__"} < set(command)
    assert "__x64_sys_test_call:" in lines
    assert any(line.endswith("| \tif (STUB_test_call != NULL)".replace("\t", "    ")) for line in lines)
    assert not lab.make(TEXT).errors
    assert any(
        line.startswith("# SystemCalls/test_call.c:") and "STUB_test_call != NULL" in line
        for line in lab.read(TEXT).splitlines()
    )


def test_the_address_of_a_name_is_told_from_what_is_there(lab: TreeLab) -> None:
    assert not lab.make("SystemCalls/syscallModule.s").errors
    lines = lab.read("SystemCalls/syscallModule.s").splitlines()
    at = lines.index("\tmov rax, offset my_test_call")
    assert lines[at + 1] == "\tmov qword ptr [STUB_test_call], rax"


@pytest.mark.skipif(which("as") is None, reason="no assembler here")
def test_another_assembler_takes_what_has_no_string(lab: TreeLab, tmp_path: Path) -> None:
    source = "SystemCalls/syscallModule.py"
    lab.write(source, "\n".join(line for line in lab.read(source).splitlines() if "printk" not in line))
    assert not lab.make("SystemCalls/syscallModule.s").errors
    out = str(tmp_path / "out.o")
    subprocess.run(["as", "--64", str(lab.path("SystemCalls/syscallModule.s")), "-o", out], check=True)
    with open(out, "rb") as file:
        text = ELFFile(file).get_section_by_name(".text").data()
    assert bytes.fromhex("48 c7 c0 00 00 00 00 48 89 04 25 00 00 00 00") in text  # the store of the handler
