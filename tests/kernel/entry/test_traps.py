"""What dmesg and the person at the shell are told about a program that was killed."""

from __future__ import annotations

import pytest

from kshell.kernel.boot.start import boot
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
    ("cd81", "general protection ip:401000", "int 0x81 goes through a gate that is closed"),
    ("0f34", "general protection ip:401000", "32-bit programs"),
    ("0f0b", "trap invalid opcode ip:401000", "no such instruction"),
    ("31c9 f7f1", "trap divide error ip:401002", "divided by zero"),
    ("cc", "trap int3 ip:401001", "breakpoint"),
]


@pytest.mark.parametrize(("code", "line", "words"), CASES, ids=[case[0] for case in CASES])
def test_a_killed_program_leaves_linuxs_line_in_dmesg_and_a_sentence_for_people(
    code: str, line: str, words: str
) -> None:
    k = boot("course")
    outcome = run(k, bytes.fromhex(code))
    assert outcome.signal is not None
    text = next(record.text for record in k.log.since(0) if "prog[78]" in record.text)
    sp = int(text.split("sp")[1].lstrip(" :").split()[0], 16)
    assert line.format(sp=sp) in text
    assert words in outcome.signal.why
    assert outcome.signal.ip - TEXT in range(16)


def test_the_newer_kernel_words_a_general_protection_fault_in_its_own_way() -> None:
    k = boot("6.19")
    run(k, b"\xf4")
    assert "general protection fault ip:401000" in k.log.since(0)[-1].text


def test_a_write_to_own_text_is_a_protection_violation_in_the_error_code() -> None:
    k = boot("course")
    run(k, bytes.fromhex("c7042500104000 01000000"))
    assert "segfault at 401000 ip 0000000000401000" in k.log.since(0)[-2].text
    assert "error 7 in prog" in k.log.since(0)[-2].text


@pytest.mark.parametrize(("code", "error"), [("cd20", "102"), ("cd81", "40a"), ("cd06", "32"), ("f4", "0")])
def test_a_closed_gate_is_told_by_the_error_code(code: str, error: str) -> None:
    k = boot("4.19")
    run(k, bytes.fromhex(code))
    assert f" error:{error} in prog[401000+1000]" in k.log.since(0)[-1].text


@pytest.mark.parametrize(
    ("profile", "where"),
    [("4.19", "prog[401000+1000]"), ("6.19", "prog[1001,401000+1000] likely on CPU 0 (core 0, socket 0)")],
)
def test_a_segfault_names_the_file_and_the_bytes_around_the_instruction(profile: str, where: str) -> None:
    k = boot(profile)
    run(k, bytes.fromhex("90 8b042510000000 0f05"))
    line, code = [record.text for record in k.log.since(0)][-2:]
    assert line.endswith(f" error 4 in {where}")
    assert code.startswith("Code: 90 <8b> 04 25 10 00 00 00 0f 05 00 ")


@pytest.mark.parametrize(
    ("profile", "words"),
    [("4.19", "Bad RIP value."), ("6.19", "Unable to access opcode bytes at 0xffffffffffffffde.")],
)
def test_a_jump_into_nothing_has_no_file_and_no_bytes(profile: str, words: str) -> None:
    k = boot(profile)
    run(k, bytes.fromhex("b808000000 ffe0"))  # mov eax, 8; jmp rax
    line, code = [record.text for record in k.log.since(0)][-2:]
    assert " in " not in line
    assert code == f"Code: {words}"


def test_memory_that_shows_no_file_is_not_named() -> None:
    k = boot("4.19")
    run(k, bytes.fromhex("4889e0 ffe0"))  # mov rax, rsp; jmp rax: the stack is not executable
    line = k.log.since(0)[-2].text
    assert "error 15" in line
    assert " in " not in line
