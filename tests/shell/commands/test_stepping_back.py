"""back, forward, goto, and the numbers of history."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from kshell.api import boot
from kshell.kernel.boot.start import boot as boot_kernel
from kshell.kernel.kernel import Kernel
from kshell.shell.views.output import JsonOutput
from tests.shell.lab import Lab, screen


@pytest.fixture
def lab() -> Lab:
    found = Lab()
    for line in ("modprobe syscallModule", "syscall test_call 5", "dmesg", "libc off"):
        found.result(line)
    return found


def test_back_passes_over_what_only_looked_and_says_where_it_is(lab: Lab) -> None:
    assert lab.text("back") == "3: dmesg  (forward: libc off)"
    assert lab.session.libc
    expected = {"at": 1, "command": "modprobe syscallModule", "undone": 2}
    assert lab.json("undo") == {**expected, "next": {"number": 2, "command": "syscall test_call 5"}}
    assert lab.text("back") == "0: the machine as it was booted  (forward: modprobe syscallModule, and 2 more)"
    assert lab.text("redo 2") == "2: syscall test_call 5  (forward: libc off)"
    assert lab.text("forward") == "4: libc off"
    assert not lab.session.libc


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("back 4", "back: only 3 can be taken back"),
        ("forward", "forward: nothing was taken back"),
        ("goto 5", "goto: there is no command 5"),
        ("goto x", "goto: there is no command x"),
        ("goto -1", "goto: there is no command -1"),
        ("goto", "goto: after which command?"),
        ("goto 1 2", "goto: one number at a time"),
        ("back 0", "back: 0 is not a positive number"),
        ("back 1 2", "back: one number at most"),
        ("undo x", "back: x is not a positive number"),
    ],
)
def test_what_cannot_be_is_told_with_a_way_out(line: str, what: str, lab: Lab) -> None:
    error = lab.error(line)
    assert error["what"] == what
    assert lab.result(error["try"].partition("  (")[0]).error is None
    assert all(step.text != line for step in lab.session.journal.steps)


def test_before_anything_was_done_there_is_nothing_to_take_back() -> None:
    error = Lab().error("back")
    assert (error["what"], error["because"]) == ("back: nothing to take back", "no command has changed anything so far")


def test_a_new_command_drops_what_was_taken_back_and_a_look_does_not(lab: Lab) -> None:
    lab.result("back 2")
    lab.result("lsmod; dmesg; x/2gx sys_call_table")
    assert lab.json("forward")["at"] == 2
    lab.result("back")
    assert lab.result("syscall getpid").notes == [
        "the 2 commands that were taken back cannot be done again any more: this one took another way"
    ]
    assert "nothing was taken back" in lab.error("forward")["what"]
    assert [step.text for step in lab.session.journal.steps[:2]] == ["modprobe syscallModule", "syscall getpid"]


def test_history_has_the_numbers_and_what_was_taken_back(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert lab.text("history 2").split("\n") == ["    4  libc off", "    5  history 2"]
    lab.result("back 2; # to the module")
    assert lab.text("history").split("\n") == [
        "    1  modprobe syscallModule",
        "    2  syscall test_call 5  (taken back)",
        "    3  dmesg  (taken back)",
        "    4  libc off  (taken back)",
        "    5  history 2  (taken back)",
        "       history",
    ]
    lab.result("syscall getpid; syscall getuid")
    found = lab.json("history")
    assert found["lines"][0] == "modprobe syscallModule"
    assert (found["lines"][-2:], found["numbers"][-2:]) == (["syscall getpid; syscall getuid", "history"], [3, 4])
    lab.result("goto 1; history --save kept.ks")
    assert Path("kept.ks").read_text("utf-8").split("\n")[0] == "modprobe syscallModule"
    assert "getpid" not in Path("kept.ks").read_text("utf-8")


def test_files_of_the_host_stay_and_that_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lab = Lab()
    lab.result("module copy syscallModule m.py; insmod m.py")
    assert lab.result("goto 0").notes == [
        "files of your own stay as they are, with what module wrote: only the machine moves"
    ]
    assert Path("m.py").exists()
    assert lab.json("goto 2")["at"] == 2
    assert lab.result("goto 0").notes == []


def test_in_a_script_and_in_a_file_of_commands_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lab.ks").write_text("modprobe hello\nmodprobe syscallModule\nback\nlsmod\n", "utf-8")
    out, err, status = screen("syscall getpid", "source lab.ks", "back; syscall getppid", keep_going=False)
    assert (err, status) == ("", 0)
    assert out.split("\n")[1:5] == [
        "2: modprobe hello  (forward: modprobe syscallModule)",
        "Module                  Size  Used by",
        "hello                  12288  0",
        "1: syscall getpid  (forward: modprobe hello, and 1 more)",
    ]


def test_where_a_call_stands_still_the_machine_stays_and_breakpoints_last(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(interactive=True)
    lab.result("modprobe syscallModule")
    lab.result("break my_test_call")
    typed = ["back", "goto 0", "info locals", "continue"]
    lab.session.read_command = lambda: typed.pop(0)
    results: list[str] = []
    monkeypatch.setattr(lab.session.output, "show", lambda result: results.append(result.view.text()))
    assert lab.ret("test_call 5") == 5
    assert not typed
    assert sum("not while a call stands still" in text for text in results) == 2
    assert lab.json("back")["command"] == "break my_test_call"
    typed += ["continue"]
    assert lab.ret("test_call 6") == 6
    assert not typed


def test_a_machine_that_comes_out_otherwise_is_told_and_not_taken(lab: Lab) -> None:
    kernel, steps = lab.session.kernel, lab.session.journal.steps
    steps[0].digest = (1, 2, 3)
    error = lab.error("goto 1")
    assert error["what"] == "goto: the machine did not come out as it was after 1: modprobe syscallModule"
    assert "a bug of kshell" in error["because"]
    assert lab.session.kernel is kernel
    assert lab.json("goto 2")["at"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
def test_ctrl_c_ends_the_way_and_nothing_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(interactive=True)
    lab.result("modprobe hello")
    lab.result("run --hex b900000002ffc975fcb83c0000000f05")  # a moment of counting
    lab.result("syscall getpid")
    kernel = lab.session.kernel
    for step in lab.session.journal.steps:
        step.frozen = None

    presses = [signal.SIGINT]  # one: what is advised then is not interrupted

    def boot_and_press(*words: str) -> Kernel:
        if presses:
            os.kill(os.getpid(), presses.pop())
        return boot_kernel(*words)

    monkeypatch.setattr("kshell.shell.replay.again.boot", boot_and_press)
    error = lab.result("back")
    assert error.status == 130
    assert error.error is not None
    assert error.error["because"].startswith("Ctrl-C was pressed; the machine is as it was, after 3: syscall getpid")
    assert lab.session.kernel is kernel
    assert lab.ret("getpid") == 77


def test_the_api_has_it_for_commands_and_says_so_of_its_own_calls() -> None:
    machine = boot("course", "uid=1000")
    machine.execute("modprobe syscallModule")
    machine.execute("boot 6.19")
    assert machine.execute("back")["result"]["at"] == 1
    assert machine.syscall("getuid") == 1000
    machine.execute("modprobe hello")
    error = machine.execute("back")["error"]
    assert error["because"] == "a program has worked on the machine itself, and back knows commands alone"
    machine.execute("boot")
    machine.execute("modprobe hello")
    assert machine.execute("back")["result"]["command"] == "boot"
    assert machine.execute("lsmod")["result"]["modules"] == []


def test_json_shows_no_progress_and_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    lab = Lab()
    lab.session.output = JsonOutput()
    lab.results("syscall getpid; back")
    assert capsys.readouterr().out.count("\n") == 2
