"""What the command line asks for, mostly in this process: several -c, --json's errors, exit statuses, limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kshell.__main__ import run
from kshell.shell import limits
from kshell.shell.command_line import read_arguments
from kshell.shell.limits import Limits, memory_used
from kshell.shell.state import context
from tests.shell.json_page import object_problems

UD2, EXIT_7, LOOP = "0f0b", "b83c000000bf070000000f05", "ebfe"
MAPS = "b80900000031ffbe00100000ba0300000041ba2200000049c7c0ffffffff4531c90f05ebdb"  # mmap() without end


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [object_problems(each) for each in found] == [[]] * len(found)
    return found


def test_of_several_c_every_one_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-c", "echo a", "--json", "-c", "echo b; echo c"]) == 0
    assert [each["result"]["text"] for each in objects(capsys)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "argv",
    [
        *[["--bogus"], ["--kernel", "5"], ["-c"], ["nowhere.ksh"], ["a", "b"], ["--timeout", "soon", "-c", "echo"]],
        *[["tree"], ["--memory=-1", "-c", "echo"], ["-c", "echo", "file"], ["--step"], ["a", "--step"]],
    ],
)
def test_a_wrong_command_line_is_an_object_where_json_was_asked_for(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--json", *argv]) == 2
    (found,) = objects(capsys)
    assert (found["status"], found["command"]) == (2, " ".join(["kshell", "--json", *argv]))
    assert found["error"]["what"].startswith("kshell: ")
    assert found["error"]["try"]


def test_a_script_is_shown_as_it_runs_whether_echo_stands_before_or_behind_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script = tmp_path / "a.ksh"
    script.write_text("# Who?\r\nsyscall getpid\r\n", encoding="utf-8")
    shown = "\nWho?\n\nkshell> syscall getpid\ngetpid()                                = 77\n"
    for argv in (["--echo", str(script)], [str(script), "--echo"], ["--echo", "-c", "# Who?", "-c", "syscall getpid"]):
        assert run(argv) == 0
        assert capsys.readouterr().out == shown


def test_what_waits_for_keys_says_so_where_there_are_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "a.ksh"
    script.write_text("syscall getpid\n", encoding="utf-8")
    assert run([str(script), "--step"]) == 2
    said = f"kshell: --step waits for keys, and this is no terminal\n  try: kshell --echo {script}\n"
    assert capsys.readouterr().err == said
    assert run(["present", str(script)]) == 1
    assert f"try: source {script} --echo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        (f"run --propagate --hex {EXIT_7}", 7),
        (f"run --propagate --hex {UD2}; exit 0", 128 + 4),
        (f"run --hex {UD2}", 0),
        (f"trace run --propagate --hex {EXIT_7}", 7),
        (f"run --stat --propagate --hex {EXIT_7}", 7),
        ("run --propagate --hex 31ffb83c0000000f05; exit 5", 5),
        ("modprobe crash; syscall test_call 1; syscall getpid", 0),
        ("modprobe crash; run --propagate --hex bf01000000b84f0100000f05", 128 + 11),
    ],
)
def test_a_program_hands_on_its_exit_status_where_it_is_asked_to(
    commands: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--json", "-c", commands]) == status
    objects(capsys)


def test_an_oops_is_told_as_an_object_with_a_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--json", "-c", "modprobe crash; syscall test_call 1; syscall getpid"]) == 0
    oops, after = objects(capsys)[-2:]
    assert (oops["status"], after["status"], "oops" in after) == (4, 0, False)
    told = oops["oops"]
    assert told["what"] == "divide error: 0000 [#1] SMP PTI"
    assert told["symbol"].startswith("crash+0x")
    assert (os.path.basename(told["file"]), f"crash.py:{told['line']}: " in told["because"]) == ("crash.py", True)
    assert told["report"][0] == told["what"]
    end = next(number for number, line in enumerate(told["report"]) if line.startswith("---[ end trace"))
    assert told["report"][end + 1].startswith("RIP: 0010:")  # the registers once more, as oops_end() has it
    assert told["report"][-1].startswith("CR2: ")


def test_a_failed_call_says_why_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--json", "-c", "syscall test_call 1; syscall getpid"])
    failed, worked = (each["result"] for each in objects(capsys))
    assert failed["because"].startswith("STUB_test_call is NULL")
    assert failed["try"].startswith("modprobe syscallModule")
    assert "because" not in worked


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (["--timeout", "0.1", "-c", f"run --hex {MAPS}; echo never"], "out of time"),
        (["--timeout", "0.1", "-k", "-c", f"run --hex {LOOP}; echo never"], "out of time"),
        (["--timeout=1", "-c", "modprobe guest; run --hex ebfe"], "out of time"),
        (["--memory", "1", "-c", f"run --hex {MAPS}; echo never"], "out of memory"),
    ],
)
def test_a_script_ends_at_its_limit_with_a_sentence_and_124(argv: list[str], word: str) -> None:
    """In a process of its own: Ctrl-C is pressed there."""
    done = subprocess.run(
        [sys.executable, "-m", "kshell", "--json", *argv], capture_output=True, text=True, check=False
    )
    assert done.returncode == 124, done
    last = json.loads(done.stdout.splitlines()[-1])
    assert object_problems(last) == []
    assert last["status"] == 124
    assert last["error"]["what"].endswith(word)
    assert "it was at work on `" in last["error"]["because"]
    assert last["error"]["because"].split("`")[1].split()[0] in ("run", "modprobe")
    assert last["error"]["try"].startswith("kshell --")


def test_what_does_not_stop_at_ctrl_c_is_ended_with_the_process(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.01)
    monkeypatch.setattr(limits, "_press_ctrl_c", lambda: None)
    monkeypatch.setattr(os, "_exit", ended.append)
    with Limits(0.01, 0) as watched:
        watched._thread.join(10)
    assert ended == [124]
    assert "it did not stop at Ctrl-C" in capfd.readouterr().err


def test_by_default_a_line_has_its_own_time_and_waiting_for_one_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    watched = Limits()
    now += 10_000
    assert watched._what_is_reached() is None
    watched.line_begins()
    now += limits.TIMEOUT_SECONDS
    assert "a line of a script may take 300 seconds" in (watched._what_is_reached() or ("", ""))[1]
    watched.line_ends()
    assert watched._what_is_reached() is None
    assert Limits(0, 0)._what_is_reached() is None


def test_the_memory_of_the_process_is_known() -> None:
    assert 1 << 20 < memory_used() < 1 << 40


def test_a_program_that_writes_without_end_is_ended_in_a_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(context, "BUDGET", 1_000_000)
    Path("wr.s").write_text(
        "_start: mov eax, 1\nmov edi, 1\nlea rsi, [rip+_start]\nmov edx, 65536\nsyscall\njmp _start\n"
    )
    assert run(["--json", "-c", "run wr.s"]) == 1
    (found,) = objects(capsys)
    assert "wr.s: stopped after" in found["error"]["what"]
    assert len(found["output"]) < 300_000


@pytest.mark.parametrize("word", ["lesson", "lessons", "learn", "tutorial", "demo"])
def test_every_word_for_lessons_leads_to_them(word: str) -> None:
    assert read_arguments([word, "info", "3"]).words == ["lesson", "info", "3"]
