"""Modules outside the tree, make -C KDIR M=DIR; and programs for user mode."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from kshell import assembler
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.module.load_info import LoadInfo
from kshell.shell.modules.insmod import insmod
from tests.kbuild.tree_lab import MODULE, TreeLab


def outside(tmp_path: Path, lists: str = "obj-m := syscallModule.o\n") -> Path:
    """A folder with the module and that Makefile."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "Makefile").write_text(lists)
    (folder / "syscallModule.py").write_text(MODULE)
    return folder


def built(path: Path) -> LoadInfo:
    found = LoadInfo(str(path), path.read_bytes())
    assert not found.problem
    return found


def different(one: LoadInfo, other: LoadInfo) -> set[str]:
    """The sections in which two modules differ."""
    assert [each.name for each in one.elf.sections] == [each.name for each in other.elf.sections]
    pairs = zip(one.elf.sections, other.elf.sections, strict=True)
    return {mine.name for mine, theirs in pairs if mine.data != theirs.data}


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_a_module_outside_the_tree_is_the_tree_s_but_for_its_place(tmp_path: Path, version: str) -> None:
    lab, folder = TreeLab(tmp_path, version), outside(tmp_path)
    assert not lab.make().errors
    outcome = lab.make("modules", M=str(folder))
    assert not outcome.errors, outcome.show()
    shown = f"{folder}/" if version == "4.19" else ""  # since 6.13 make works in the folder itself
    assert ("CC [M]", f"{shown}syscallModule.o") in outcome.log.steps
    assert ("LD [M]", f"{shown}syscallModule.ko") in outcome.log.steps
    assert outcome.log.modules == [f"{folder}/syscallModule.ko"]
    if version == "6.19":
        assert outcome.lines == [
            f"make[1]: Entering directory '{folder}'",
            "  CC [M]  syscallModule.o",
            "  MODPOST Module.symvers",
            "  CC [M]  syscallModule.mod.o",
            "  CC [M]  .module-common.o",
            "  LD [M]  syscallModule.ko",
            f"make[1]: Leaving directory '{folder}'",
        ]
    theirs, ours = built(folder / "syscallModule.ko"), built(lab.path("SystemCalls/syscallModule.ko"))
    assert different(ours, theirs) <= {".modinfo", ".debug_info", ".debug_line"}  # these name the source
    assert [pair for pair in ours.info if pair not in theirs.info] == [("intree", "Y")]
    assert [pair for pair in theirs.info if pair not in ours.info] == []
    assert (ours.intree, theirs.intree) == (True, False)
    k = lab.boot()
    insmod(k, str(folder / "syscallModule.ko"), {})
    run = run_stub(k, lab.number, [5])
    assert run.call is not None
    assert run.call.ret == 5
    assert "taints kernel" in "".join(record.text for record in k.log.since(0))


def test_nothing_is_made_again_outside_the_tree_either(tmp_path: Path) -> None:
    lab, folder = TreeLab(tmp_path), outside(tmp_path)
    lab.make()
    lab.make(M=str(folder))
    before = (folder / "syscallModule.ko").stat().st_mtime_ns
    assert [tool for tool, _ in lab.make(M=str(folder)).log.steps] == ["MODPOST"]
    assert (folder / "syscallModule.ko").stat().st_mtime_ns == before


def test_M_may_be_named_from_the_tree(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, built=True)
    assert not lab.make("modules", M="SystemCalls").errors
    assert built(lab.path("SystemCalls/syscallModule.ko")).intree is False


def test_the_Makefile_is_told_the_release(tmp_path: Path) -> None:
    idiom = "ifneq ($(KERNELRELEASE),)\nobj-m := syscallModule.o\nelse\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD)\nendif\n"
    lab, folder = TreeLab(tmp_path), outside(tmp_path, idiom)
    lab.make()
    assert ("LD [M]", f"{folder}/syscallModule.ko") in lab.make(M=str(folder)).log.steps


def test_directories_below_are_built_too(tmp_path: Path) -> None:
    lab, folder = TreeLab(tmp_path), outside(tmp_path, "obj-m := sub/\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "Makefile").write_text("obj-m := syscallModule.o\n")
    (folder / "syscallModule.py").rename(folder / "sub" / "syscallModule.py")
    lab.make()
    assert not lab.make(M=str(folder)).errors
    assert (folder / "sub" / "syscallModule.ko").exists()


def test_clean_outside_removes_what_was_built_there_only(tmp_path: Path) -> None:
    lab, folder = TreeLab(tmp_path), outside(tmp_path)
    lab.make()
    lab.make(M=str(folder))
    (folder / "notes.ko").write_text("mine")
    assert not lab.make("clean", M=str(folder)).errors
    assert sorted(path.name for path in folder.iterdir()) == ["Makefile", "notes.ko", "syscallModule.py"]
    assert lab.path("vmlinux").exists()


def test_a_folder_that_is_missing_or_has_no_Makefile_is_told(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, built=True)
    assert "No such file or directory" in lab.make(M=str(tmp_path / "gone")).errors[0].text
    (tmp_path / "bare").mkdir()
    error = lab.make(M=str(tmp_path / "bare")).errors[0]
    assert error.text.endswith("bare/Makefile: No such file or directory")
    assert error.because


def test_nothing_on_obj_m_is_noted(tmp_path: Path) -> None:
    lab, folder = TreeLab(tmp_path), outside(tmp_path, "obj-y := syscallModule.o\n")
    lab.make()
    outcome = lab.make(M=str(folder))
    assert not outcome.errors
    assert [note.text for note in outcome.notes] == ["there was no module to build"]


def test_a_tree_that_was_never_built_warns_on_4_19_and_refuses_on_6_19(tmp_path: Path) -> None:
    folder = outside(tmp_path)
    older, newer = TreeLab(tmp_path / "a", "4.19"), TreeLab(tmp_path / "b", "6.19")
    outcome = older.make(M=str(folder))
    assert not outcome.errors
    assert "  WARNING: Symbol version dump ./Module.symvers" in outcome.lines
    assert "undefined!" not in outcome.text
    errors = newer.make(M=str(folder)).errors
    words = [f'ERROR: modpost: "{name}" [syscallModule.ko] undefined!' for name in ("_printk", "STUB_test_call")]
    assert [error.text for error in errors] == words
    assert all(error.try_.startswith("make") for error in errors)


# Programs.


def test_the_shipped_program_is_up_to_date(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    outcome = lab.make(folder="user")
    assert not outcome.errors
    assert outcome.log.steps == []
    assert outcome.lines == ["make: Nothing to be done for 'all'."]


def test_a_program_whose_source_has_changed_is_assembled(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    before = lab.path("user/test_call_user").read_bytes()
    lab.write("user/test_call_user.s", lab.read("user/test_call_user.s").replace("335", "336"))
    outcome = lab.make(folder="user")
    assert not outcome.errors, outcome.show()
    assert [tool for tool, _ in outcome.log.steps] == ["AS", "AS", "AS", "LD"]
    after = lab.path("user/test_call_user").read_bytes()
    assert after != before
    old, new = (json.loads(data.partition(b"\n")[2])["sources"] for data in (before, after))
    assert [name for name in old if old[name] != new[name]] == ["test_call_user.s"]
    assert lab.make(folder="user").log.steps == []


def test_a_mistake_in_a_program_has_its_line(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    before = lab.path("user/test_call_user").read_bytes()
    lab.write("user/test_call_user.s", lab.read("user/test_call_user.s") + "\n    movv rax, 1\n")
    error = lab.make(folder="user").errors[0]
    assert error.file == "test_call_user.s"
    assert error.line == lab.read("user/test_call_user.s").count("\n")
    assert lab.path("user/test_call_user").read_bytes() == before


def test_a_source_that_is_missing_is_told(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.path("user/libc.s").unlink()
    error = lab.make(folder="user").errors[0]
    assert "libc.s" in error.text
    assert error.because


def test_a_file_of_the_program_s_name_that_no_build_made_stays(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write("user/test_call_user", "my own")
    assert lab.make(folder="user").errors[0].text == "test_call_user: File exists"
    assert lab.read("user/test_call_user") == "my own"


@pytest.fixture
def _no_keystone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keystone", None)
    monkeypatch.setattr(assembler, "_keystone", None)


@pytest.mark.usefixtures("_no_keystone")
def test_without_an_assembler_what_is_shipped_needs_none_and_the_rest_says_so(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    assert not lab.make(folder="user").errors
    lab.path("user/test_call_user").unlink()
    assert not lab.make(folder="user").errors
    lab.write("user/test_call_user.s", lab.read("user/test_call_user.s").replace("335", "336"))
    error = lab.make(folder="user").errors[0]
    assert error.because
    assert error.try_
    assert not lab.make().errors


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_one_object_of_a_folder_outside_or_its_assembler_text_is_made(tmp_path: Path, version: str) -> None:
    lab, folder = TreeLab(tmp_path, version), outside(tmp_path)
    for goal in ("syscallModule.s", "syscallModule.o"):
        assert not lab.make(goal, M=str(folder)).errors
        assert (folder / goal).is_file()
    assert b"my_test_call:" in (folder / "syscallModule.s").read_bytes()
    (error,) = lab.make("other.s", M=str(folder)).errors
    assert error.text == "make: *** No rule to make target 'other.s'.  Stop."
    assert error.try_ == "obj-m := other.o  (in Makefile)"


def test_a_part_of_a_composite_object_is_made_alone(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write("SystemCalls/Makefile", "obj-y := both.o\nboth-objs := test_call.o more.o\n")
    lab.write("SystemCalls/more.py", "from kshell.linux import *\n\n\ndef more(k: Kernel) -> int:\n    return 1\n")
    for goal in ("more.s", "more.o", "test_call.s"):
        outcome = lab.make(f"SystemCalls/{goal}")
        assert not outcome.errors, outcome.show()
        assert outcome.log.steps[-1] == ("CC", f"SystemCalls/{goal}")
        assert lab.path(f"SystemCalls/{goal}").is_file()
    assert lab.make("SystemCalls/third.s").errors
