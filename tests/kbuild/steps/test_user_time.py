"""time.s: the time without a system call, as a C library has it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kshell.kbuild.steps.userprog import USER
from tests.shell.lab import Lab

pytest.importorskip("keystone", reason="the sources are assembled here")
HEAD = ".intel_syntax noprefix\n.globl main\n.text\nmain: push rbx\nsub rsp, 32\n"
END = 'add rsp, 32\npop rbx\nret\n.section .rodata\n.Lformat: .asciz "%ld %ld\\n"\n.Lname: .asciz "clock"\n'
PRINT = "lea rdi, [rip + .Lformat]\nxor eax, eax\ncall printf\n"
PAIR = "mov rsi, [rsp]\nmov rdx, [rsp + 8]\n" + PRINT


def ran(folder: Path, code: str, release: str = "course") -> dict[str, object]:
    """What `run` has of a program with this main."""
    for name in ("libc.s", "stdio.s", "time.s"):
        shutil.copy(Path(USER) / name, folder)
    (folder / "clock.s").write_text(HEAD + code + "xor eax, eax\n" + END, encoding="utf-8")
    return Lab(release).json(f"run --trace {folder / 'clock.s'}")


def names(result: dict[str, object]) -> list[str]:
    calls = result["calls"]
    assert isinstance(calls, list)
    return [call["name"] for call in calls]


@pytest.mark.parametrize("release", ["4.19", "6.19"])
@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("mov edi, 0\nmov rsi, rsp\ncall clock_gettime\n" + PAIR, "1767225600 300"),
        ("mov rdi, rsp\nlea rsi, [rsp + 16]\ncall gettimeofday\n" + PAIR, "1767225600 300"),
        ("mov rdi, rsp\ncall time\nmov rsi, rax\nmov rdx, [rsp]\n" + PRINT, "1767225600 1767225600\n"),
        (
            "mov qword ptr [rsp], -1\nmov rdi, rsp\nlea rsi, [rsp + 4]\ncall getcpu\nmovsxd rsi, eax\nmov rdx, [rsp]\n"
            + PRINT,
            "0 0\n",
        ),
    ],
    ids=["clock_gettime", "gettimeofday", "time", "getcpu"],
)
def test_each_function_answers_without_a_system_call(tmp_path: Path, release: str, code: str, output: str) -> None:
    result = ran(tmp_path, code * 2, release)
    assert str(result["output"]).startswith(output)
    assert names(result) == ["write", "write", "exit_group"]  # what is shown


def test_an_error_goes_to_errno_as_of_any_call(tmp_path: Path) -> None:
    code = "mov edi, 99\nmov rsi, rsp\ncall clock_gettime\nmovsxd rsi, eax\nxor edx, edx\n" + PRINT
    result = ran(tmp_path, code + "lea rdi, [rip + .Lname]\ncall perror\n")
    assert result["output"] == "-1 0\nclock: Invalid argument\n"
    assert names(result)[0] == "clock_gettime"


def test_without_a_vdso_the_kernel_is_asked(tmp_path: Path) -> None:
    """The program blots out its auxiliary vector."""
    blot = "mov rdx, [rip + environ]\n1: mov rax, [rdx]\nadd rdx, 8\ntest rax, rax\njnz 1b\nmov qword ptr [rdx], 99\n"
    result = ran(tmp_path, blot + "xor edi, edi\ncall time\nmov rsi, rax\nxor edx, edx\n" + PRINT)
    assert result["output"] == "1767225600 0\n"
    assert names(result) == ["time", "write", "exit_group"]
