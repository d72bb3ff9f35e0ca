"""Frames and code that nobody meant: each run ends in a way that Linux knows, and the kernel is as it was."""

from __future__ import annotations

import random

import pytest

from kshell.assembler import assemble
from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment

ENDS = {"exited", "killed", "budget"}
# The handler copies 440 bytes over its frame, each second time some of them only, and returns.
FRAMES = """
_start:
    mov eax, 13
    mov edi, 10
    lea rsi, [rip + act]
    xor edx, edx
    mov r10d, 8
    syscall
    mov eax, 39
    syscall
    mov edi, eax
    mov esi, 10
    mov eax, 62
    syscall
    mov eax, 60
    syscall
handler:
    lea rsi, [rip + noise]
    lea rdi, [rdx + FIRST]
    mov ecx, COUNT
    rep movsb
    ret
restorer:
    mov eax, 15
    syscall
.data
act: .quad handler, 0x44000004, restorer, 0
noise: .byte NOISE
"""
# All signals have a handler that returns behind the instruction, or what it takes for one; random bytes follow.
CODE = """
_start:
    mov ebx, 1
again:
    mov eax, 13
    mov edi, ebx
    lea rsi, [rip + act]
    xor edx, edx
    mov r10d, 8
    syscall
    inc ebx
    cmp ebx, 65
    jb again
    jmp noise
handler:
    add qword ptr [rdx + 168], 3
    ret
restorer:
    mov eax, 15
    syscall
noise: .byte NOISE
.data
act: .quad handler, 0x4c000004, restorer, 0
"""


@pytest.fixture(scope="module")
def k() -> Kernel:
    return boot("6.19")


def kernel_bytes(k: Kernel) -> bytes:
    return k.memory.read(layout.KERNEL_TEXT, 0x2000) + k.memory.read(k.sys_call_table, 8 * k.nr_syscalls)


def outcome(k: Kernel, text: str, noise: bytes) -> str:
    image = assemble(".text\n" + text.replace("NOISE", ", ".join(map(str, noise))))
    task = load_program(k, [Segment(*each) for each in image.segments], image.entry, "prog", ["prog"])
    return run_program(k, task, 200_000).kind


@pytest.mark.parametrize("seed", range(40))
def test_a_frame_of_random_bytes_returns_somewhere_or_kills(k: Kernel, seed: int) -> None:
    chance, before = random.Random(seed), kernel_bytes(k)
    first, count = (0, 304) if seed % 2 else (chance.randrange(40, 296), 8)
    text = FRAMES.replace("FIRST", str(first)).replace("COUNT", str(count))
    assert outcome(k, text, chance.randbytes(304)) in ENDS
    assert kernel_bytes(k) == before
    assert not k.oopses


@pytest.mark.parametrize("seed", range(40))
def test_random_code_with_a_handler_for_everything_harms_nobody(k: Kernel, seed: int) -> None:
    chance, before = random.Random(seed), kernel_bytes(k)
    assert outcome(k, CODE, chance.randbytes(200)) in ENDS
    assert kernel_bytes(k) == before
    assert not k.oopses
