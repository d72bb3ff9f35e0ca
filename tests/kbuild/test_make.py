"""make: what is done anew and what is left alone, its goals, its recipes, and what it says where it cannot go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.make import Maker, Request, Running
from kshell.kbuild.tree.changes import changed_since
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.core.profile import V4_19
from tests.kbuild.tree_lab import CALL, HEADER, MODULE, TABLE, Outcome, TreeLab

SOURCE, LISTS, KO = "SystemCalls/test_call.py", "SystemCalls/Makefile", "SystemCalls/syscallModule.ko"
MADE = ("CC", "CC [M]", "AR", "LD", "LD [M]", "SYSTBL", "SYSMAP", "NM", "AS")


def made(outcome: Outcome) -> list[str]:
    """What make made, as it prints it."""
    assert not outcome.errors, outcome.show()
    return [f"{tool} {target}" for tool, target in outcome.log.steps if tool in MADE]


@pytest.fixture(params=["4.19", "6.19"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> TreeLab:
    """A tree that is built."""
    lab = TreeLab(tmp_path, request.param)
    assert made(lab.make())
    return lab


LINKED = {
    "4.19": ["LD vmlinux", "SYSMAP System.map"],
    "6.19": ["AR built-in.a", "AR vmlinux.a", "LD vmlinux.o", "LD vmlinux.unstripped", "NM System.map"],
}


def test_nothing_is_made_again_where_nothing_has_changed(lab: TreeLab) -> None:
    before = {
        name: lab.path(name).stat().st_mtime_ns for name in ("vmlinux", KO, "System.map", ".version", "Module.symvers")
    }
    outcome = lab.make()
    assert made(outcome) == []
    assert (outcome.made.build, outcome.made.relinked) == (1, False)
    assert {name: lab.path(name).stat().st_mtime_ns for name in before} == before
    assert "Kernel: arch/x86/boot/bzImage is ready  (#1)" in outcome.lines


def test_a_touch_is_no_change(lab: TreeLab) -> None:
    for name in (SOURCE, LISTS, TABLE, HEADER, "Makefile"):
        lab.write(name, lab.path(name).read_bytes())
    assert made(lab.make()) == []


def test_one_source_that_has_changed_is_compiled_and_the_kernel_linked(lab: TreeLab) -> None:
    lab.write(SOURCE, CALL + "\n# changed\n")
    outcome = lab.make()
    assert made(outcome) == ["CC SystemCalls/test_call.o", "AR SystemCalls/built-in.a", *LINKED[lab.version]]
    assert (outcome.made.build, outcome.made.relinked) == (2, True)
    assert lab.boot().image.build == 2


def test_a_table_that_has_changed_is_read_and_the_kernel_linked(lab: TreeLab) -> None:
    lab.row_is(f"{lab.number + 1}\tcommon\ttest_call\t{lab.entry}")
    outcome = lab.make()
    assert made(outcome) == ["SYSTBL arch/x86/include/generated/asm/syscalls_64.h", *LINKED[lab.version]]
    assert outcome.made.build == 2


def test_a_module_that_has_changed_is_made_and_nothing_else(lab: TreeLab) -> None:
    before = lab.path("vmlinux").stat().st_mtime_ns
    lab.replace("SystemCalls/syscallModule.py", "return test", "return test + 1")
    outcome = lab.make()
    made_o, linked = f"{'CC' if lab.version == '4.19' else 'CC [M]'} SystemCalls/syscallModule.mod.o", f"LD [M] {KO}"
    assert made(outcome) == ["CC [M] SystemCalls/syscallModule.o", made_o, linked]
    assert (outcome.made.build, outcome.made.relinked) == (1, False)
    assert lab.path("vmlinux").stat().st_mtime_ns == before


def test_an_entry_that_is_taken_out_of_obj_y_links_the_kernel_anew(lab: TreeLab) -> None:
    lab.row_is("")
    lab.make()
    lab.replace(LISTS, "obj-y := test_call.o\n", "")
    lab.replace(LISTS, "obj-m := syscallModule.o\n", "")
    outcome = lab.make()
    assert made(outcome) == LINKED[lab.version]
    assert outcome.made.build == 3


def test_a_new_EXTRAVERSION_makes_kernel_and_modules_for_it(lab: TreeLab) -> None:
    lab.replace("Makefile", "EXTRAVERSION = -test", "EXTRAVERSION = -mine")
    outcome = lab.make()
    assert LINKED[lab.version][-2] in made(outcome)
    assert f"LD [M] {KO}" in made(outcome)
    assert not any(step.startswith("CC SystemCalls/test_call") for step in made(outcome))
    assert outcome.made.release.endswith("-mine")


def test_an_object_that_is_gone_is_made_again_without_a_new_kernel(lab: TreeLab) -> None:
    lab.path("SystemCalls/test_call.o").unlink()
    outcome = lab.make()
    assert made(outcome) == ["CC SystemCalls/test_call.o", "AR SystemCalls/built-in.a"]
    assert outcome.made.build == 1


def test_a_build_after_clean_gives_the_same_bytes_but_for_the_number(lab: TreeLab) -> None:
    names = ("SystemCalls/test_call.o", "SystemCalls/syscallModule.o", KO, "System.map", "Module.symvers")
    before = {name: lab.path(name).read_bytes() for name in names}
    number_one = lab.path("vmlinux").read_bytes()
    assert not lab.make("clean").errors
    assert lab.make().made.build == 2
    assert {name: lab.path(name).read_bytes() for name in names} == before
    assert lab.path("vmlinux").read_bytes() != number_one
    assert not lab.make("mrproper").errors
    assert lab.make().made.build == 1
    assert lab.path("vmlinux").read_bytes() == number_one


def test_two_trees_with_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = TreeLab(tmp_path / "one"), TreeLab(tmp_path / "two")
    one.make()
    two.make()
    for name in ("vmlinux", KO, "System.map", "Module.symvers", "SystemCalls/test_call.o"):
        assert one.path(name).read_bytes() == two.path(name).read_bytes(), name


ORDER = {
    "4.19": """AR SystemCalls/built-in.a
CC [M] SystemCalls/syscallModule.o
LD vmlinux
SORTEX vmlinux
SYSMAP System.map
MODPOST 1 modules
CC SystemCalls/syscallModule.mod.o
LD [M] SystemCalls/syscallModule.ko""",
    "6.19": """AR SystemCalls/built-in.a
CC [M] SystemCalls/syscallModule.o
AR built-in.a
AR vmlinux.a
LD vmlinux.o
MODPOST Module.symvers
LD vmlinux.unstripped
NM System.map
SORTTAB vmlinux.unstripped
OBJCOPY vmlinux
CC [M] SystemCalls/syscallModule.mod.o
CC [M] .module-common.o
LD [M] SystemCalls/syscallModule.ko""",
}


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_the_steps_come_in_the_order_of_the_release(tmp_path: Path, version: str) -> None:
    steps = [f"{tool} {target}" for tool, target in TreeLab(tmp_path, version).make().log.steps]
    wanted = ORDER[version].split("\n")
    assert [step for step in steps if step in wanted] == wanted
    assert steps[-1] == wanted[-1]


def test_an_archive_is_made_when_those_below_it_are(lab: TreeLab) -> None:
    lab.write("kernel/time/mine.py", "from kshell.linux import *\n")
    lab.write("kernel/time/Makefile", "obj-y := time.o mine.o\n")
    steps = made(lab.make())
    assert steps[:3] == ["CC kernel/time/mine.o", "AR kernel/time/built-in.a", "AR kernel/built-in.a"]
    lab.make("clean")
    steps = made(lab.make())
    assert steps.index("AR kernel/time/built-in.a") + 1 == steps.index("AR kernel/built-in.a")


def test_a_file_saved_while_make_runs_is_newer_than_the_build(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    sources = Sources(str(lab.root))

    def save(line: object) -> None:
        if line == "  LD      vmlinux":
            lab.write(SOURCE, CALL + "\n# saved just now\n")

    Maker(BuildLog(save), lambda: lab.running).make(Request(str(lab.root), (), {}))
    stamp = sources.last_build()
    assert stamp is not None
    assert changed_since(sources, stamp) == [SOURCE]
    lab.make()
    stamp = sources.last_build()
    assert stamp is not None
    assert changed_since(sources, stamp) == []


# Goals.


def test_make_vmlinux_makes_no_module(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    assert "LD vmlinux" in made(lab.make("vmlinux"))
    assert not lab.path(KO).exists()
    assert not lab.path("SystemCalls/syscallModule.o").exists()


def test_make_modules_alone_makes_the_same_module_and_no_kernel(lab: TreeLab) -> None:
    whole = lab.path(KO).read_bytes()
    lab.path(KO).unlink()
    lab.path("SystemCalls/syscallModule.o").unlink()
    lab.write(SOURCE, CALL + "\n# changed\n")
    outcome = lab.make("modules")
    assert not any(step.startswith(("CC System", "LD vmlinux")) for step in made(outcome) if ".mod.o" not in step)
    assert lab.path(KO).read_bytes() == whole
    assert LINKED[lab.version][-2] in made(lab.make())


def test_several_goals_are_made_in_their_order(lab: TreeLab) -> None:
    outcome = lab.make("clean", "all", "install")
    assert not outcome.errors
    tools = [tool for tool, _ in outcome.log.steps]
    assert tools.index("CLEAN") < tools.index("CC") < tools.index("LD")
    assert lab.boot().image.build == 2


def test_kernelrelease_and_help_say_what_is_asked(lab: TreeLab) -> None:
    assert lab.make("kernelrelease").lines == ["4.19.1-test" if lab.version == "4.19" else "6.19.0-test"]
    assert any(line.split()[0] == "modules" for line in lab.make("help").lines)


@pytest.mark.parametrize(
    ("goal", "word"),
    [("modlues", "modules"), ("menuconfig", "nothing to configure"), ("modules_instal", "modules_install")],
)
def test_a_goal_that_there_is_not_says_what_there_is(lab: TreeLab, goal: str, word: str) -> None:
    error = lab.make(goal).errors[0]
    assert error.text == f"make: *** No rule to make target '{goal}'.  Stop."
    assert word in error.because + error.try_


def test_make_C_of_what_is_no_folder_says_so(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    gone = lab.make(folder="nowhere").errors[0]
    assert gone.text.endswith("nowhere: No such file or directory.  Stop.")
    assert lab.make(folder="README").errors[0].text.endswith("README: Not a directory.  Stop.")
    lab.path("empty").mkdir()
    empty = lab.make(folder="empty").errors[0]
    assert empty.text == "make: *** No targets specified and no makefile found.  Stop."


def test_a_kbuild_Makefile_alone_has_no_target_and_the_tree_is_named(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    error = lab.make(folder="kernel").errors[0]
    assert error.text == "make: *** No targets.  Stop."
    assert error.try_ == f"make -C {lab.root}"


def test_another_kernel_has_no_build_folder(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    maker = Maker(lab.make("help").log, lambda: lab.running)
    with pytest.raises(Exception, match=r"/lib/modules/5.0.0/build: No such file or directory"):
        maker.make(Request("/lib/modules/5.0.0/build", ("modules",), {}))


# Recipes.


def folder(tmp_path: Path, makefile: str) -> TreeLab:
    """A folder with that Makefile, in a tree."""
    lab = TreeLab(tmp_path)
    lab.write("mine/Makefile", makefile)
    return lab


def test_a_recipe_says_what_it_does_unless_it_is_silent(tmp_path: Path) -> None:
    lab = folder(tmp_path, "all: one\n\techo done\none:\n\t@echo quiet\n")
    assert lab.make(folder="mine").lines == ["quiet", "echo done", "done"]


def test_what_a_Makefile_says_while_it_is_read_is_shown(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(LISTS, "obj-y := test_call.o", "$(info hello)\n$(warning look here)\nobj-y := test_call.o")
    lines = lab.make().lines
    assert "hello" in lines
    assert f"{LISTS}:2: look here" in lines


def test_the_parts_of_a_composite_object_are_linked_and_not_noted(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(LISTS, "obj-y := test_call.o", "obj-y := both.o\nboth-y := test_call.o more.o")
    lab.write("SystemCalls/more.py", "from kshell.linux import *\n\n\ndef helper(k: Kernel) -> int:\n    return 1\n")
    outcome = lab.make()
    assert ("CC", "SystemCalls/more.o") in outcome.log.steps
    assert not outcome.notes


def test_a_recipe_may_call_make_in_the_tree(tmp_path: Path) -> None:
    lab = folder(tmp_path, "all:\n\t$(MAKE) -C .. vmlinux\n")
    outcome = lab.make(folder="mine")
    assert "LD vmlinux" in made(outcome)
    assert outcome.made.tree.rstrip("/.").endswith("mine") or Path(outcome.made.tree).resolve() == lab.root.resolve()


def test_recipes_that_call_each_other_for_ever_are_told(tmp_path: Path) -> None:
    lab = folder(tmp_path, "all:\n\t$(MAKE) -C .\n")
    error = lab.make(folder="mine").errors[0]
    assert "too many levels of make" in error.text


def test_a_command_that_make_may_not_run_is_told_and_not_run(tmp_path: Path) -> None:
    lab = folder(tmp_path, "all:\n\ttouch /tmp/kshell-was-here\n")
    error = lab.make(folder="mine").errors[0]
    assert (error.file, error.line) == ("Makefile", 2)
    assert error.because
    assert not Path("/tmp/kshell-was-here").exists()


def test_what_a_target_needs_and_nobody_makes_is_told(tmp_path: Path) -> None:
    lab = folder(tmp_path, "all: missing.o\n\techo no\n")
    outcome = lab.make(folder="mine")
    assert outcome.errors[0].text == "make: *** No rule to make target 'missing.o', needed by 'all'.  Stop."
    assert "no" not in outcome.lines


def test_targets_in_a_circle_or_a_long_chain_come_to_an_end(tmp_path: Path) -> None:
    lab = folder(tmp_path, "a: b\nb: a\n\techo once\n")
    assert lab.make(folder="mine").lines.count("once") == 1
    lab.write("mine/Makefile", "".join(f"t{i}: t{i + 1}\n" for i in range(5000)) + "t5000:\n")
    assert "too many levels" in lab.make(folder="mine").errors[0].text


def test_what_has_changed_since_the_last_build_is_known(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    sources = Sources(str(lab.root))
    assert sources.last_build() is None
    lab.make()
    stamp = sources.last_build()
    assert stamp is not None
    assert SOURCE in stamp


def test_make_in_the_modules_folder_needs_the_running_kernel_only(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.make()
    lab.running = Running("4.19.1-test", V4_19, [], str(lab.root))
    lab.write("SystemCalls/syscallModule.py", MODULE + "\n# changed\n")
    outcome = lab.make(folder="SystemCalls")
    assert any("LD [M]" in step for step in made(outcome))
    assert not any("vmlinux" in step for step in made(outcome))


# One object, one directory, and what make is told that it does not know.


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_one_object_or_one_directory_can_be_made_alone(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    assert made(lab.make("SystemCalls/test_call.o"))[2:] == ["CC SystemCalls/test_call.o"]
    assert made(lab.make("SystemCalls/")) == ["CC [M] SystemCalls/syscallModule.o"]
    assert made(lab.make("kernel/time/")) == [
        "CC kernel/time/time.o",
        "AR kernel/time/built-in.a",
        "AR kernel/built-in.a",
    ]
    assert not lab.path("vmlinux").exists()
    for goal in ("SystemCalls/nothing.o", "nowhere/"):
        assert lab.make(goal).errors[0].text == f"make: *** No rule to make target '{goal}'.  Stop."


def test_a_mistake_in_one_object_is_told_where_it_is_made_alone(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write(SOURCE, CALL + "\nthis is no Python\n")
    assert lab.make("SystemCalls/test_call.o").errors
    assert not lab.make("SystemCalls/syscallModule.o").errors
