"""Lines from elsewhere: pasted with the prompt before them, recalled by !, and commands of other systems."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest

from kshell.shell.lines.words import without_prompt
from kshell.shell.settings import DEFAULT_TEXT
from kshell.shell.views.render import RichOutput
from tests.shell.lab import Lab, screen


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("$ sudo insmod x.ko", "sudo insmod x.ko"),
        ("  $ lsmod", "lsmod"),
        ("me@host:~$ lsmod", "lsmod"),
        ("root@box:/usr/src# lsmod", "lsmod"),
        ("[root@box ~]# lsmod", "lsmod"),
        ("kshell 6.19> $ lsmod", "lsmod"),
        ("x $rip", "x $rip"),
        ("$rip", "$rip"),
        ("# a comment", "# a comment"),
        ("echo a $ b", "echo a $ b"),
    ],
)
def test_the_prompt_of_a_pasted_line_is_no_part_of_it(line: str, bare: str) -> None:
    assert without_prompt(line) == bare


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ("!!", "echo two"),
        ("!1", "echo one"),
        ("!-2", "echo one"),
        ("!ec", "echo two"),
        ("!! and more", "echo two and more"),
        ("$ !!", "echo two"),
    ],
)
def test_an_earlier_line_is_recalled_and_shown(typed: str, run: str) -> None:
    out, err, status = screen("echo one", "echo two", typed)
    assert (out.split("\n")[2:4], err, status) == ([run, run.removeprefix("echo ")], "", 0)


@pytest.mark.parametrize("typed", ["!9", "!-9", "!0", "!nothing", "!!"])
def test_an_event_that_there_is_not_is_refused_with_a_way_out(typed: str) -> None:
    lab = Lab()
    if typed != "!!":
        lab.text("echo one")
    error = lab.error(typed)
    assert error["what"] == f"{typed}: event not found"
    assert error["because"]
    assert lab.result(error["try"].split("  ")[0]).error is None


@pytest.mark.parametrize(
    ("line", "because", "try_"),
    [
        ("$ sudo insmod x", "root is not the kernel", "insmod x"),
        ("watch -n 1 lsmod", "nothing changes between two commands", "lsmod"),
        ("watch", "nothing changes between two commands", "lsmod  (or: dmesg -w)"),
        ("ps aux", "in /proc, a folder for each task", "ls /proc"),
        ("lab.ksh", "read, line by line", "source lab.ksh"),
        ("./lab.ks", "read, line by line", "source ./lab.ks"),
        ("help panicked", "no command of that name", "help dmesg  (that page has the word)"),
    ],
)
def test_what_other_systems_have_is_answered_with_what_to_type(shared: Lab, line: str, because: str, try_: str) -> None:
    error = shared.error(line)
    assert because in error["because"]
    assert error["try"].startswith(try_)


@pytest.mark.parametrize("name", ["insmod", "syscall", "make", "dmesg", "x", "echo", "q"])
def test_every_command_shows_its_page_when_asked_by_an_option(shared: Lab, name: str) -> None:
    assert shared.text(f"{name} --help") == shared.text(f"help {name}")


@pytest.mark.parametrize("topic", ["k", "oops", "get_user", "config", "c-to-kshell", "k.printk"])
def test_help_knows_what_students_look_for(shared: Lab, topic: str) -> None:
    assert shared.result(f"help {topic}").error is None
    assert len(shared.text(f"help {topic}")) > 70


def test_the_settings_that_help_shows_can_be_copied_from_a_narrow_screen(shared: Lab) -> None:
    shown = [line for line in shared.text("help config").split("\n") if line.startswith("  ")]
    assert max(map(len, shown)) <= 79
    assert tomllib.loads("\n".join(shown)) == tomllib.loads(DEFAULT_TEXT)


def test_the_first_screen_of_help_names_the_best_pages(shared: Lab) -> None:
    text = shared.text("help")
    assert all(f"help {topic}" in text for topic in ("c-to-kshell", "modules", "oops", "config", "add-a-system-call"))
    assert "lesson: the guided lessons." in text


def test_clear_empties_a_screen_and_writes_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert screen("clear") == ("", "", 0)
    lab = Lab()
    monkeypatch.setenv("TERM", "xterm")
    lab.session.output = RichOutput(file=(shown := io.StringIO()), width=80)
    lab.session.execute("clear")
    assert shown.getvalue().startswith("\x1b[H\x1b[2J")


def test_a_module_that_cannot_be_unloaded_is_told_when_it_is_loaded(lab: Lab) -> None:
    source = 'from kshell.linux import *\nMODULE_LICENSE("GPL")\ndef start(k: Kernel) -> int:\n    return 0\n'
    Path("stay.py").write_text(source + "module_init(start)\n")
    assert "no exit function: rmmod will refuse it" in "".join(lab.result("insmod stay.py").notes)
    assert "no exit function" in lab.error("rmmod stay")["because"]
    assert lab.result("modprobe hello").notes == []


def test_modinfo_says_what_each_number_crashes(shared: Lab) -> None:
    (described,) = [value for key, value in shared.json("modinfo crash")["info"] if key == "description"]
    assert all(f"{number} " in described for number in range(1, 6))
