"""syscall --stat and run --stat: instructions in user and kernel mode, counted exactly, of a run that is the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shell.debugger.debug_lab import debug_json
from tests.shell.lab import Lab

EXIT = "mov eax, 60; syscall"
WAY_TO_BODY, GETPID = 40, 76  # instructions of 4.19's way in, up to the `vmcall` in do_syscall_64; with the way out


def stat(lab: Lab, line: str) -> tuple[int, int]:
    found: dict[str, Any] = lab.json(line)["stat"]
    return found["instructions_user"], found["instructions_kernel"]


@pytest.mark.parametrize("interactive", [False, True])
@pytest.mark.parametrize(
    ("program", "count"),
    [
        ("", 2),
        ("mov ecx, 1000; l: loop l", 1003),
        ("mov ecx, 70000; l: dec ecx; jnz l", 140003),
        ("mov ecx, 1000; mov rdi, rsp; sub rdi, 1000; rep stosb", 6),
        ("mov ecx, 3; l: push rcx; mov eax, 39; syscall; pop rcx; dec ecx; jnz l", 3 + 3 * 6),
        ("mov rax, [rsp - 0x3000]; mov rax, [rsp - 0x8000]", 4),  # pages that come in meanwhile
    ],
)
def test_the_instructions_of_a_program_are_counted_exactly(program: str, count: int, interactive: bool) -> None:
    lab = Lab(interactive=interactive)
    lab.results(f"asm '{program}; {EXIT}'")
    calls = program.count("mov eax, 39") * 3
    assert stat(lab, "run --stat") == (count, calls * GETPID + WAY_TO_BODY)


def test_machine_code_of_the_kernel_is_counted_as_stepi_counts_it() -> None:
    lines = ["modprobe syscallModule", "break __x64_sys_test_call", "syscall test_call 42", *["stepi"] * 120]
    found = [each["result"]["stopped"] for each in debug_json(*lines) if "stopped" in each.get("result", ())]
    steps = [each["address"] for each in found if each is not None]
    assert len(steps) < 120
    lab = Lab()
    lab.results("modprobe syscallModule")
    rows = lab.json("x/12i __x64_sys_test_call")["rows"]
    prologue = [row for row in rows if row["address"] < steps[0]]
    stubs, trampoline = 2 * 2, 1  # `vmcall; ret` for each printk, `call rax` in do_syscall_64
    counted = stat(lab, "syscall --stat test_call 42")
    assert counted == (3, WAY_TO_BODY + trampoline + len(prologue) + len(steps) + stubs)


def test_a_counted_run_is_the_same_and_leaves_nothing_behind() -> None:
    def outcome(option: str) -> tuple[object, ...]:
        lab = Lab()
        lab.results("modprobe syscallModule")
        call = lab.json(f"syscall {option} test_call 7")["calls"]
        k = lab.session.kernel
        run = lab.json(f"run {option} --hex b83c000000bf070000000f05")["exit_status"]
        assert lab.ret("test_call 8") == 8
        assert not k.cpu.count.wanted
        assert not k.cpu.count.is_stale
        return call, run, k.clock.ns, [record.text for record in k.log.since(0)]

    assert outcome("--stat") == outcome("")


def test_the_counts_look_as_perf_shows_them() -> None:
    lab = Lab()
    assert lab.text("syscall --stat getpid").splitlines() == [
        "getpid()                                = 77",
        "",
        " Performance counter stats for 'syscall getpid':",
        "",
        "                 2      instructions:u",
        "                76      instructions:k",
    ]
    assert lab.error("syscall --stat nosuch")["what"].startswith("no system call")
    assert not lab.session.kernel.cpu.count.wanted
