"""A kernel tree at the shell: the slides' whole way, what has changed since make, and what runs."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from kshell.shell.session import Session
from kshell.shell.views.output import JsonOutput
from tests.kbuild.tree_lab import TABLE, TreeLab
from tests.shell.lab import Lab, screen
from tests.shell.tree_steps import CALL, HANDLER, MODULE, NOT_THERE, PROGRAM, THERE, at, built, notes, said


@pytest.fixture
def tree() -> TreeLab:
    """The slides' tree, with their call in it."""
    return TreeLab(Path())


# The slides' way.


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_the_slides_whole_way_from_a_new_tree_to_a_handler_that_goes_again(version: str) -> None:
    lab = Lab()
    made = lab.json(f"tree new test_kernel {version}")
    assert (made["path"], made["version"], made["kept"]) == ("test_kernel", version, [])
    tree = at(Path("test_kernel"), version)
    tree.add_call()
    assert [each["path"] for each in lab.json("diff")["files"]] == [
        "Makefile",
        "SystemCalls/Makefile",
        HANDLER,
        CALL,
        TABLE,
        "include/linux/syscalls.h",
    ]
    release = {"4.19": "4.19.1-test", "6.19": "6.19.0-test"}[version]
    report = lab.json("make -C test_kernel")
    assert (report["release"], report["build"], report["linked"]) == (release, 1, True)
    assert {"tool": "CC", "target": "SystemCalls/test_call.o"} in report["steps"]
    assert lab.json("make -C test_kernel install")["linked"] is False
    booted = lab.json("boot test_kernel")
    assert (booted["release"], booted["build"]) == (release, 1)
    assert booted["tree"] == str(Path("test_kernel").resolve())
    if version == "6.19":  # where the slides' number is another call's
        tree.replace("user/test_call_user.s", "__NR_TEST_CALL, 335", "__NR_TEST_CALL, 471")
        assert any("has changed since" in note for note in notes(lab, PROGRAM))
        assert {"tool": "LD", "target": "test_call_user"} in lab.json("make -C test_kernel/user")["steps"]
    assert said(lab, PROGRAM) == NOT_THERE
    lab.json(MODULE)
    assert said(lab, PROGRAM) == THERE
    assert "my_test_call: Your int is 5" in lab.text("dmesg")
    lab.json("rmmod syscallModule")
    assert said(lab, PROGRAM) == NOT_THERE


def test_the_same_way_in_a_script_and_as_json_objects(tree: TreeLab) -> None:
    lines = ["make -C test_kernel", "make install", "boot test_kernel", PROGRAM, MODULE, PROGRAM, "rmmod syscallModule"]
    out, err, status = screen(*lines, PROGRAM, keep_going=False)
    assert (err, status) == ("", 0)
    assert "  CC      SystemCalls/test_call.o\n" in out
    assert re.findall(r"Returned value: (.*)", out) == ["-1", "5", "-1"]
    stream = io.StringIO()
    session = Session("course", output=JsonOutput(stream))
    assert session.run_lines([*lines, PROGRAM]) == 0
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [each["result"]["output"] for each in found if each["command"] == PROGRAM] == [NOT_THERE, THERE, NOT_THERE]


def test_make_and_diff_and_tree_mean_the_tree_that_was_named_last(tree: TreeLab, lab: Lab) -> None:
    assert "which tree?" in lab.error("make")["what"]
    assert "which tree?" in lab.error("diff")["what"]
    lab.json("tree new other 6.19")
    assert lab.json("make")["release"] == "6.19.0-test"
    lab.json("tree test_kernel/")
    assert lab.session.tree == "test_kernel"
    assert lab.json("make")["release"] == "4.19.1-test"
    assert lab.json("tree")["path"] == "test_kernel"
    lab.error("diff nowhere")
    assert lab.json("diff")["path"] == "test_kernel"


def test_make_builds_the_present_folder_where_no_tree_was_named(
    tree: TreeLab, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("test_kernel")
    assert lab.json("make")["build"] == 1
    assert lab.json("tree")["build"] == 1


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("make -C", "make: option requires an argument -- 'C'"),
        ("make -z", "make: invalid option -- 'z'"),
        ("make -C nowhere", "make: *** nowhere: No such file or directory.  Stop."),
        ("make -C test_kernel instal", "make: *** No rule to make target 'instal'.  Stop."),
        ("tree nwe x", "tree: unknown verb nwe"),
        ("tree new", "tree: new takes the folder to make"),
        ("tree new a b c", "tree: one folder at a time"),
        ("tree new a 5.10", "tree: no sources of kernel 5.10"),
        ("tree new test_kernel", "test_kernel: Directory not empty"),
        ("tree test_kernel/fs", "tree: test_kernel/fs: is not a kernel tree"),
        ("diff test_kernel x", "diff: one tree at a time"),
        ("boot test_kernel", "boot: test_kernel: no kernel is installed"),
        ("boot tset_kernel", "boot: no kernel tset_kernel"),
        ("boot ./fs", "boot: no kernel ./fs"),
    ],
)
def test_what_cannot_be_done_is_told_with_a_reason_and_a_way_out(tree: TreeLab, line: str, what: str) -> None:
    error = Lab().error(line)
    assert error["what"] == what
    assert error["because"]
    assert error["try"]


def test_all_ways_to_write_make_s_options_are_read(tree: TreeLab, lab: Lab) -> None:
    for line in ("-Ctest_kernel", "--directory test_kernel", "--directory=test_kernel -j4", "-j 4 -C test_kernel -j"):
        assert lab.json(f"make {line} kernelrelease")["messages"] == []
    assert lab.json("make -C . -C test_kernel vmlinux")["build"] == 1


def test_a_path_with_a_blank_is_quoted_where_it_is_to_be_typed(lab: Lab) -> None:
    text = lab.text("tree new 'my kernel'")
    assert 'make -C "my kernel" install' in text
    assert lab.json('make -C "my kernel"')["build"] == 1
    assert lab.error("boot 'my kernel'")["try"] == 'make -C "my kernel" install'


# What is said after an edit.


def test_the_tree_says_which_files_are_newer_than_its_build(tree: TreeLab, lab: Lab) -> None:
    assert lab.json("tree test_kernel") == {
        "path": "test_kernel",
        "release": None,
        "build": None,
        "changed": None,
        "running": False,
    }
    built(lab)
    state = lab.json("tree")
    assert (state["release"], state["build"], state["changed"], state["running"]) == ("4.19.1-test", 1, [], True)
    tree.replace(CALL, "Your int", "The int")
    assert lab.json("tree")["changed"] == [CALL]
    lab.json("make")
    state = lab.json("tree")
    assert (state["build"], state["changed"], state["running"]) == (2, [], False)


def test_make_install_says_once_for_each_set_of_changes_that_they_are_not_in_it(tree: TreeLab, lab: Lab) -> None:
    lab.json("make -C test_kernel")
    assert lab.json("make install")["notes"] == []
    tree.replace(CALL, "Your int", "The int")
    (note,) = lab.json("make install")["notes"]
    assert note["text"] == f"{CALL} has changed since make"
    assert note["because"]
    assert note["try"] == "make -C test_kernel; make -C test_kernel install; boot test_kernel"
    assert lab.json("make install")["notes"] == []
    tree.write("include/linux/more.h", "")
    (note,) = lab.json("make install")["notes"]
    assert note["text"] == f"{CALL}, include/linux/more.h have changed since make"
    lab.json("make")
    tree.replace(CALL, "The int", "Your int")
    assert len(lab.json("make install")["notes"]) == 1


def test_boot_says_that_sources_are_newer_than_what_it_boots(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    tree.replace(CALL, "Your int", "The int")
    (note,) = notes(lab, "boot")
    assert note.startswith(f"{CALL} has changed since make: make -C test_kernel; ")
    assert notes(lab, "boot") == []


def test_a_handler_that_make_modules_has_compiled_counts_as_made(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    tree.replace(HANDLER, "my_test_call: Your", "the handler: Your")
    (note,) = notes(lab, MODULE)
    assert note == f"{HANDLER} has changed since make: make -C test_kernel modules; rmmod syscallModule; {MODULE}"
    lab.json("rmmod syscallModule")
    lab.json("make modules")
    assert lab.json("tree")["changed"] == []
    assert notes(lab, MODULE) == []
    assert said(lab, PROGRAM) == THERE
    assert "the handler: Your int is 5" in lab.text("dmesg")


def test_a_module_outside_every_tree_is_compared_with_the_source_beside_it(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    folder = Path("mine")
    folder.mkdir()
    (folder / "syscallModule.py").write_bytes(tree.path(HANDLER).read_bytes())
    (folder / "Makefile").write_text("obj-m := syscallModule.o\n")
    lab.json(f"make -C /lib/modules/4.19.1-test/build M={folder.resolve()} modules")
    assert notes(lab, "insmod mine/syscallModule.ko") == []
    lab.json("rmmod syscallModule")
    with (folder / "syscallModule.py").open("a") as file:
        file.write("# more\n")
    (note,) = notes(lab, "insmod mine/syscallModule.ko")
    assert note.startswith("syscallModule.py has changed since syscallModule.ko was made of it")


def test_forgetting_to_reboot_lets_the_old_kernel_answer_and_the_shell_says_so_once(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    tree.replace(CALL, "return -ENOSYS", "return 77")
    assert lab.json("make")["build"] == 2
    result = lab.result(PROGRAM)
    assert result.output.decode() == NOT_THERE
    (note,) = result.notes
    assert "test_kernel was built again (#2), and what runs is #1" in note
    assert note.endswith("make -C test_kernel install; boot test_kernel")
    (note,) = notes(lab, PROGRAM)
    assert "STUB_test_call is NULL" in note
    assert "#2" not in note
    lab.json("make install")
    assert lab.json("boot")["build"] == 2
    result = lab.result(PROGRAM)
    assert (result.output.decode(), result.notes) == ("Function successful. passed in: 5,\nReturned value: 77\n", [])


def test_a_call_that_the_running_kernel_lacks_is_explained_by_the_tree_that_has_it(tree: TreeLab) -> None:
    lab = Lab("4.19")
    lab.json("make -C test_kernel")
    text = lab.text("syscall 335 5")
    assert "test_kernel is built (#1), but the kernel that runs is another: 4.19.1" in text
    assert "try: make -C test_kernel install; boot test_kernel" in text
    lab.json("make install")
    assert "try: boot test_kernel" in lab.text("syscall 335 5")


def test_without_a_tree_nobody_is_reminded_of_one(lab: Lab) -> None:
    assert notes(lab, "syscall getpid") == []


def test_an_error_of_several_lines_is_shown_on_several_lines(lab: Lab) -> None:
    TreeLab(Path(), "6.19").replace("Makefile", " SystemCalls/", "")
    text = lab.text("make -C test_kernel")
    assert "\\x0a" not in text
    assert "in function `x64_sys_call':\n" in text


def test_booting_again_without_the_tree_says_that_it_is_gone(lab: Lab) -> None:
    tree = TreeLab(Path())
    lab.json("make -C test_kernel")
    lab.json("make install")
    lab.json("boot test_kernel")
    tree.root.rename("elsewhere")
    error = lab.error("boot")
    assert error["because"] == "the tree of the kernel that runs is gone"
    assert lab.json("boot course")["kernel"] == "course"
