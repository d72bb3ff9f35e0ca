"""make clean: what a build made goes, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kbuild.tree_lab import TreeLab


def files(lab: TreeLab) -> set[str]:
    return {str(path.relative_to(lab.root)) for path in lab.root.rglob("*") if path.is_file()}


KEPT = {".version", "Module.symvers", ".kshell/last-build.json"}
KEPT |= {f"arch/x86/include/generated/asm/syscalls_{bits}.h" for bits in (32, 64)}


@pytest.mark.parametrize(("goal", "kept"), [("clean", KEPT), ("mrproper", {".kshell/last-build.json"})])
def test_clean_leaves_the_sources_and_mrproper_leaves_only_them(tmp_path: Path, goal: str, kept: set[str]) -> None:
    lab = TreeLab(tmp_path)
    before = files(lab)
    assert not lab.make().errors
    outcome = lab.make(goal)
    assert files(lab) == before | kept
    assert ("CLEAN", "SystemCalls") in outcome.log.steps
    assert lab.make(goal).log.steps == []


def test_clean_leaves_files_whose_names_only_look_built(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    own = {name: f"my {name}" for name in ("notes.o", "SystemCalls/x.ko", "user/vmlinux", "modules.order", "a.mod.c")}
    for name, text in own.items():
        lab.write(name, text)
    lab.make()
    for goal in ("clean", "mrproper", "distclean"):
        assert not lab.make(goal).errors
    assert {name: lab.read(name) for name in own} == own


def test_clean_does_not_follow_links(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path / "one")
    other = TreeLab(tmp_path / "two")
    other.make()
    lab.path("other").symlink_to(other.root, target_is_directory=True)
    lab.path("x.o").symlink_to(other.path("vmlinux"))
    assert not lab.make("mrproper").errors
    assert other.path("vmlinux").exists()
    assert other.path("SystemCalls/test_call.o").exists()


def test_the_slides_clean_removes_what_was_built_there(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.make()
    lab.write("SystemCalls/mine.o", "mine")
    outcome = lab.make("clean", folder="SystemCalls")
    assert outcome.lines[0] == "rm -f *.o *.ko *.mod.* Module.* modules.*"
    assert "kshell: mine.o stays: no build made it, so it may be yours" in outcome.lines
    here = sorted(path.name for path in lab.path("SystemCalls").iterdir())
    assert here == ["Makefile", "mine.o", "syscallModule.py", "test_call.py"]
    assert lab.path("vmlinux").exists()


def test_rm_of_a_source_removes_nothing(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace("SystemCalls/Makefile", "\trm -f *.o", "\trm -f *.py Makefile *.o")
    lab.make("clean", folder="SystemCalls")
    assert {"test_call.py", "syscallModule.py", "Makefile"} <= {p.name for p in lab.path("SystemCalls").iterdir()}
