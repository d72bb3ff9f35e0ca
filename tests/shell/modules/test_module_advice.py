"""insmod and modprobe beside a kernel tree: which file was meant, which kernel it is for, what is built in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kbuild.tree_lab import TABLE, TreeLab
from tests.shell.lab import Lab
from tests.shell.tree_steps import CALL, HANDLER, MODULE, built, notes

INSTALL = "make -C test_kernel install; boot test_kernel"
SOURCE = "test_kernel/SystemCalls/syscallModule"


@pytest.fixture
def tree() -> TreeLab:
    """The slides' tree, with their call in it."""
    return TreeLab(Path())


def test_insmod_without_a_suffix_offers_what_it_can_take(tree: TreeLab, lab: Lab) -> None:
    assert lab.error(f"insmod {SOURCE}")["try"] == f"insmod {SOURCE}.py"
    built(lab)
    assert lab.error(f"insmod {SOURCE}")["try"] == f"insmod {SOURCE}.ko"
    assert lab.error("insmod test_kernel/SystemCalls/syscalModul")["try"] == f"insmod {SOURCE}.ko"
    assert lab.error("insmod test_kernel/SystemCalls/Makefil")["try"] == f"insmod {SOURCE}.ko"


def test_what_insmod_can_take_is_completed_and_nothing_else(tree: TreeLab, lab: Lab) -> None:
    from kshell.shell.prompt.candidates import complete

    lab.json("make -C test_kernel")
    _, found = complete(lab.session, "insmod test_kernel/SystemCalls/")
    assert [match.candidate.text for match in found] == ["syscallModule.ko", "syscallModule.py", "test_call.py"]


@pytest.mark.made_up
def test_insmod_of_an_object_file_says_what_the_makefile_makes_of_it(tree: TreeLab, lab: Lab) -> None:
    lab.json("make -C test_kernel; make install")
    error = lab.error("insmod test_kernel/SystemCalls/test_call.o")
    assert "on obj-y: it is a part of the kernel" in error["because"]
    assert error["try"].startswith("boot test_kernel")
    lab.json("boot test_kernel")
    error = lab.error("insmod test_kernel/SystemCalls/test_call.o")
    assert error["because"].endswith("and that kernel runs")
    assert "STUB_test_call" in lab.text(error["try"].partition("  (")[0])
    tree.path("SystemCalls/syscallModule.o").write_bytes(b"\x7fELF, and no more")
    assert lab.error(f"insmod {SOURCE}.o")["try"] == MODULE
    tree.path("SystemCalls/syscallModule.ko").unlink()
    assert lab.error(f"insmod {SOURCE}.o")["try"] == f"make -C test_kernel modules; {MODULE}"


def test_a_module_for_another_kernel_names_the_way_to_it(tree: TreeLab, lab: Lab) -> None:
    lab.json("make -C test_kernel")
    assert lab.error(MODULE)["try"] == f"{INSTALL}  (the kernel that it was built for)"
    lab.json("make install")
    assert lab.error(MODULE)["try"] == "boot test_kernel  (the kernel that it was built for)"


def test_a_module_for_a_newer_build_names_the_build_that_runs(lab: Lab) -> None:
    tree = TreeLab(Path(), bare=True)
    built(lab)
    tree.add_call()
    lab.json("make")
    error = lab.error(MODULE)
    assert error["what"].endswith("Unknown symbol in module")
    assert error["because"] == "the kernel that runs (#1) was built before STUB_test_call was in test_kernel"
    assert error["try"] == INSTALL
    assert "an older one of it runs now, #1" in lab.text("tree")
    lab.json("make install")
    assert lab.error(MODULE)["try"] == "boot test_kernel"
    assert lab.text("tree").endswith("try: boot test_kernel")
    lab.json("boot")
    lab.json(MODULE)


def test_an_object_of_another_name_than_its_source_is_made_again_from_that(lab: Lab) -> None:
    lab.text("module copy syscallModule .; cc syscallModule.py -o other.o")
    error = lab.error("insmod other.o")
    assert error["try"] == "cc syscallModule.py -o other.ko; insmod other.ko  (or obj-m in a Makefile, and make)"


def test_a_symbol_of_an_object_that_is_not_linked_is_found_in_its_source(tree: TreeLab, lab: Lab) -> None:
    tree.replace(TABLE, "335\tcommon\ttest_call\t\t__x64_sys_test_call\n", "")
    tree.replace("SystemCalls/Makefile", "obj-y := test_call.o", "")
    lab.json("make -C test_kernel vmlinux")
    lab.json("make install")
    lab.json("boot test_kernel")
    error = lab.error(f"insmod {SOURCE}.py")
    assert error["because"].startswith(f"{CALL}:4 defines STUB_test_call, but it is not linked into")
    assert error["try"].startswith("obj-y := test_call.o")


def test_modprobe_says_that_it_has_loaded_kshell_s_own_module(tree: TreeLab, lab: Lab) -> None:
    assert notes(lab, "modprobe syscallModule") == []
    built(lab)
    (note,) = notes(lab, "modprobe syscallModule")
    assert note == f"this is kshell's own syscallModule, not the one of your tree: {MODULE}"
    (note,) = notes(lab, "modprobe hello")
    assert "/lib/modules/4.19.1-test" in note


def test_what_is_built_in_is_there_and_stays(tree: TreeLab, lab: Lab) -> None:
    tree.write("SystemCalls/always.py", tree.read(HANDLER).replace("k[STUB_test_call] = my_test_call", "pass"))
    tree.replace("SystemCalls/Makefile", "obj-y := test_call.o", "obj-y := test_call.o always.o")
    built(lab)
    assert lab.error("rmmod always")["what"] == "rmmod: ERROR: Module always is builtin."
    assert lab.error("modprobe -r always")["what"] == "modprobe: FATAL: Module always is builtin."
    assert lab.json("modprobe always") == {}


def test_modprobe_loads_what_modules_install_has_put_there_and_what_it_needs(tree: TreeLab, lab: Lab) -> None:
    head = 'from kshell.linux import *\n\nMODULE_LICENSE("GPL")\n'
    tree.write("SystemCalls/first.py", head + "count: Int = 3\nEXPORT_SYMBOL(count)\n")
    start = "def start(k: Kernel) -> int:\n    return 0 if k.read(count) == 3 else -EINVAL\nmodule_init(start)\n"
    stop = "def stop(k: Kernel) -> None:\n    pass\nmodule_exit(stop)\n"
    tree.write("SystemCalls/second.py", head + 'count = extern("count", Int)\n' + start + stop)
    tree.replace("SystemCalls/Makefile", "obj-m := syscallModule.o", "obj-m := syscallModule.o second.o first.o")
    lab.json("make -C test_kernel")
    lab.json("make modules_install install")
    lab.json("boot test_kernel")
    loaded = lab.json("modprobe second")
    assert loaded["path"].endswith("second.ko")
    assert list(lab.session.kernel.modules) == ["first", "second"]
    assert lab.session.kernel.modules["first"].used_by == ["second"]
    assert lab.json("modprobe syscallModule")["path"].endswith("syscallModule.ko")
    lab.json("modprobe -r second")
    assert list(lab.session.kernel.modules) == ["syscallModule"]
    assert lab.json("modprobe hello")["path"].endswith("hello.py")
