"""Each check holds where it should, fails where it should, and says what it found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kshell.lesson.checks import KINDS, hold, look
from kshell.lesson.world import Heard, World
from kshell.shell.session import Session
from tests.lesson.school import Shown

# What is done, a check that holds then, one that does not, and what the latter says that it found.
CASES: list[tuple[list[str], dict[str, Any], dict[str, Any], str]] = [
    (["syscall getpid"], {"call": "getpid", "ret": 77}, {"call": "getpid", "ret": 1}, "getpid() = "),
    (["syscall close 9"], {"call": "close", "errno": "EBADF"}, {"call": "close", "args": [8]}, "close(9) = -9 (EBADF)"),
    (['syscall write 1 "a" 99999999'], {"call": "write", "short": True}, {"call": "write", "args": [2]}, "write(1, "),
    (['syscall write 1 "abc" 3'], {"call": "write", "ret": 3}, {"call": "write", "short": True}, "= 3"),
    (["syscall close 9"], {"call": "close", "args": [9]}, {"call": "read"}, "it was not called"),
    (["run --hex f4"], {"signal": "SIGSEGV"}, {"signal": "SIGILL"}, "SIGSEGV"),
    (["syscall getpid"], {"signal": ""}, {"signal": "SIGILL"}, "no signal"),
    (["run --hex b83c000000bf030000000f05"], {"exit": 3}, {"exit": 0}, "status 3"),
    (['syscall write 1 "hello\\n" 6'], {"output": "^hel+o"}, {"output": "bye"}, "hello"),
    (["trace syscall getpid"], {"hop": "table", "text": "getpid"}, {"hop": "stub"}, "none"),
    (["syscall getpid"], {"none": [{"hop": "table"}]}, {"hop": "table"}, "nothing was traced"),
    (["modprobe syscallModule"], {"module": "syscallModule", "refcount": 0}, {"module": "hello"}, "syscallModule"),
    (["modprobe syscallModule"], {"module": "syscallModule"}, {"no_module": "syscallModule"}, "syscallModule"),
    (
        ["modprobe syscallModule"],
        {"pointer": "STUB_test_call", "to": "my_test_call"},
        {"pointer": "STUB_test_call", "to": "NULL"},
        "my_test_call",
    ),
    ([], {"pointer": "STUB_test_call", "to": "NULL"}, {"pointer": "nothing", "to": ""}, "this kernel has no such name"),
    ([], {"slot": "getpid", "to": "__x64_sys_getpid"}, {"slot": "frob", "to": ""}, "the table has none"),
    ([], {"memory": "STUB_test_call", "value": 0, "size": 8}, {"memory": "STUB_test_call", "value": 1}, "0"),
    ([], {"symbol": "sys_call_table"}, {"symbol": "frob"}, "it is not there"),
    ([], {"row": "test_call", "number": 335}, {"row": "ptrace"}, "101 ptrace, and no function behind it"),
    (["syscall test_call 3"], {"dmesg": "int is 3$"}, {"dmesg": "int is 4"}, "int is 3"),
    ([], {"oops": 0}, {"oops": 1}, "0"),
    (["modprobe syscallModule"], {"taint": "O"}, {"taint": ""}, "O"),
    (["boot 6.19"], {"release": "6.19"}, {"release": "4.19"}, "6.19"),
    (["boot course nosmap"], {"option": "nosmap"}, {"option": "nosmep"}, "nosmap"),
    (["echo hi > /tmp/x"], {"file": "/tmp/x", "holds": "hi"}, {"file": "/tmp/y"}, "ENOENT"),
    ([], {"host_file": "mine.txt", "holds": "min"}, {"host_file": "yours.txt"}, "No such file"),
    (["syscall getpid; lsmod"], {"ran": "syscall"}, {"ran": "dmesg"}, "syscall, lsmod"),
    (["frobnicate"], {"status": 1}, {"status": 0}, "1"),
    (["frobnicate"], {"error": "not found"}, {"error": "denied"}, "command not found"),
    (["lsmod"], {"typed": "^ls"}, {"typed": "^rm"}, "lsmod"),
    (["lsmod"], {"any": [{"oops": 1}, {"oops": 0}]}, {"any": [{"oops": 1}, {"status": 3}]}, "0"),
    (["lsmod"], {"none": [{"oops": 1}]}, {"none": [{"status": 0}]}, "0"),
]


@pytest.mark.parametrize(("lines", "holds", "fails", "found"), CASES, ids=lambda case: str(case)[:40])
def test_a_check(
    lines: list[str], holds: dict[str, Any], fails: dict[str, Any], found: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    session = Session("course", keep_going=True, output=Shown())
    world = World(session)
    for line in lines:
        for result in session.execute(line):
            world.hear(Heard(result.json(), written=world.take_written()))
    assert look(world, holds).passed, look(world, holds)
    failed = look(world, fails)
    assert not failed.passed
    assert found in failed.found
    assert failed.looked_at


def test_every_check_is_tried_here() -> None:
    tried = {key for _, holds, fails, _ in CASES for check in (holds, fails) for key in check}
    assert set(KINDS) - tried == {"predicted"}


def test_a_freed_pointer_is_told_from_one_that_leads_somewhere() -> None:
    session = Session("course", keep_going=True, output=Shown())
    world = World(session)
    for line in ("modprobe dangling", "rmmod dangling"):
        session.execute(line)
    assert look(world, {"pointer": "STUB_test_call", "to": "freed"}).passed


def test_predicted_holds_only_where_the_answer_was_right() -> None:
    world = World(Session("course", output=Shown()))
    assert look(world, {"predicted": "s"}).found == "none"
    world.answers["s"] = "-1", False
    assert not hold(world, [{"predicted": "s"}])
    world.answers["s"] = "-38", True
    assert hold(world, [{"predicted": "s"}])


def test_what_was_before_the_step_does_not_count() -> None:
    session = Session("course", keep_going=True, output=Shown())
    world = World(session)
    for result in session.execute("syscall test_call 3"):
        world.hear(Heard(result.json(), written=world.take_written()))
    world.begin()
    assert not hold(world, [{"call": "test_call"}])
    assert not hold(world, [{"dmesg": "int is 3"}])


def test_no_checks_hold_nothing() -> None:
    assert not hold(World(Session("course", output=Shown())), [])


def test_a_pattern_that_is_hard_to_read_is_told_in_words(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows").write_text("1\n2\n3\n")
    world = World(Session("course", output=Shown()))
    found = look(world, {"host_file": "rows", "holds": r"(?m)^4\s*$", "says": "a row for 4"})
    assert (found.wanted, found.found) == ("a row for 4", "3 lines, and it is in none of them")
    assert look(world, {"host_file": "rows", "holds": "3", "says": "a row for 3"}).passed
