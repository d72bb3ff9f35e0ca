"""Tasks in memory: what a module sees of them and changes is what the kernel goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.struct import offset_of
from kshell.abi.task_struct import EXIT_ZOMBIE, PF_KTHREAD, TASK_INTERRUPTIBLE, TASK_RUNNING, task_struct
from kshell.cc.c_compiler import find_compiler
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.sched.list import list_for_each
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import do_exit, release_task
from kshell.shell.modules.insmod import insmod
from tests.kernel.module_lab import Lab

GETPID, GETUID, GETPPID = 39, 102, 110


def all_tasks(k: Kernel) -> list[task_struct]:
    """Those that for_each_process passes, and the idle one before them."""
    links = list_for_each(k.init_task.tasks)
    return [k.init_task, *(task_struct(k.memory, each.address - offset_of(task_struct, "tasks")) for each in links)]


def names(k: Kernel) -> list[tuple[int, str]]:
    return [(task.pid, str(task.comm)) for task in all_tasks(k)]


def children(task: task_struct) -> list[int]:
    at = offset_of(task_struct, "sibling")
    return [task_struct(task.memory, each.address - at).pid for each in list_for_each(task.children)]


FIRST = [(0, "swapper/0"), (1, "init"), (2, "kthreadd")]


def test_the_first_tasks_are_there_and_the_shell_is_init_s_child() -> None:
    k = boot()
    assert names(k) == [*FIRST, (77, "kshell")]
    idle, init, kthreadd, shell = all_tasks(k)
    assert (children(idle), children(init), children(shell)) == ([1, 2], [77], [])
    assert [bool(task.mm) for task in (idle, init, kthreadd, shell)] == [False, True, False, True]
    assert [bool(task.flags & PF_KTHREAD) for task in (idle, init, kthreadd, shell)] == [True, False, True, False]
    assert shell.parent == shell.real_parent == init
    assert (shell.state, init.state) == (TASK_RUNNING, TASK_INTERRUPTIBLE)
    assert (shell.prio, shell.static_prio, shell.pid, shell.tgid) == (120, 120, 77, 77)
    symbol = k.symbols.lookup("init_task")
    assert symbol is not None
    assert symbol.address == idle.address


def test_a_program_is_a_child_and_leaves_nothing_behind() -> None:
    k = boot()
    frames = k.ram.frames_used
    segments = [Segment(0x40_1000, b"\x90", 4096, "r-x")]
    for _ in range(30):
        task = load_program(k, segments, 0x40_1000, "prog", ["prog"])
        assert names(k)[3:] == [(77, "kshell"), (task.nr, "prog")]
        assert children(k.shell_task.struct) == [task.nr]
        assert (k.shell_task.struct.state, task.struct.state) == (TASK_INTERRUPTIBLE, TASK_RUNNING)
        do_exit(k, task, 3)
        assert (task.struct.exit_state, task.struct.exit_code, bool(task.struct.mm)) == (EXIT_ZOMBIE, 3 << 8, False)
        release_task(k, task)
        k.switch_to(k.shell_task)
    assert names(k) == [*FIRST, (77, "kshell")]
    assert k.ram.frames_used == frames


def test_the_children_of_a_task_that_ends_are_init_s() -> None:
    k = boot()
    segments = [Segment(0x40_1000, b"\x90", 4096, "r-x")]
    task = load_program(k, segments, 0x40_1000, "prog", ["prog"])
    do_exit(k, k.shell_task, 0)
    assert children(all_tasks(k)[1]) == [77, task.nr]
    assert task.ppid == 1


def test_switches_and_the_time_between_them_are_counted() -> None:
    k = boot()
    task = load_program(k, [Segment(0x40_1000, b"\x90", 4096, "r-x")], 0x40_1000, "prog", ["prog"])
    shell, began = k.shell_task.struct.utime, task.on_cpu_since
    k.clock.advance(1000)
    k.switch_to(k.shell_task)
    assert (k.shell_task.struct.utime, task.struct.utime) == (shell, k.clock.ns - began)
    assert k.clock.ns - began >= 1000
    assert (k.shell_task.struct.nvcsw, task.struct.nvcsw, task.struct.on_cpu) == (1, 1, 0)


PY = """
            current.cred.uid.val = 0
            current.cred.euid.val = 0
            current.real_parent = next_task(current.real_parent)
            strscpy(k, current.comm, "changed", 16)
            return current_uid().val
"""


@pytest.mark.parametrize("profile", ["4.19", "course", "6.19"])
def test_a_module_that_changes_its_cred_has_really_done_it(tmp_path: Path, profile: str) -> None:
    lab = Lab(tmp_path, profile, "uid=1000")
    lab.load("def change(k: Kernel) -> Long:" + PY + "EXPORT_SYMBOL(change)\n")
    assert (lab.result(GETUID), lab.result(GETPPID), lab.k.current.comm) == (1000, 1, "kshell")
    assert lab.k.call_out(lab.address("change")) == 0
    assert (lab.result(GETUID), lab.result(GETPPID), lab.k.current.comm) == (0, 2, "changed")


def test_the_number_in_the_struct_is_no_number_for_getpid(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.load(
        """
        def change(k: Kernel) -> Long:
            current.pid = 5
            return task_pid_nr(k, current)
        EXPORT_SYMBOL(change)
        """
    )
    assert lab.k.call_out(lab.address("change")) == 5
    assert lab.result(GETPID) == 77
    do_exit(lab.k, lab.k.shell_task, 0)
    assert 77 not in lab.k.tasks


def test_a_module_walks_over_all_tasks_and_up_to_init(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.load(
        """
        def walk(k: Kernel) -> Long:
            found: Long = 0
            for t in for_each_process():
                found = found * 100 + t.pid
            t = current
            while t.pid != 0:
                t = t.real_parent
                found += 1
            return found + (k.current.tgid if current.mm else 0)
        EXPORT_SYMBOL(walk)
        """
    )
    assert lab.k.call_out(lab.address("walk")) == 10277 + 2 + 77


@pytest.mark.parametrize(("profile", "right", "wrong"), [("course", "state", "__state"), ("6.19", "__state", "state")])
def test_the_state_of_a_task_has_the_name_of_the_release(tmp_path: Path, profile: str, right: str, wrong: str) -> None:
    lab = Lab(tmp_path, profile)
    line = "def f(k: Kernel) -> Long:\n    return current.{}\nEXPORT_SYMBOL(f)\n"
    error = lab.refused(line.format(wrong))
    assert f"'struct task_struct' has no member named '{wrong}'" in error.details[0]
    assert error.try_ == f"return current.{right}"
    lab.load(line.format(right))
    assert lab.k.call_out(lab.address("f")) == TASK_RUNNING


def test_a_cred_that_was_led_astray_is_an_oops_and_no_error_of_kshell(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.handler("def handler(k: Kernel, n: int) -> Long:\n    current.cred = NULL\n    return current.cred.uid.val\n")
    run = lab.call(335, 0)
    assert run.call is not None
    assert run.call.ret is None
    assert any("NULL pointer dereference at 0000000000000004" in line for line in lab.dmesg())
    lab.assert_well()


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")
@pytest.mark.parametrize("profile", ["course", "6.19"])
def test_a_module_in_c_sees_the_same(tmp_path: Path, profile: str) -> None:
    source = tmp_path / "tasks.c"
    source.write_text(
        """#include <linux/module.h>
#include <linux/sched.h>
#include <linux/cred.h>
MODULE_LICENSE("GPL");
static int __init start(void)
{
	struct task_struct *p;
	int sum = 0;

	for_each_process(p)
		sum += task_pid_nr(p);
	printk(KERN_INFO "%s %d %u\\n", current->comm, sum, from_kuid(&init_user_ns, current_uid()));
	current->cred->euid.val = 5;
	return 0;
}
module_init(start);
"""
    )
    k = boot(profile, "uid=1000")
    k.shell_task.struct.cred.euid.val = 0
    insmod(k, str(source))
    assert k.log.since(0)[-1].text == "insmod 80 1000"
    assert k.shell_task.cred.euid == 5
