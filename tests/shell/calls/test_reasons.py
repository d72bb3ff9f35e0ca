"""Why a call answered what it did, where the reason is a module's, a table's row, or what was typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.entry.exec import StubRun
from kshell.kernel.entry.run import Outcome
from kshell.shell.replay import deeds
from tests.kbuild.tree_lab import TABLE, TreeLab
from tests.shell.lab import Lab
from tests.shell.tree_steps import built

HEAD = """from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
def handler(k: Kernel, n: int) -> Long:
    {}
def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0
def stop(k: Kernel) -> None:
    k[STUB_test_call] = None
module_init(start)
module_exit(stop)
"""
HOOKED = """from kshell.linux import *
hook: Stub[[int]] = Stub("hook")
EXPORT_SYMBOL(hook)
total: Long = 0
EXPORT_SYMBOL(total)
@SYSCALL_DEFINE1
def test_call(k: Kernel, n: Int) -> Long:
    \"\"\"Ask the hook.

    ENOSYS  no module has filled it
    \"\"\"
    global total
    total += 1
    if n > 9:
        return -EINVAL
    f = k[hook]
    return f(k, n) if f is not None else -ENOSYS
"""


def because_of(lab: Lab, line: str) -> tuple[str, str]:
    """What stands under a call that failed, on one line each."""
    lines = lab.text(line).split("\n")
    because = next((each.removeprefix("  because: ") for each in lines if each.startswith("  because: ")), "")
    return because, next((each.removeprefix("  try: ") for each in lines if each.startswith("  try: ")), "")


def load(lab: Lab, body: str) -> None:
    Path("m.py").write_text(HEAD.format(body))
    lab.json("insmod m.py")


def test_an_errno_of_a_handler_that_says_nothing_is_looked_for_in_its_lines(lab: Lab) -> None:
    load(lab, "return -ENOENT")
    because, try_ = because_of(lab, "syscall test_call 7")
    assert because == "STUB_test_call points to handler+0x0/0x14 [m], and that function answered -2"
    assert try_ == "trace --lines syscall test_call 7  (line by line; the module itself says nothing)"
    assert "m.py:5  return -ENOENT" in lab.text(try_.partition("  (")[0])


def test_an_errno_of_a_handler_that_says_something_is_looked_for_in_the_log(lab: Lab) -> None:
    load(lab, 'k.printk(KERN_INFO, "no such thing")\n    return -ENOENT')
    assert because_of(lab, "syscall test_call 7")[1] == "dmesg  (what the module says about it)"


def test_a_number_that_comes_back_and_happens_to_be_an_errno_is_told_as_that(lab: Lab) -> None:
    load(lab, "return n")
    because, _ = because_of(lab, "syscall test_call -5")
    accident = "the number that it was given: from -4095 to -1 every result is an error, and -5 is EIO"
    assert because.endswith(f"that function answered -5, {accident}")
    assert lab.ret("test_call 5") == 5
    lab.json("tree new test_kernel")
    lab.json("make -C test_kernel/user")
    notes = lab.result("run test_kernel/user/test_call_user -5").notes
    assert f"test_call answered -5, {accident}" in notes


@pytest.mark.parametrize(
    ("line", "notes"),
    [
        ("test_call 4294967301", ["test_int is an int of 32 bits: 4294967301 (0x100000005) arrived as 5"]),
        ("335 4294967301", ["test_int is an int of 32 bits: 4294967301 (0x100000005) arrived as 5"]),
        ("test_call 0xfffffff9", []),  # all of its bits are there
        ("test_call -7", []),
        ("close 0x100000063", ["fd is an unsigned int of 32 bits: 4294967395 (0x100000063) arrived as 99"]),
        ('write 1 "ab" 2', []),
        (
            "getrandom buf:8 99999999 0",
            ["16777216 of 99999999 bytes: the mapped memory ends at 0x1402000, and what was done counts"],
        ),
    ],
)
def test_what_the_line_of_a_call_does_not_show_is_noted(lab: Lab, line: str, notes: list[str]) -> None:
    load(lab, "return n")
    assert lab.result(f"syscall {line}").notes == notes


def test_a_pointer_of_any_name_that_is_null_explains_ENOSYS(lab: Lab) -> None:
    tree = TreeLab(Path())
    tree.write("SystemCalls/test_call.py", HOOKED)
    tree.replace("SystemCalls/Makefile", "obj-m := syscallModule.o", "obj-m := m.o")
    tree.write("SystemCalls/m.py", HEAD.format("return -EPERM").replace("STUB_test_call", "hook"))
    built(lab)
    because, try_ = because_of(lab, "syscall test_call 5")
    assert because == "hook is NULL: no module has filled it, so test_call has nobody to hand its argument to"
    lab.json(try_.partition("  (")[0])
    assert because_of(lab, "syscall test_call 5")[0].startswith("hook points to handler+0x0/")
    because, _ = because_of(lab, "syscall test_call 15")
    assert because == "test_call hands on what it was told, and EINVAL is not on its page"  # its own -EINVAL
    page = lab.text("man test_call")
    assert "its docstring does not say it, but its code returns -EINVAL too" in page


ROWS = [
    # A row of the tree's table, what is typed, and parts of because and try.
    ("{n}\tcommon\ttest_call", "syscall test_call 5", "leads to no function: its entry is", "{n} common test_call {e}"),
    ("{n}\tcommon\ttest_call", "syscall {n} 5", "leads to no function: its entry is", "{n} common test_call {e}"),
    ("{n}\tcommon\ttest_call", "man test_call", "leads to no function: its entry is", "{n} common test_call {e}"),
    ("548\tx32\thello\t{e}", "syscall hello 5", "is left out: number 548 is not one of x32's", "548 common hello"),
    ("\tcommon\ttest_call\t{e}", "syscall test_call 5", "is left out: 'common' is not a number", "a decimal number"),
]


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_a_row_of_one_s_own_that_cannot_be_called_is_explained_by_the_row(lab: Lab, version: str) -> None:
    tree = TreeLab(Path(), version)
    table = tree.read(TABLE)
    for row in dict.fromkeys(each[0] for each in ROWS):
        tree.write(TABLE, table)
        tree.row_is(row.format(n=tree.number, e=tree.entry))
        built(lab)
        for _, line, because, try_ in (each for each in ROWS if each[0] == row):
            text = lab.text(line.format(n=tree.number))
            assert because in text
            assert f"edit test_kernel/{TABLE}  (" in text
            assert try_.format(n=tree.number, e=tree.entry) in text
            assert "real Linux" not in text


@pytest.mark.parametrize("line", ["syscall 9999", "syscall -1", "syscall 548", "syscall 0x150000"])
def test_a_number_far_from_the_row_that_was_added_is_not_answered_with_it(lab: Lab, line: str) -> None:
    TreeLab(Path())
    built(lab)
    assert "you have added" not in lab.text(line)
    assert because_of(lab, line)[1].startswith("table")
    assert "the row that you have added says 335: test_call" in lab.text("syscall 336 5")
    assert "  try: syscall test_call 5  (or, in a program: 335, " in lab.text("syscall 336 5")


def test_a_module_that_is_loaded_for_a_user_without_rights_is_loaded_as_root(lab: Lab) -> None:
    assert lab.result("modprobe hello").notes == []
    lab.json("boot uid=1000")
    (note,) = lab.result("modprobe guest").notes
    assert note == ("this was done as root, as by sudo: the shell's task has uid 1000, and only root may load a module")
    assert "root is not the kernel" in lab.error("sudo syscall getuid")["because"]


@pytest.mark.made_up
def test_a_call_that_ctrl_c_has_ended_is_not_looked_for_in_the_log(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "run_stub", lambda *_: StubRun(None, Outcome("interrupted"), [], []))
    error = lab.error("syscall read 0 buf:8 8")
    assert error["what"] == "syscall: interrupted"
    assert "SIGINT" in error["because"]
    assert "dmesg" not in error["try"]


def test_a_module_that_was_built_for_a_kernel_that_does_not_run_is_loaded_behind_its_boot(lab: Lab) -> None:
    TreeLab(Path())
    lab.json("make -C test_kernel")
    module = "insmod test_kernel/SystemCalls/syscallModule.ko"
    way = f"next: make -C test_kernel install; boot test_kernel; {module}"
    tree = Path("test_kernel/SystemCalls/syscallModule.py")
    tree.write_text(tree.read_text() + "# more\n")
    assert lab.text("make -C test_kernel modules").split("\n")[-1] == way
    assert all(result.error is None for result in lab.results(way.removeprefix("next: ")))
    lab.json("rmmod syscallModule")
    tree.write_text(tree.read_text() + "# more\n")
    assert lab.text("make -C test_kernel modules").split("\n")[-1] == f"next: {module}"
