"""boot, cat, ls."""

from __future__ import annotations

import weakref

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
    assert not lab.session.kernel.memory.smap
    assert not lab.session.kernel.memory.smep


def test_boot_with_a_uid_makes_user_code_that_users(lab: Lab) -> None:
    assert lab.json("boot uid=1000")["kernel"] == "course"
    assert lab.ret("geteuid") == 1000
    assert lab.call('open "/etc/shadow" O_RDONLY 0')["errno"] == "EACCES"
    lab.result("boot 6.19 nosmap uid=1000")
    assert lab.ret("getuid") == 1000
    assert lab.result("modprobe hello").error is None  # the person at the shell stays root
    lab.result("boot")
    assert lab.ret("getuid") == 0


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
        ("ls -z", "unknown option", "ls"),
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
