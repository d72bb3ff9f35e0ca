"""The frame: what a handler finds, and that everything is as it was after it."""

from __future__ import annotations

import random

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.kernel import Kernel
from kshell.kernel.signal import fpstate
from tests.kernel.signal.lab import play

RAISE = "mov eax, 39\nsyscall\nmov edi, eax\nmov esi, 10\nmov eax, 62\nsyscall\n"  # kill(getpid(), SIGUSR1)
INSTALL = "mov edi, 10\ncall install\n"


@pytest.fixture(scope="module", params=["4.19", "6.19"])
def k(request: pytest.FixtureRequest) -> Kernel:
    return boot(request.param)


def test_a_handler_begins_as_a_called_function_with_its_three_arguments(k: Kernel) -> None:
    code = f"""
    {INSTALL} std
    lea rbx, [rsp]
    {RAISE} mov edi, 1
    jmp quit
    handler:
    mov [rip + room], rdi
    mov rcx, rsi
    sub rcx, rsp
    mov [rip + room + 8], rcx
    mov rcx, rdx
    sub rcx, rsp
    mov [rip + room + 16], rcx
    mov [rip + room + 24], rax
    lea rcx, [rsp + 8]
    and rcx, 15
    mov [rip + room + 32], rcx
    pushfq
    pop rcx
    mov [rip + room + 40], rcx
    mov rcx, [rsp]
    lea r8, [rip + restorer]
    sub rcx, r8
    mov [rip + room + 48], rcx
    mov rcx, [rdx + 40 + 184]
    sub rbx, rcx
    mov [rip + room + 56], rbx
    lea rsi, [rip + room]
    mov edx, 64
    call report
    xor edi, edi
    jmp quit
    """
    found = play(k, code)
    assert found.end == "exit 0"
    signo, info, context, rax, alignment, flags, restorer, below = found.words
    assert (signo, info, context, rax, alignment, restorer) == (10, 312, 8, 0, 0, 0)
    assert not flags & 0x10500
    assert below >= 128 + fpstate.SIZE  # the red zone is left alone


def test_every_register_and_the_flags_come_back(k: Kernel) -> None:
    names = ("rbx", "rbp", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r12", "r13", "r14", "r15")
    load = "\n".join(f"mov {name}, {0x1111111111111111 * (at + 1):#x}" for at, name in enumerate(names))
    wreck = "\n".join(f"xor {name}, {name}" for name in names if name not in ("rdx",))
    check = "\n".join(
        f"mov rax, {0x1111111111111111 * (at + 1):#x}\ncmp {name}, rax\njne wrong" for at, name in enumerate(names)
    )
    code = f"""
    mov edi, 5
    call install
    {load}
    movq xmm3, rbx
    fldpi
    stc
    int3
    jnc wrong
    {check}
    movq rax, xmm3
    cmp rax, rbx
    jne wrong
    fstp qword ptr [rip + room]
    mov rax, [rip + room]
    mov rcx, 0x400921fb54442d18
    cmp rax, rcx
    jne wrong
    xor edi, edi
    jmp quit
    wrong: mov edi, 9
    jmp quit
    handler:
    {wreck}
    fninit
    pxor xmm3, xmm3
    clc
    ret
    """
    assert play(k, code).end == "exit 0"


def test_a_handler_starts_with_a_clean_fpu(k: Kernel) -> None:
    code = f"""
    {INSTALL} fld1
    mov eax, 0x3f800000
    movd xmm0, eax
    {RAISE}
    handler:
    movd eax, xmm0
    mov [rip + room], rax
    fnstsw ax
    mov [rip + room + 8], ax
    stmxcsr [rip + room + 16]
    lea rsi, [rip + room]
    mov edx, 24
    call report
    xor edi, edi
    jmp quit
    """
    assert play(k, code).words == (0, 0, 0x1F80)


def test_the_saved_state_is_what_fxsave_stores(k: Kernel) -> None:
    code = f"""
    {INSTALL} fldpi
    fld1
    mov eax, 0x3f800000
    movd xmm5, eax
    lea rbx, [rip + room]
    add rbx, 15
    and rbx, -16
    fxsave [rbx]
    {RAISE}
    handler:
    mov rsi, [rdx + 40 + 184]
    mov edx, 512
    call report
    mov rsi, rbx
    mov edx, 512
    call report
    xor edi, edi
    jmp quit
    """
    output = play(k, code).output
    saved, stored = output[:512], output[512:]
    assert saved[:6] == stored[:6]  # fcw, fsw, ftw
    assert saved[24:28] == stored[24:28]  # mxcsr
    assert saved[32:416] == stored[32:416]


def test_the_words_of_the_fpu_come_back_from_any_image() -> None:
    chance = random.Random(1)
    for _ in range(100):
        image = bytearray(fpstate.pack(fpstate.INITIAL))
        image[32:416] = chance.randbytes(384)
        image[0:2], image[2:4], image[4:5] = chance.randbytes(2), chance.randbytes(2), chance.randbytes(1)
        for at in range(8):  # 80 bits in 128
            image[42 + 16 * at : 48 + 16 * at] = bytes(6)
        assert fpstate.pack(fpstate.unpack(bytes(image))) == bytes(image)


@pytest.mark.parametrize("flags", [0xC00_0004, 0x400_0004])
def test_SA_ONSTACK_takes_the_other_stack_and_only_that(k: Kernel, flags: int) -> None:
    code = f"""
    lea rax, [rip + other]
    mov [rip + stack], rax
    lea rdi, [rip + stack]
    xor esi, esi
    mov eax, 131
    syscall
    {INSTALL}{RAISE} xor edi, edi
    jmp quit
    handler:
    lea rax, [rip + other]
    mov rcx, rsp
    sub rcx, rax
    mov [rip + room], rcx
    lea rdi, [rip + stack]
    xor edi, edi
    lea rsi, [rip + room + 8]
    mov eax, 131
    syscall
    lea rsi, [rip + room]
    mov edx, 32
    call report
    ret
    .bss
    other: .zero 8192
    .data
    stack: .quad 0, 0, 8192
    .text
    """
    found = play(k, code, flags=flags)
    assert found.end == "exit 0"
    inside, _, state, size = found.words
    assert (inside < 8192, state, size) == ((True, 1, 8192) if flags & 0x800_0000 else (False, 0, 8192))


def test_a_frame_that_cannot_be_read_is_SIGSEGV_and_a_line_of_the_log(k: Kernel) -> None:
    before = k.log.written
    found = play(k, "mov rsp, 0x1000\nmov eax, 15\nsyscall\nhandler: jmp quit\n")
    assert found.end == "SIGSEGV 128 0x0"
    assert "bad frame in rt_sigreturn frame:" in k.log.since(before)[0].text


@pytest.mark.parametrize(("place", "value"), [(144, 0x10), (150, 0x18), (144, 0)])
def test_a_frame_with_the_kernels_selectors_gives_SIGSEGV(k: Kernel, place: int, value: int) -> None:
    code = f"""
    {INSTALL}{RAISE} xor edi, edi
    jmp quit
    handler:
    mov word ptr [rdx + 40 + {place}], {value}
    ret
    """
    assert play(k, code).end == "SIGSEGV 128 0x0"


def test_flags_that_are_the_kernels_do_not_come_out_of_a_frame(k: Kernel) -> None:
    code = f"""
    {INSTALL}{RAISE} pushfq
    pop rax
    mov [rip + room], rax
    lea rsi, [rip + room]
    mov edx, 8
    call report
    xor edi, edi
    jmp quit
    handler: mov rax, 0x3ff0c1
    mov [rdx + 40 + 136], rax
    ret
    """
    assert play(k, code).words[0] & 0x3FF200 == 0x40200  # AC is the user's, IF is on, IOPL, NT and VM are not set


def test_a_frame_without_fpu_state_gives_a_fresh_one(k: Kernel) -> None:
    code = f"""
    {INSTALL} mov eax, 5
    movd xmm1, eax
    {RAISE} movd edi, xmm1
    jmp quit
    handler:
    mov qword ptr [rdx + 40 + 184], 0
    ret
    """
    assert play(k, code).end == "exit 0"
