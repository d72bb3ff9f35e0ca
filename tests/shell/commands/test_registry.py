"""The registry of commands: what it says about each is true, and every example works as typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.shell import commands
from kshell.shell.commands import Command, everything, find
from kshell.shell.errors import CommandError, did_you_mean
from kshell.shell.lines import foreign
from tests.shell.lab import Lab

ALL = everything()
EXAMPLES = [(command.name, line) for command in ALL for line, _ in command.examples]


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.name)
def test_every_command_has_a_sentence_a_usage_and_an_example(command: Command) -> None:
    assert command.summary.endswith(".")
    assert command.summary[0].isupper()
    assert all(usage.split("[")[0].startswith(command.name) for usage in command.usage)
    assert command.examples
    for kind in command.arguments:
        assert kind.rstrip("*") in commands.KINDS


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_an_example_of_help_works_as_typed(name: str, line: str, lab: Lab) -> None:
    for result in lab.results(line):
        assert result.error is None, result.error
    assert name in line


def test_the_index_of_files_agrees_with_the_files() -> None:
    for name in commands.names():
        found = find(name)
        assert found is not None
        assert found.handler.__module__ == f"kshell.shell.commands.{found.group}"
    assert {command.name for command in ALL} == set(commands.names())


def test_an_alias_finds_its_command() -> None:
    for alias, name in commands.ALIASES.items():
        found = find(alias)
        assert found is not None
        assert found.name == name


def test_no_foreign_command_hides_one_of_ours() -> None:
    assert not foreign.NAMES & (set(commands.names()) | set(commands.ALIASES))


@pytest.mark.parametrize(
    "name",
    [
        *("strace", "ps", "sudo", "gdb", "objdump", "uname", "gcc", "ld", "cd", "vim", "nano", "vi", "kill", "top"),
        *("printf", "readelf", "clear", "pwd", "mkdir", "rm", "cp", "mv", "git", "patch", "menuconfig", "update-grub"),
    ],
)
def test_a_command_known_from_elsewhere_gets_a_line_on_what_to_type_here(shared: Lab, name: str) -> None:
    error = shared.error(name + " x")
    assert error["what"] == f"{name}: command not found"
    assert error["because"]
    assert error["try"]


TYPED = [
    line
    for _, line in sorted(foreign._ADVICE.values())
    if not any(mark in line for mark in ("  (", "FILE", "DIR", "ADDRESS", "Ctrl", "the command"))
]


@pytest.mark.parametrize("line", TYPED)
def test_what_a_foreign_command_is_answered_works_as_typed(lab: Lab, line: str) -> None:
    assert lab.result(line).status == 0


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *[("vim", "edit FILE"), ("nano", "edit FILE"), ("gcc", "make -C DIR"), ("ld", "make -C DIR")],
        *[("mkdir", "edit DIR/FILE"), ("git", "diff DIR"), ("shutdown", "boot DIR"), ("update-grub", "install")],
        *[("cp", "tree new"), ("uname", "cat /proc/version"), ("cd", "make -C DIR"), ("ninja", "make -C DIR")],
    ],
)
def test_what_a_student_does_to_a_real_tree_has_its_command_here(shared: Lab, name: str, meant: str) -> None:
    assert meant in shared.error(name)["try"]


def test_a_file_that_another_editor_or_a_redirection_was_to_write_is_edited_here(shared: Lab) -> None:
    Path("tree").mkdir()
    assert shared.error("nano -w tree/Makefile")["try"] == "edit tree/Makefile"
    for line in ("cat > tree/new/call.py", "dmesg > tree/log", "echo 'obj-y := a.o' > tree/Makefile"):
        assert shared.error(line)["try"].startswith("edit tree/")
    assert shared.error("echo a > /nowhere/b")["try"] == "ls /"


@pytest.mark.parametrize(("typed", "meant"), [("sycall", "syscall"), ("dmseg", "dmesg"), ("Lsmod", "lsmod")])
def test_a_misspelt_command_is_answered_with_the_nearest(shared: Lab, typed: str, meant: str) -> None:
    assert shared.error(typed)["try"].startswith(meant)


def test_a_path_or_a_call_as_command_is_told_how(shared: Lab) -> None:
    assert shared.error("./hello.s")["try"] == "run ./hello.s"
    assert shared.error("./test_call_user 5")["try"] == "run ./test_call_user 5"
    assert shared.error("mod.py")["try"] == "insmod mod.py"
    assert shared.error("./SystemCalls/syscallModule.ko")["try"] == "insmod ./SystemCalls/syscallModule.ko"
    assert shared.error('write(1, "a, b", 4)')["try"] == 'syscall write 1 "a, b" 4'
    assert shared.error("sudo insmod m.py")["try"] == "insmod m.py"
    assert shared.error("sudo make install")["try"] == "make install"
    assert shared.error("sudo reboot")["try"] == "reboot"
    assert shared.error("getppid")["try"] == "syscall getppid"


def test_the_position_of_an_argument_gives_its_kind() -> None:
    syscall, lsmod, run = find("syscall"), find("lsmod"), find("run")
    assert syscall is not None
    assert [syscall.kind_at(n) for n in range(3)] == ["syscall", "value", "value"]
    assert lsmod is not None
    assert lsmod.kind_at(0) is None
    assert run is not None
    assert run.kind_at(0) == "file"


def test_options_are_taken_in_all_their_spellings() -> None:
    from kshell.shell.lines.words import split

    known = {"-n": "last=", "--last": "last=", "-T": "time", "-c": "clear"}

    def read(line: str) -> tuple[dict[str, str], list[str]]:
        found = commands.take_options("dmesg", split("dmesg " + line)[0].words[1:], known)
        return found.values, [word.text for word in found.words]

    assert read("-n 5 a") == ({"last": "5"}, ["a"])
    assert read("-n5") == ({"last": "5"}, [])
    assert read("--last=5 -Tc") == ({"last": "5", "time": "", "clear": ""}, [])
    assert read("a -- -n") == ({}, ["a", "-n"])
    assert read("'-n'") == ({}, ["-n"])
    for bad in ("-z", "--lost 3", "-n", "--last", "-Tz"):
        with pytest.raises(CommandError):
            read(bad)


def test_the_nearest_words_ignore_letter_case() -> None:
    assert did_you_mean("SYSCALLMODUL", ["hello", "syscallModule"]) == ["syscallModule"]
    assert did_you_mean("zzz", ["hello"]) == []
