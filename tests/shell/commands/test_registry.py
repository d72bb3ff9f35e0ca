"""The registry of commands: what it says about each is true, and every example works as typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import kshell
from kshell.abi.did_you_mean import did_you_mean
from kshell.shell.commands import registry
from kshell.shell.commands.registry import GROUPS, Command, command, everything, find
from kshell.shell.errors import CommandError
from kshell.shell.lines import foreign
from kshell.shell.lines.options import KINDS, Argument, Misread, Option, read_options
from kshell.shell.lines.words import Word, split
from kshell.shell.present.face import LEAVE
from kshell.shell.state.context import Context
from kshell.shell.views.view import Nothing, View
from tests.shell.lab import Lab
from tests.shell.present.speaker import Speaker

ALL = everything()
EXAMPLES = [(found.name, line) for found in ALL for line, _ in found.examples]


@pytest.mark.parametrize("found", ALL, ids=lambda found: found.name)
def test_every_command_has_a_sentence_a_usage_and_an_example(found: Command) -> None:
    assert found.summary.endswith(".")
    assert found.summary[0].isupper()
    assert all(usage.split("[")[0].startswith(found.name) for usage in found.usage)
    assert found.examples
    assert found.group in GROUPS
    assert all(argument.kind in KINDS for argument in found.arguments)


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_an_example_of_help_works_as_typed(name: str, line: str, lab: Lab) -> None:
    Speaker(lab.session).keys = [LEAVE]  # whoever presents something presses q at once
    for result in lab.results(line):
        assert result.error is None, result.error
    assert name in line


def test_the_index_of_files_agrees_with_what_the_files_register() -> None:
    assert {found.name for found in ALL} == set(registry.names())
    assert {alias: found.name for found in ALL for alias in found.aliases} == registry.aliases()


@pytest.mark.parametrize("found", ALL, ids=lambda found: found.name)
def test_a_usage_names_no_option_that_is_not_declared(found: Command) -> None:
    declared = {spelling for option in found.options for spelling in option.known}
    for usage in found.usage:
        assert set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", usage)) <= declared


def test_a_usage_is_made_of_what_is_declared() -> None:
    insmod, regs = find("insmod"), find("regs")
    assert insmod is not None
    assert insmod.usage == ("insmod [-f] FILE.py|FILE.c|FILE.ko [name=value...]",)
    assert regs is not None
    assert regs.usage == ("regs",)
    made = Command(
        "made",
        arguments=(Argument("word", "WORD"), Argument("file", "[FILE...]")),
        options=(Option("-n, --last", "the last ones", "N"), Option("plain", "a word")),
    )
    assert made.usage == ("made [-n N] WORD [FILE...]",)
    assert [made.kind_at(n) for n in range(3)] == ["word", "file", "file"]


def _handler(session: Context, words: list[Word]) -> View:
    """Do nothing."""
    return Nothing()


def _silent(session: Context, words: list[Word]) -> View:
    return Nothing()


EXAMPLE = (("made", "nothing"),)


@pytest.mark.parametrize(
    ("made", "handler", "told"),
    [
        (command("made", examples=EXAMPLE), _handler, "it names no group"),
        (command("made", group="The shel", examples=EXAMPLE), _handler, "no group 'The shel'"),
        (command("made", group="The shell"), _handler, "it has no example"),
        (command("made", group="The shell", examples=EXAMPLE), _silent, "no docstring"),
        (command("lsmod", group="The shell", examples=EXAMPLE), _handler, "one of that name already, in "),
        (
            command("made", group="The shell", examples=EXAMPLE, arguments=(Argument("fiel", "FILE"),)),
            _handler,
            "no kind of argument 'fiel'",
        ),
    ],
)
def test_a_step_that_was_forgotten_is_named(
    made: Callable[[registry.Handler], registry.Handler], handler: registry.Handler, told: str
) -> None:
    assert find("lsmod") is not None  # its file is loaded
    with pytest.raises(CommandError) as caught:
        made(handler)
    assert told in caught.value.what
    assert "in test_registry.py" in caught.value.because
    assert caught.value.try_
    assert find("made") is None


def test_a_command_that_returns_no_view_is_told_what_to_return(lab: Lab) -> None:
    made = Command("made")
    made.handler = lambda session, words: "text"  # type: ignore[assignment, return-value]
    with pytest.raises(CommandError) as caught:
        made.run(lab.session, [])
    assert caught.value.what == "command made: <lambda> in test_registry.py returns a str"
    assert caught.value.try_ == "return Text([...]), or another View of kshell/shell/views/view.py"
    assert caught.value.status == 3


NEW_COMMAND = '''
from kshell.shell.commands.registry import command
from kshell.shell.views.view import Text


@command("double", group="The shell", examples=(("double 4", "8"),), aliases=("twice",))
def double(session, words):
    """Show a number twice as large."""
    return Text([str(2 * int(words[0].text))])
'''


def _run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kshell", "-c", line],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_that_is_dropped_into_the_folder_has_its_commands(tmp_path: Path) -> None:
    commands = tmp_path / "kshell" / "shell" / "commands"
    shutil.copytree(Path(kshell.__file__).parent, tmp_path / "kshell", ignore=shutil.ignore_patterns("__pycache__"))
    (commands / "doubling.py").write_text(NEW_COMMAND, encoding="utf-8")
    ran = _run(tmp_path, "double 4; twice 8; help")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("8\n16\n")
    assert "  double     Show a number twice as large." in ran.stdout
    (commands / "doubling2.py").write_text(NEW_COMMAND, encoding="utf-8")
    ran = _run(tmp_path, "double 4")
    assert ran.returncode == 3
    assert "command double stands twice: in doubling.py and in doubling2.py" in ran.stderr


def test_an_alias_finds_its_command() -> None:
    for alias, name in registry.aliases().items():
        found = find(alias)
        assert found is not None
        assert found.name == name


def test_no_foreign_command_hides_one_of_ours() -> None:
    assert not foreign.NAMES & (set(registry.names()) | set(registry.aliases()))


@pytest.mark.parametrize(
    "name",
    [
        *("strace", "ps", "sudo", "gdb", "objdump", "uname", "gcc", "ld", "cd", "vim", "nano", "vi", "killall", "top"),
        *("printf", "readelf", "reset", "pwd", "mkdir", "rm", "cp", "mv", "git", "patch", "menuconfig", "update-grub"),
    ],
)
def test_a_command_known_from_elsewhere_gets_a_line_on_what_to_type_here(shared: Lab, name: str) -> None:
    error = shared.error(name + " lsmod")
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
        *[("vim", "edit test.py"), ("nano", "edit test.py"), ("gcc", "help make"), ("ld", "make -C DIR")],
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


OPTIONS = (Option("-n, --last", "the last", "N"), Option("-T", "the time"), Option("-c", "clear", also=("--clear",)))


def _read(line: str, leading: bool = False) -> tuple[dict[str, str], list[str]]:
    found = read_options(OPTIONS, split("dmesg " + line)[0].words[1:], leading)
    return {key: word.text for key, word in found.values.items()}, [word.text for word in found.words]


def test_options_are_taken_in_all_their_spellings() -> None:
    assert _read("-n 5 a") == ({"-n": "5"}, ["a"])
    assert _read("-n5") == ({"-n": "5"}, [])
    assert _read("--last=5 -Tc") == ({"-n": "5", "-T": "", "-c": ""}, [])
    assert _read("--clear") == ({"-c": ""}, [])
    assert _read("a -- -n") == ({}, ["a", "-n"])
    assert _read("'-n'") == ({}, ["-n"])
    for bad in ("-z", "--lost 3", "-n", "--last", "-Tz", "--clear=1"):
        with pytest.raises(Misread):
            _read(bad)


def test_leading_options_end_at_the_first_word_that_is_none() -> None:
    assert _read("-n 5 -1 -T", leading=True) == ({"-n": "5"}, ["-1", "-T"])
    assert _read("-Tc a", leading=True) == ({"-T": "", "-c": ""}, ["a"])
    assert _read("-Tz", leading=True) == ({}, ["-Tz"])
    assert _read("-- -T", leading=True) == ({}, ["--", "-T"])


def test_the_nearest_words_ignore_letter_case() -> None:
    assert did_you_mean("SYSCALLMODUL", ["hello", "syscallModule"]) == ["syscallModule"]
    assert did_you_mean("zzz", ["hello"]) == []
