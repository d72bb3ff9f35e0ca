"""boot: the kernels that come with kshell, the one that a tree has installed, and one that panics."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab

MODULE = "insmod test_kernel/SystemCalls/syscallModule.ko"
BAD = """from kshell.linux import MODULE_LICENSE, Kernel, Long, Ptr, module_init

MODULE_LICENSE("GPL")


def start(k: Kernel) -> int:
    Ptr[Long](0)[0] = 1
    return 0


module_init(start)
"""


@pytest.fixture
def tree() -> TreeLab:
    """The slides' tree, with their call in it."""
    return TreeLab(Path())


def install(lab: Lab) -> None:
    for line in ("make -C test_kernel", "make install"):
        assert lab.result(line).error is None


def test_a_reboot_leaves_no_module_no_process_and_no_file_in_tmp(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    lab.json("boot test_kernel")
    lab.json(MODULE)
    lab.json("echo hello > /tmp/kept; run --hex b83c0000000f05")
    assert lab.json("lsmod")["modules"]
    assert lab.text("cat /tmp/kept") == "hello"
    pid = lab.ret("getpid")
    task = lab.session.kernel.shell_task
    assert lab.json("boot")["release"] == "4.19.1-test"
    assert lab.json("lsmod")["modules"] == []
    assert lab.text("ls /tmp") == ""
    assert lab.error("cat /tmp/kept")["what"].endswith("No such file or directory")
    assert lab.session.kernel.shell_task is not task
    assert lab.session.core is None
    assert lab.ret("getpid") == pid
    assert lab.json(MODULE) == {
        "name": "syscallModule",
        "path": "test_kernel/SystemCalls/syscallModule.ko",
        "taints": "",
        "vermagic": "4.19.1-test SMP mod_unload ",
    }


def test_the_boot_log_names_the_kernel_that_was_built(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    lab.json("boot test_kernel nosmap")
    first, *rest = [record["text"] for record in lab.json("dmesg")["records"]]
    assert first == "Linux version 4.19.1-test (student@kshell) (kshell, simulated) #1 SMP"
    assert any(text.startswith("Command line:") and "nosmap" in text for text in rest)
    assert "4.19.1-test" in lab.text("cat /proc/version")


def test_boot_alone_starts_the_same_kernel_and_a_name_goes_back_to_kshell_s_own(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    assert lab.json("boot test_kernel")["kernel"] == "4.19"
    assert lab.json("boot")["tree"] == str(tree.root.resolve())
    assert lab.session.tree == "test_kernel"
    back = lab.json("boot 4.19")
    assert (back["release"], back["tree"]) == ("4.19.1", None)
    assert lab.json("boot")["release"] == "4.19.1"


def test_an_alias_and_a_word_that_looks_like_a_folder_are_read_too(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    assert lab.json("reboot ./test_kernel/")["release"] == "4.19.1-test"
    Path("6.19").mkdir()
    assert lab.json("boot 6.19")["tree"] is None


def test_a_tree_that_was_not_built_or_not_installed_is_refused_and_the_kernel_runs_on(tree: TreeLab, lab: Lab) -> None:
    lab.json("modprobe syscallModule")
    error = lab.error("boot test_kernel")
    assert (error["because"], error["try"]) == (
        "the tree has not been built",
        "make -C test_kernel; make -C test_kernel install",
    )
    lab.json("make")
    error = lab.error("boot test_kernel")
    assert error["because"] == "it is built, but the boot loader looks for what make install has copied"
    assert error["try"] == "make -C test_kernel install"
    assert [module["name"] for module in lab.json("lsmod")["modules"]] == ["syscallModule"]


def test_forgetting_make_install_boots_the_kernel_of_before_and_says_so(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    tree.replace("SystemCalls/test_call.py", "return -ENOSYS", "return 77")
    lab.json("make")
    result = lab.result("boot test_kernel")
    assert result.view.json()["build"] == 1
    (note,) = result.notes
    assert note.startswith("this is the kernel that was installed (#1); the tree's vmlinux is another: ")
    assert "make -C test_kernel install" in note
    assert lab.ret("335 5") == -38
    lab.json("make install")
    result = lab.result("boot")
    assert (result.view.json()["build"], result.notes) == (2, [])
    assert lab.ret("335 5") == 77


@pytest.mark.made_up
def test_a_kernel_that_panics_at_boot_shows_its_log_and_the_one_of_before_is_back(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    lab.json("boot test_kernel")
    tree.write("SystemCalls/bad.py", BAD)
    tree.replace("SystemCalls/Makefile", "obj-y := test_call.o", "obj-y := test_call.o bad.o")
    install(lab)
    result = lab.result("boot test_kernel")
    assert result.error is not None
    assert result.error["what"].startswith("Kernel panic - not syncing: Attempted to kill init!")
    assert result.error["because"]
    assert result.error["try"]
    assert result.error["log"][-1].startswith("Kernel panic - not syncing")
    text = result.view.text()
    assert "BUG: unable to handle kernel NULL pointer dereference at 0000000000000000" in text
    assert "RIP: 0010:start+" in text
    assert "Command line:" not in text
    assert "until then 4.19.1-test #1 runs" in text
    assert "#1 SMP" in lab.text("cat /proc/version")
    assert lab.ret("335 5") == -38
    assert lab.error("boot")["what"].startswith("Kernel panic")
    assert lab.json("boot 6.19")["build"] == 1


def test_a_kernel_that_panics_at_the_first_boot_leaves_the_kernel_of_the_profile(tree: TreeLab, lab: Lab) -> None:
    tree.write("SystemCalls/bad.py", BAD)
    tree.replace("SystemCalls/Makefile", "obj-y := test_call.o", "obj-y := bad.o test_call.o")
    install(lab)
    assert "panic" in lab.error("boot test_kernel")["what"]
    assert lab.session.kernel.release == "4.19.1-course"


def test_a_module_of_another_kernel_is_refused_by_its_version_magic(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    error = lab.error(MODULE)
    assert error["what"].endswith("Invalid module format")
    assert "4.19.1-test" in error["because"] + lab.text("dmesg")


def test_a_damaged_kernel_is_not_booted(tree: TreeLab, lab: Lab) -> None:
    install(lab)
    path = tree.path("boot/vmlinuz-4.19.1-test")
    path.write_bytes(path.read_bytes()[:1000])
    error = lab.error("boot test_kernel")
    assert error["because"]
    assert "make -C test_kernel" in error["try"]
    assert lab.ret("getpid") > 0


def test_a_tree_that_was_removed_can_be_left_by_its_kernel(tree: TreeLab, lab: Lab) -> None:
    import shutil

    install(lab)
    lab.json("boot test_kernel")
    shutil.rmtree(tree.root)
    assert lab.error("boot")["because"]
    assert lab.ret("getpid") > 0
    assert lab.json("boot 4.19")["release"] == "4.19.1"


def test_the_whole_log_of_a_kernel_that_panicked_stays_to_be_read_until_the_next_boot(tree: TreeLab, lab: Lab) -> None:
    tree.write("SystemCalls/bad.py", BAD)
    tree.replace("SystemCalls/Makefile", "obj-y := test_call.o", "obj-y := bad.o test_call.o")
    install(lab)
    error = lab.error("boot test_kernel")
    found = lab.json("dmesg")
    assert found["panicked"] == {"kernel": "4.19.1-test #1", "log": error["log"]}
    assert error["log"][0].startswith("Linux version 4.19.1-test ")
    text = lab.text("dmesg")
    assert text.startswith("(the log of 4.19.1-test #1, which panicked at boot)\nLinux version 4.19.1-test ")
    assert "\n(the log of 4.19.1-course, which runs now)\n[    0.000001] Linux version 4.19.1-course " in text
    assert "panicked" not in lab.text("dmesg -n 1")
    lab.json("boot")
    assert "panicked" not in lab.json("dmesg")
