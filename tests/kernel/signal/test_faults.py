"""Exceptions in user code: each reaches a handler with Linux's si_code, address, trap number and error code."""

from __future__ import annotations

import pytest

from kshell.abi.signal import SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP
from kshell.kernel.boot.start import boot
from kshell.kernel.core.layout import USER_STACK_LIMIT
from kshell.kernel.kernel import Kernel
from tests.kernel.signal.lab import play

# The handler writes signo, si_code, si_addr, trapno, err, cr2, and where the program was behind `at`; then it ends.
REPORT = """
handler:
    mov eax, edi
    mov [rip + room], rax
    movsxd rax, dword ptr [rsi + 8]
    mov [rip + room + 8], rax
    mov rax, [rsi + 16]
    mov [rip + room + 16], rax
    mov rax, [rdx + 40 + 160]
    mov [rip + room + 24], rax
    mov rax, [rdx + 40 + 152]
    mov [rip + room + 32], rax
    mov rax, [rdx + 40 + 176]
    mov [rip + room + 40], rax
    mov rax, [rdx + 40 + 128]
    lea rcx, [rip + at]
    sub rax, rcx
    mov [rip + room + 48], rax
    lea rsi, [rip + room]
    mov edx, 56
    call report
    xor edi, edi
    jmp quit
"""
HIGH = (1 << 64) - 0x1000000
HERE = "here"  # si_addr is the instruction
CASES = {
    "a read of nothing": ("mov rax, [0x10]", SIGSEGV, 1, 0x10, 14, 4, 0x10, 0),
    "a write to its text": ("mov [rip + at], rax", SIGSEGV, 2, HERE, 14, 7, HERE, 0),
    "a read of kernel memory": ("mov rax, -0x1000000\nat2: mov rax, [rax]", SIGSEGV, 1, HIGH, 14, 5, HIGH, 7),
    "a jump to data": ("lea rax, [rip + room]\nat2: jmp rax", SIGSEGV, 2, None, 14, 0x15, None, None),
    "no canonical address": ("mov rax, 0x8000000000000000\nat2: mov rax, [rax]", SIGSEGV, 128, 0, 13, 0, 0, 10),
    "a privileged instruction": ("hlt", SIGSEGV, 128, 0, 13, 0, 0, 0),
    "int 0x21": ("int 0x21", SIGSEGV, 128, 0, 13, 0x21 * 8 + 2, 0, 0),
    "a stack without an address": ("mov rbp, 0x8000000000000000\nat2: mov rax, [rbp]", SIGBUS, 128, 0, 12, 0, 0, 10),
    "an unknown opcode": ("ud2", SIGILL, 2, HERE, 6, 0, 0, 0),
    "a division by zero": ("xor ecx, ecx\nat2: div ecx", SIGFPE, 1, "at2", 0, 0, 0, 2),
    "int3": ("int3", SIGTRAP, 128, 0, 3, 0, 0, 1),
}  # fmt: skip


@pytest.fixture(scope="module", params=["4.19", "6.19"])
def k(request: pytest.FixtureRequest) -> Kernel:
    return boot(request.param)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_reaches_the_handler_with_linuxs_facts(k: Kernel, name: str) -> None:
    code, signo, si_code, address, trapno, error, cr2, offset = CASES[name]
    found = play(k, f"mov edi, {signo}\ncall install\nat: {code}\n{REPORT}")
    assert found.end == "exit 0"
    words = found.words
    at = words[6]
    assert (words[0], words[1], words[3], words[4]) == (signo, si_code, trapno, error)
    if isinstance(address, int):
        assert words[2] == address
    if isinstance(cr2, int):
        assert words[5] == cr2
    if offset is not None:
        assert at == offset
    if name == "a jump to data":
        assert words[2] == words[5] != 0


def test_a_caught_fault_is_not_in_the_log_and_one_that_kills_is(k: Kernel) -> None:
    before = k.log.written
    play(k, f"mov edi, 11\ncall install\nat: mov rax, [0x10]\n{REPORT}")
    assert k.log.written == before
    assert play(k, f"at: mov rax, [0x10]\n{REPORT}").end == "SIGSEGV 1 0x10"
    assert "segfault at 10" in k.log.since(before)[0].text


def test_the_handler_mends_what_was_wrong_and_the_instruction_runs_again(k: Kernel) -> None:
    code = """
    mov edi, 11
    call install
    xor ebx, ebx
    mov edi, [rbx]
    jmp quit
    handler:
    lea rax, [rip + seven]
    mov [rdx + 40 + 88], rax
    ret
    seven: .quad 7
    """
    assert play(k, code).end == "exit 7"


@pytest.mark.parametrize("how", ["blocked", "ignored"])
def test_a_fault_cannot_be_escaped_by_blocking_or_ignoring_it(k: Kernel, how: str) -> None:
    if how == "blocked":
        escape = """
        lea rsi, [rip + cell]
        mov qword ptr [rsi], 0x400
        xor edi, edi
        xor edx, edx
        mov r10d, 8
        mov eax, 14
        syscall
        """
    else:
        escape = "lea rsi, [rip + act]\nmov qword ptr [rsi], 1\nmov edi, 11\ncall install"
    code = f"mov edi, 11\ncall install\n{escape}\nmov rax, [0x20]\nhandler: jmp quit\n"
    assert play(k, code).end == "SIGSEGV 1 0x20"


def test_a_fault_within_its_own_handler_kills(k: Kernel) -> None:
    code = "mov edi, 11\ncall install\nmov rax, [0x10]\nhandler: mov rax, [0x18]\n"
    assert play(k, code).end == "SIGSEGV 1 0x18"


def test_with_SA_NODEFER_it_comes_again_until_the_stack_is_used_up(k: Kernel) -> None:
    code = (
        f"mov edi, 11\ncall install\nsub rsp, {USER_STACK_LIMIT - 0x40000}\nmov rax, [0x10]\nhandler: mov rax, [0x18]\n"
    )
    assert play(k, code, flags=0x4400_0004, budget=100_000_000).end == "SIGSEGV 128 0x0"


def test_a_stack_that_is_nowhere_ends_the_program(k: Kernel) -> None:
    code = "mov edi, 11\ncall install\nxor esp, esp\nmov rax, [0x10]\nhandler: jmp quit\n"
    assert play(k, code).end == "SIGSEGV 128 0x0"


def test_a_handler_without_a_restorer_is_not_begun(k: Kernel) -> None:
    code = "mov edi, 11\ncall install\nmov rax, [0x10]\nhandler: jmp quit\n"
    assert play(k, code, flags=4).end == "SIGSEGV 128 0x0"
