"""libc: the two faces of a result."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kbuild.steps.userprog import USER
from tests.shell.lab import Lab, screen

RULE = "rax from -4095 to -1 is an error: -1, errno = -rax; every other value is the result itself"
PROGRAM = f"{USER}/test_call_user"


def test_without_a_call_it_says_its_state_and_the_rule(lab: Lab) -> None:
    assert lab.text("libc") == f"libc is on: syscall shows results as a C program gets them\n{RULE}"
    assert lab.json("libc") == {"libc": True, "rax": None, "ret": None, "errno": None}


def test_it_shows_both_faces_of_the_last_call(lab: Lab) -> None:
    lab.result("syscall test_call 5")
    lines = lab.text("libc").split("\n")
    assert lines[1:] == [
        "test_call(5)                            = -1 ENOSYS (Function not implemented)",
        "  kernel: rax = 0xffffffffffffffda = -38",
        "  libc:   returns -1, errno = ENOSYS = 38 (Function not implemented)",
        f"  because: {RULE}",
    ]
    assert lab.json("libc") == {"libc": True, "rax": "0xffffffffffffffda", "ret": -1, "errno": "ENOSYS"}
    lab.result("syscall getppid")
    lines = lab.text("libc").split("\n")
    assert lines[1].startswith("getppid()")
    assert "errno stays as it was" in lines[3]


@pytest.mark.parametrize(
    ("value", "kernel", "libc"),
    [
        ("-1", "0xffffffffffffffff = -1", "returns -1, errno = EPERM = 1 (Operation not permitted)"),
        ("-4095", "0xfffffffffffff001 = -4095", "returns -1, errno = 4095 (Unknown error 4095)"),
        ("-4096", "0xfffffffffffff000 = -4096", "returns -4096, errno stays as it was"),
        ("-5000", "0xffffffffffffec78 = -5000", "returns -5000, errno stays as it was"),
        ("0", "0x0000000000000000 = 0", "returns 0, errno stays as it was"),
        (
            "0xffffffffffffffda",
            "0xffffffffffffffda = -38",
            "returns -1, errno = ENOSYS = 38 (Function not implemented)",
        ),
        ("010", "0x000000000000000a = 10", "returns 10, errno stays as it was"),
        ("-0x26", "0xffffffffffffffda = -38", "returns -1, errno = ENOSYS = 38 (Function not implemented)"),
    ],
)
def test_it_shows_the_faces_of_any_value(shared: Lab, value: str, kernel: str, libc: str) -> None:
    lines = shared.text(f"libc {value}").split("\n")
    assert lines[:2] == [f"  kernel: rax = {kernel}", f"  libc:   {libc}"]
    below = int(kernel.split(" = ")[1]) < -4095
    assert ("negative, but no error" in lines[2]) == below
    assert lines[-1].endswith(RULE)


@pytest.mark.parametrize("line", ["libc maybe", "libc on off", f"libc {1 << 64}", f"libc {-(1 << 63) - 1}", "libc 1.5"])
def test_what_it_cannot_take_is_refused_with_its_usage(shared: Lab, line: str) -> None:
    error = shared.error(line)
    assert error["what"].startswith("libc: ")
    assert "libc on|off" in error["because"]


def test_off_shows_the_register_of_every_result_and_on_the_wrappers_face(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    faces = {}
    for state in ("on", "off"):
        lab.result(f"libc {state}")
        for number in ("5", "-38", "-5000"):
            faces[state, number] = lab.text(f"syscall test_call {number}").split("\n")
    assert faces["on", "5"] == ["test_call(5)                            = 5"]
    assert faces["off", "5"][1:] == ["  rax: 5 (0x5)"]
    assert faces["on", "-38"][1] == "  kernel: -38    libc: -1, errno = ENOSYS"
    assert faces["off", "-38"][1] == "  rax: -38 (0xffffffffffffffda)"
    assert faces["on", "-5000"][1:] == ["  kernel: -5000    libc: -5000, errno as it was (only -4095 to -1 are errors)"]
    assert faces["off", "-5000"][1:] == ["  rax: -5000 (0xffffffffffffec78)"]
    for number in ("5", "-38", "-5000"):  # the call's own line is strace's in both
        assert faces["on", number][0] == faces["off", number][0]


def test_json_of_a_call_is_the_same_in_both(lab: Lab) -> None:
    on = lab.json("syscall test_call 5")
    lab.result("libc off")
    assert lab.json("syscall test_call 5") == on


def test_it_stays_as_it_was_set_when_the_machine_boots_but_the_last_call_is_gone(lab: Lab) -> None:
    lab.result("libc off; syscall test_call 5; boot 4.19")
    assert lab.json("libc") == {"libc": False, "rax": None, "ret": None, "errno": None}


def test_a_call_that_does_not_return_is_no_result(lab: Lab) -> None:
    lab.result("syscall exit 3")
    assert lab.json("libc")["rax"] is None


@pytest.mark.parametrize("command", ["run", "trace run", "trace run --hops"])
def test_the_call_that_failed_in_a_program_is_the_last_one(command: str) -> None:
    out, err, status = screen(f"{command} '{PROGRAM}' 5", "libc")
    assert (err, status) == ("", 0)
    tail = out.partition("libc is on")[2].split("\n")[1:]
    assert tail[0] == "test_call(5)                            = -1 ENOSYS (Function not implemented)"
    assert tail[1] == "  kernel: rax = 0xffffffffffffffda = -38"


def test_a_program_without_a_failure_leaves_the_last_call_alone(lab: Lab) -> None:
    lab.result("modprobe syscallModule; syscall close 99")
    lab.result(f"run '{PROGRAM}' 5")
    assert lab.json("libc")["errno"] == "EBADF"


def test_of_a_program_that_nobody_traces_only_the_first_calls_count(lab: Lab, tmp_path: Path) -> None:
    getpids = "bb96000000 b827000000 0f05 ffcb 75f5"  # 150 times getpid
    closes = "b803000000 bf63000000 0f05"
    leave = "b83c000000 0f05"
    for code, expected in ((closes + getpids, "EBADF"), (getpids + closes, None)):
        out, _, _ = screen(f'run --hex "{code}{leave}"', "libc")
        assert ("errno = EBADF" in out) == (expected is not None)
