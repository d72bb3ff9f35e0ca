"""What dmesg and the person at the shell are told about a program that was killed."""

from __future__ import annotations

import pytest

from kshell.kernel.kernel import Kernel
from tests.kernel.lab import TEXT, run

# (machine code, the line after `prog[pid]`, words of the explanation)
CASES = [
    ("8b042510000000", "segfault at 10 ip 0000000000401000 sp {sp:016x} error 4 in prog[401000+1000]", "first page"),
    (
        "c7042500300000 01000000",
        "segfault at 3000 ip 0000000000401000 sp {sp:016x} error 6 in prog",
        "it wrote to 0x3000",
    ),
    ("0000", "segfault at 0 ip 0000000000401000 sp {sp:016x} error 6 in prog", "ran past its last instruction"),
    ("f4", "general protection ip:401000 sp:{sp:x} error:0 in prog[401000+1000]", "kernel's alone"),
    ("ec", "general protection ip:401000", "talk to ports"),
    ("cd80", "general protection ip:401000", "32-bit programs"),
    ("0f0b", "trap invalid opcode ip:401000", "no such instruction"),
    ("31c9 f7f1", "trap divide error ip:401002", "divided by zero"),
    ("cc", "trap int3 ip:401001", "breakpoint"),
]


@pytest.mark.parametrize(("code", "line", "words"), CASES, ids=[case[0] for case in CASES])
def test_a_killed_program_leaves_linuxs_line_in_dmesg_and_a_sentence_for_people(
    code: str, line: str, words: str
) -> None:
    k = Kernel("course")
    outcome = run(k, bytes.fromhex(code))
    assert outcome.signal is not None
    text = k.log.since(0)[-1].text
    sp = int(text.split("sp")[1].lstrip(" :").split()[0], 16)
    assert line.format(sp=sp) in text
    assert "prog[78]" in text
    assert words in outcome.signal.why
    assert outcome.signal.ip - TEXT in range(16)


def test_the_newer_kernel_words_a_general_protection_fault_in_its_own_way() -> None:
    k = Kernel("6.19")
    run(k, b"\xf4")
    assert "general protection fault ip:401000" in k.log.since(0)[-1].text


def test_a_write_to_own_text_is_a_protection_violation_in_the_error_code() -> None:
    k = Kernel("course")
    run(k, bytes.fromhex("c7042500104000 01000000"))
    assert "segfault at 401000 ip 0000000000401000" in k.log.since(0)[-1].text
    assert "error 7 in prog" in k.log.since(0)[-1].text
