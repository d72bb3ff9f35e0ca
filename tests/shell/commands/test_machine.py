"""boot, cat, ls, and echo into a file."""

from __future__ import annotations

import weakref
from pathlib import Path

import pytest

from tests.shell.lab import Lab


def test_boot_gives_a_fresh_machine(lab: Lab) -> None:
    lab.results('modprobe hello; syscall open "/tmp/f" O_CREAT|O_RDWR 0644')
    old = lab.session.kernel
    assert lab.json("boot")["kernel"] == "course"
    assert lab.session.kernel is not old
    assert lab.json("lsmod")["modules"] == []
    assert lab.json("ls /tmp")["entries"] == []


def test_the_old_machine_is_gone_after_a_boot(lab: Lab) -> None:
    old = weakref.ref(lab.session.kernel)
    lab.results("modprobe hello; trace syscall getpid; run --hex 0f0b; boot")
    assert old() is None


def test_boot_of_another_kernel_stays_with_it(lab: Lab) -> None:
    assert "x64_sys_call" in lab.text("boot 6.19")
    assert lab.json("boot")["release"] == "6.19.0"
    assert "6.19" in lab.text("dmesg")


def test_boot_takes_the_options_of_the_old_days(lab: Lab) -> None:
    lab.result("boot course nosmap nosmep")
    assert not lab.session.kernel.memory.protection.smap
    assert not lab.session.kernel.memory.protection.smep


def test_boot_with_a_uid_makes_user_code_that_users(lab: Lab) -> None:
    assert lab.json("boot uid=1000")["kernel"] == "course"
    assert lab.ret("geteuid") == 1000
    assert lab.call('open "/etc/shadow" O_RDONLY 0')["errno"] == "EACCES"
    lab.result("boot 6.19 nosmap uid=1000")
    assert lab.ret("getuid") == 1000
    assert lab.result("modprobe hello").error is None  # the person at the shell stays root
    lab.result("boot")
    assert lab.ret("getuid") == 0


def test_the_vsyscall_page_is_as_boot_says_it(lab: Lab) -> None:
    assert "--xp 00000000 00:00 0                  [vsyscall]" in lab.text("boot 6.19; cat /proc/self/maps")
    assert "[vsyscall]" not in lab.text("boot 6.19 vsyscall=none; cat /proc/self/maps")
    assert "r-xp 00000000 00:00 0                  [vsyscall]" in lab.text("boot 4.19; cat /proc/self/maps")
    assert lab.error("boot 4.19 vsyscall=native")["what"] == "boot: vsyscall=native: vsyscall= is emulate, xonly, none"
    told = lab.result("boot 4.19 vsyscall=xonly").notes
    assert told == ["4.19 knows vsyscall=emulate and none: it goes by the first"]


@pytest.mark.parametrize("option", ["uid=", "uid=student", "uid=-1", "uid=4294967295"])
def test_a_uid_that_is_none_is_refused(shared: Lab, option: str) -> None:
    assert "takes a user's number" in shared.error(f"boot course {option}")["what"]


def test_a_kernel_that_is_not_there_is_answered_with_the_nearest(shared: Lab) -> None:
    assert shared.error("boot 6.18")["try"] == "boot 6.19"
    assert "unknown option" in shared.error("boot course nosmash")["what"]


def test_cat_shows_a_file_of_the_machine(shared: Lab) -> None:
    assert shared.text("cat /etc/hostname") == "kshell"
    assert shared.json("cat /etc/hostname")["text"] == "kshell\n"


def test_cat_sees_what_a_program_wrote(lab: Lab) -> None:
    fd = lab.ret('open "/tmp/f" O_CREAT|O_WRONLY 0644')
    lab.result(f'syscall write {fd} "a\\x1b\\xff\\nb\\n" 6')
    assert lab.text("cat /tmp/f") == "a\\x1b\\xff\nb"


@pytest.mark.parametrize(
    ("line", "what", "try_"),
    [
        ("cat", "which file?", "cat /etc/hostname"),
        ("cat /nope", "No such file or directory", "ls /"),
        ("cat /etc", "Is a directory", "ls /etc"),
        ("cat /dev/zero", "Invalid argument", "read FD"),
        ("ls /nope", "No such file or directory", "ls /"),
        ("ls -z", "ls: invalid option -- 'z'", "ls"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_way_out(shared: Lab, line: str, what: str, try_: str) -> None:
    error = shared.error(line)
    assert what in error["what"]
    assert try_ in error["try"]


def test_ls_marks_folders_and_links(shared: Lab) -> None:
    assert {"dev/", "etc/", "tmp/"} <= set(shared.text("ls /").split("\n"))
    assert shared.text("ls /etc/hostname") == "/etc/hostname"


def test_ls_long_shows_type_owner_and_size(shared: Lab) -> None:
    lines = shared.text("ls -l /etc").split("\n")
    assert any(line.startswith("-rw-r--r--") and line.endswith("hostname") for line in lines)
    entry = next(e for e in shared.json("ls /etc")["entries"] if e["name"] == "hostname")
    assert entry["size"] == 7


def test_ls_without_a_path_is_the_folder_of_the_shells_task(lab: Lab) -> None:
    lab.result('syscall chdir "/etc"')
    assert "hostname" in lab.text("ls").split("\n")


# /proc and /sys


def test_cat_looks_into_proc_as_the_shells_task(lab: Lab) -> None:
    pid = lab.ret("getpid")
    assert f"Pid:\t{pid}\n" in lab.json("cat /proc/self/status")["text"]
    assert lab.text("cat /proc/version") == lab.json("dmesg")["records"][0]["text"]
    assert lab.text("cat /etc/mtab") == lab.text("cat /proc/mounts")


def test_after_an_oops_the_new_task_is_who_looks(lab: Lab) -> None:
    pid = lab.ret("getpid")
    lab.result("modprobe crash; syscall test_call 1")
    assert lab.json("cat /proc/self/comm")["text"] == "kshell\n"
    assert f"Pid:\t{pid}\n" not in lab.json("cat /proc/self/status")["text"]


def test_modules_are_in_proc_and_sys_until_they_go(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    row = lab.json("lsmod")["modules"][0]
    assert lab.text("cat /proc/modules").startswith(f"syscallModule {row['size']} {row['refcount']} - Live 0xffffffffc")
    assert lab.text("cat /sys/module/syscallModule/initstate") == "live"
    assert lab.text("ls /sys/module") == "syscallModule/"
    lab.result("rmmod syscallModule")
    assert lab.text("cat /proc/modules") == lab.text("ls /sys/module") == ""


def test_ls_long_shows_where_links_lead(lab: Lab) -> None:
    pid = lab.ret("getpid")
    lines = lab.text("ls -l /proc").split("\n")
    assert any(line.startswith("lrwxrwxrwx") and line.endswith(f"self@ -> {pid}") for line in lines)
    assert lab.json("ls /proc/self/fd")["entries"][0]["target"] == "/dev/tty"


# echo into a file of the machine


def test_echo_writes_into_a_file_of_the_machine(lab: Lab) -> None:
    lab.results("echo one > /tmp/f; echo -n two >>/tmp/f; echo three 1>> /tmp/f")
    assert lab.text("cat /tmp/f") == "one\ntwothree"
    assert lab.json("ls -l /tmp")["entries"][0]["mode"] == "100644"
    lab.result('echo "a > b" > "/tmp/f"')
    assert lab.text("cat /tmp/f") == "a > b"


def test_echo_sets_a_parameter_and_taints(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(
        "from kshell.linux import *\nMODULE_LICENSE('GPL')\n"
        "level = Param('level', 1)\nmodule_param(level, 'int', 0o644)\n",
        encoding="utf-8",
    )
    lab.result(f"insmod {path}")
    where = "/sys/module/m/parameters/level"
    assert lab.result(f"echo 7 > {where}").error is None
    assert lab.text(f"cat {where}") == "7"
    error = lab.error(f"echo seven > {where}")
    assert error["what"] == "echo: write error: Invalid argument"
    assert "of type int" in error["because"]
    assert lab.text(f"cat {where}") == "7"
    lab.result("echo 64 > /proc/sys/kernel/tainted")
    assert lab.text("cat /proc/sys/kernel/tainted") == str(64 + 4096)


def test_echo_that_writes_is_made_of_system_calls(lab: Lab) -> None:
    fd = lab.ret('open "/dev/null" O_RDONLY 0')
    before = [entry["name"] for entry in lab.json("ls /proc/self/fd")["entries"]]
    lab.result("echo x > /tmp/f")
    assert [entry["name"] for entry in lab.json("ls /proc/self/fd")["entries"]] == before  # it was closed again
    lab.result(f"syscall close {fd}; boot uid=1000")
    assert lab.error("echo 1 > /etc/shadow")["what"] == "echo: /etc/shadow: Permission denied"


@pytest.mark.parametrize(
    ("line", "what", "try_"),
    [
        ("echo 1 > /proc/version", "echo: write error: Input/output error", "cat /proc/version"),
        ("echo 1 > /proc/nope", "echo: /proc/nope: No such file or directory", "ls /proc"),
        ("echo 1 > /nope/nope", "echo: /nope/nope: No such file or directory", "ls /"),
        ("echo 1 > /proc/sys/kernel/ostype", "echo: /proc/sys/kernel/ostype: Permission denied", "ls -l /proc/sys"),
        ("echo 1 > /sys/module/new", "echo: /sys/module/new: Permission denied", "ls -l /sys/module"),
        ("echo 9 > /proc/sys/kernel/kptr_restrict", "echo: write error: Invalid argument", "cat /proc/sys/kernel"),
        ("echo 1 > /dev/full", "echo: write error: No space left on device", "ls /"),
        ("echo 1 > /sys", "echo: /sys: Is a directory", "ls /sys"),
        ("echo 1 >", "syntax error near unexpected token `newline'", "echo 1 > /tmp/file"),
    ],
)
def test_what_echo_cannot_write_is_refused_in_bash_s_words(shared: Lab, line: str, what: str, try_: str) -> None:
    error = shared.error(line)
    assert error["what"] == what
    assert error["because"]
    assert error["try"].startswith(try_)
