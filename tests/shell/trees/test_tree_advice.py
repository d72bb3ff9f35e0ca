"""What the shell says about a tree where something does not work: true of that tree, and a way that leads on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.shell.trees.named_tree import build_of
from tests.kbuild.tree_lab import TABLE, TreeLab
from tests.shell.lab import Lab, screen
from tests.shell.tree_steps import CALL, HANDLER, MODULE, NOT_THERE, PROGRAM, built, notes, said

INSTALL = "make -C test_kernel install; boot test_kernel"


@pytest.fixture
def tree() -> TreeLab:
    """The slides' tree, with their call in it, after a first make."""
    return TreeLab(Path(), built=True)


# What was edited, by kind.


@pytest.mark.parametrize("line", ["syscall getpid", "trace syscall getpid", PROGRAM])
def test_the_first_call_after_an_edit_of_the_kernel_s_source_says_so_once(tree: TreeLab, lab: Lab, line: str) -> None:
    built(lab)
    lab.json(MODULE)
    assert notes(lab, line) == []
    tree.replace(CALL, "Your int", "The int")
    (note,) = notes(lab, line)
    assert note == f"{CALL} has changed since make: make -C test_kernel; {INSTALL}"
    assert notes(lab, line) == notes(lab, "syscall getppid") == []
    tree.write("fs/more.py", "")  # which no Makefile names
    assert notes(lab, line) == []
    tree.write("include/linux/more.h", "")
    assert notes(lab, line)[0].startswith(f"{CALL}, include/linux/more.h have changed since make: ")
    lab.json("make")
    tree.replace(CALL, "The int", "Your int")
    assert any("has changed since make" in note for note in notes(lab, line))


def test_a_note_at_boot_is_not_repeated_at_the_first_call(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    tree.replace(CALL, "Your int", "The int")
    assert len(notes(lab, "boot test_kernel")) == 1
    assert notes(lab, "syscall getpid") == []


def test_an_edit_of_a_module_asks_for_no_new_kernel(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    tree.replace(HANDLER, "my_test_call: Your", "the handler: Your")
    (note,) = notes(lab, "boot test_kernel")
    assert note == f"{HANDLER} has changed since make: make -C test_kernel modules; {MODULE}"
    assert "install" not in lab.text("tree")
    assert lab.text("make modules").endswith(f"next: {MODULE}")
    lab.json(MODULE)
    tree.replace(HANDLER, "the handler: Your", "my_test_call: Your")
    assert notes(lab, "syscall getpid")[0].endswith(f"make -C test_kernel modules; rmmod syscallModule; {MODULE}")
    assert lab.text("make modules").endswith(f"next: rmmod syscallModule; {MODULE}")


def test_an_edit_of_a_program_asks_for_no_new_kernel(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    tree.replace("user/test_call_user.s", "__NR_TEST_CALL, 335", "__NR_TEST_CALL, 0x14f")
    assert lab.json("tree")["changed"] == ["user/test_call_user.s"]
    assert "try: make -C test_kernel/user" in lab.text("tree")
    assert notes(lab, "boot test_kernel") == notes(lab, "syscall getpid") == []
    lab.json("make -C test_kernel")
    assert lab.json("tree")["changed"] == ["user/test_call_user.s"]


def test_what_no_build_reads_has_not_changed(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    tree.write("README", "mine\n")
    tree.write("notes.md", "mine\n")
    assert lab.json("tree")["changed"] == []
    assert notes(lab, "syscall getpid") == []


def test_a_build_of_the_same_size_and_time_is_seen(tree: TreeLab, lab: Lab) -> None:
    lab.json("make -C test_kernel")
    path = tree.path("vmlinux")
    before = path.stat()
    assert build_of(lab.session, "test_kernel") == ("4.19.1-test", 1)
    data = path.read_bytes().replace(b'"build": 1,', b'"build": 7,')
    path.unlink()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert build_of(lab.session, "test_kernel") == ("4.19.1-test", 7)


# A call that is not there.


def test_a_call_without_a_row_is_told_how_far_it_has_come_in_the_tree() -> None:
    lab = Lab("4.19")
    assert lab.error("syscall test_call 5")["try"].startswith("boot course")
    tree = TreeLab(Path(), bare=True)
    lab.json("tree test_kernel")
    error = lab.error("syscall test_call 5")
    assert "neither has that of test_kernel" in error["because"]
    assert error["try"] == f"edit test_kernel/{TABLE}  (335 common test_call __x64_sys_test_call)"
    lab.json("make; make install; boot test_kernel")
    tree.add_call()
    assert "newer than its last build (#1)" in lab.error("syscall test_call 5")["because"]
    assert lab.error("syscall test_call 5")["try"] == f"make -C test_kernel; {INSTALL}"
    lab.json("make")
    error = lab.error("man test_call")
    assert "#2 has one: it is built, but not installed" in error["because"]
    assert error["try"] == INSTALL
    lab.json("make install")
    error = lab.error("syscall test_call 5")
    assert "installed, but not booted" in error["because"]
    assert error["try"] == "boot test_kernel"
    assert lab.error("syscall gepid")["try"] == "syscall getpid  (or getppid or getpgid)"
    lab.json("boot")
    assert lab.ret("test_call 5") == -38


def test_the_course_s_own_call_is_not_taken_for_the_tree_s(lab: Lab) -> None:
    TreeLab(Path())
    lab.json("modprobe syscallModule; tree test_kernel")
    assert notes(lab, "syscall getpid") == []
    (note,) = notes(lab, PROGRAM)
    assert note.startswith("this kernel is 4.19.1-course, with the course's own test_call compiled in; ")
    assert note.endswith(f"test_kernel is not built yet: make -C test_kernel; {INSTALL}")
    assert notes(lab, PROGRAM) == []
    lab.json("make")
    assert "the course's own test_call" in notes(lab, PROGRAM)[0]


def test_a_program_that_got_ENOSYS_is_told_why_once_a_run(tree: TreeLab, lab: Lab) -> None:
    built(lab)
    (note,) = notes(lab, PROGRAM)
    assert note.startswith("test_call answered ENOSYS: STUB_test_call is NULL")
    assert f": {MODULE}" in note
    assert len(notes(lab, PROGRAM)) == 1
    tree.path("SystemCalls/syscallModule.ko").unlink()
    assert f": make -C test_kernel modules; {MODULE}" in notes(lab, PROGRAM)[0]
    lab.json("make modules")
    lab.json(MODULE)
    assert notes(lab, PROGRAM) == []
    assert notes(lab, 'asm "mov eax, 3; mov edi, 99; syscall; mov eax, 60; syscall"') == []


@pytest.mark.parametrize("number", ["336", "400"])
def test_a_wrong_number_is_compared_with_the_row_that_was_added(tree: TreeLab, lab: Lab, number: str) -> None:
    built(lab)
    assert "the row that you have added says 335: test_call" in lab.text(f"syscall {number} 5")
    tree.replace("user/test_call_user.s", "__NR_TEST_CALL, 335", f"__NR_TEST_CALL, {number}")
    lab.json("make -C test_kernel/user")
    (note,) = notes(lab, PROGRAM)
    assert "335: test_call" in note
    assert said(lab, PROGRAM) == NOT_THERE


# What is typed next.


def test_a_folder_that_is_laid_over_says_what_has_become_of_each_file(lab: Lab) -> None:
    Path("mine").mkdir()
    Path("mine/Makefile").write_text("all:\n")
    assert "kept: your Makefile is now Makefile." in lab.text("tree new mine --force")


def test_make_in_a_pipe_that_is_closed_early_is_no_bug(tree: TreeLab) -> None:
    command = [sys.executable, "-m", "kshell", "-c", "make -C test_kernel; trace run test_kernel/user/test_call_user"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_hops_and_the_program_s_own_output_stand_in_the_order_of_time(tree: TreeLab) -> None:
    out, _, _ = screen(f"trace {PROGRAM.replace('run ', 'run --hops ')}")
    at = [
        out.index(text) for text in ("nr=335", "test_call(5)", "nr=1)", "system call error: Func", "write(2,", "nr=231")
    ]
    assert at == sorted(at)


@pytest.mark.parametrize(
    ("name", "line"), [("ps", "ls /proc"), ("top", "cat /proc/meminfo"), ("free", "cat /proc/meminfo")]
)
def test_a_command_about_processes_leads_to_what_proc_has(shared: Lab, name: str, line: str) -> None:
    assert shared.error(name)["try"].startswith(f"{line}  (")
    assert shared.text(line)


LINES = (
    "make",
    "tree",
    "diff",
    "echo $(uname -r)",
    "echo `ls /`",
    "echo $(ps)",
    "insmod test_kernel/SystemCalls/syscallModule",
    "insmod test_kernel/SystemCalls/test_call.o",
    "insmod test_kernel/vmlinux",
    "insmod test_kernel/user/test_call_user",
    "insmod nothing",
    MODULE,
    "boot test_kernel",
    "boot tset_kernel",
    "run test_kernel/SystemCalls/test_call.o",
    "run test_kernel/user/test_call",
    "run test_kernel/vmlinux",
    "syscall test_call",
    "syscall tset_call 1",
    "modprobe nothing",
    "modprobe -r nothing",
    "rmmod nothing",
    "modinfo nothing",
    "cat test_kernel/Makefile",
    "cat /proc/nothing",
    "ls test_kernel",
    "ps",
    "top",
    "uname -r",
    "vim test_kernel/Makefile",
    "x/gx nothing",
    "disas nothing",
    "dmesg --level nothing",
    "table nothing",
    "man nothing",
)


@pytest.mark.parametrize("when", ["new", "made", "installed", "booted"])
@pytest.mark.parametrize("line", LINES)
def test_every_way_out_begins_with_a_command(tree: TreeLab, lab: Lab, line: str, when: str) -> None:
    from kshell.shell.commands.registry import find

    steps = ["make -C test_kernel", "make install", "boot test_kernel"]
    for step in steps[: ["new", "made", "installed", "booted"].index(when)]:
        lab.json(step)
    result = lab.result(line)
    if result.error is None:
        return
    assert result.error["because"]
    for command in result.error["try"].partition("  (")[0].split("; "):
        name = command.split()[0].partition("/")[0]
        assert find(name) is not None, result.error["try"]
        assert command != "make DIR"


@pytest.mark.parametrize(
    ("expression", "same"),
    [
        ("sys_call_table+39*8", "sys_call_table[39]"),
        ("sys_call_table+2*8+3*8-8", "sys_call_table[4]"),
        ("sys_call_table-8+8", "sys_call_table"),
        ("0xffffffff82000000+2*4", "sys_call_table[1]"),
        ("sys_call_table[3*2]", "sys_call_table[6]"),
    ],
)
def test_addresses_may_be_sums_of_products(shared: Lab, expression: str, same: str) -> None:
    assert shared.text(f"x/gx {expression}") == shared.text(f"x/gx {same}")
    assert shared.text(f"x/gx &{expression}" if expression[0] == "s" else "x/gx &sys_call_table+8")


@pytest.mark.parametrize(
    "expression", ["sys_call_table+3*", "sys_call_table*8", "8+x", "$rsp+*8", "3**4", "sys_call_table+09"]
)
def test_other_expressions_are_refused(shared: Lab, expression: str) -> None:
    error = shared.error(f"x/gx {expression}")
    assert error["because"]
    assert error["try"]


# The homework's mistakes, as the screen tells them.


def test_the_course_s_own_test_call_does_not_lead_away_from_one_s_own_tree(lab: Lab) -> None:
    TreeLab(Path())
    lab.result("tree test_kernel")
    assert f"try: make -C test_kernel; {INSTALL}  (your own test_call" in lab.text("syscall test_call 5")
    lab.json("make -C test_kernel")
    assert lab.text("syscall test_call 5").endswith(f"try: {INSTALL}")
    (note,) = [note for note in lab.result(PROGRAM).notes if "answered ENOSYS" in note]
    assert note.endswith(INSTALL)


@pytest.mark.parametrize(
    "row", ["471\ttest_call\tcommon\tsys_test_call", "471<tab>common<tab>test_call<tab>sys_test_call"]
)
def test_a_row_that_the_script_passes_over_is_named_when_the_call_is_missing(lab: Lab, row: str) -> None:
    tree = TreeLab(Path(), "6.19")
    tree.row_is(row)
    built(lab)
    error = lab.error("syscall test_call 5")
    assert re.match(rf"line \d+ of test_kernel/{TABLE} is left out: ", error["because"])
    assert error["try"].startswith(f"edit test_kernel/{TABLE}  (")
    assert "471 common test_call sys_test_call" in error["try"]


def test_a_program_that_calls_335_on_a_recent_kernel_is_told_its_own_number(lab: Lab) -> None:
    TreeLab(Path(), "6.19")
    built(lab)
    (note,) = [note for note in lab.result(PROGRAM).notes if "471" in note]
    assert note.startswith("the row that you have added says 471: test_call: ")


def test_a_module_on_obj_y_is_told_as_a_part_of_the_kernel(lab: Lab) -> None:
    tree = TreeLab(Path())
    tree.replace("SystemCalls/Makefile", "obj-m := syscallModule.o", "obj-y += syscallModule.o")
    built(lab)
    error = lab.error(MODULE)
    assert "has syscallModule.o on obj-y" in error["because"]
    assert error["try"] == "obj-m := syscallModule.o  (and not obj-y; then make)"
