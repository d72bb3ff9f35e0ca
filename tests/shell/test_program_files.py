"""Programs as bytes and as source: what is read, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.machine.assembler import available
from tests.shell.lab import Lab

needs_assembler = pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")
EXIT_7 = "b83c000000bf070000000f05"


@pytest.mark.parametrize(
    ("code", "at"), [("cc 90", "0x401000  int3"), ("cd03", "0x401000  int 3"), ("90 cd 04", "0x401001  int 4")]
)
def test_a_trap_names_the_instruction_that_made_it(shared: Lab, code: str, at: str) -> None:
    assert f"  at: {at}\n" in shared.text(f"run --hex {code}") + "\n"


def test_bytes_may_be_typed_with_blanks_between_them(shared: Lab) -> None:
    spaced = " ".join(EXIT_7[at : at + 2] for at in range(0, len(EXIT_7), 2))
    assert shared.json(f"run --hex {spaced}")["exit_status"] == 7
    error = shared.error(f"run --hex {spaced} x")
    assert "not hexadecimal" in error["what"]


def test_bytes_in_one_word_may_be_followed_by_arguments(shared: Lab) -> None:
    argc = "8b3c24 b83c000000 0f05"  # mov edi, [rsp]; mov eax, 60; syscall
    assert shared.json(f'run --hex "{argc}" 10 20')["exit_status"] == 3


@needs_assembler
def test_every_mistake_of_a_source_has_its_own_because_and_try(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "bad.s").write_text("mvo eax, 60\nnop\nlea rsi, [rip + gone]\npush eax\n")
    result = lab.result("run bad.s")
    lines = result.view.text().split("\n")
    heads = [line.removeprefix("run: ") for line in lines if "bad.s:" in line]
    assert [head.split(":")[1] for head in heads] == ["1", "3", "4"]
    tries = [line.removeprefix("  try: ") for line in lines if line.startswith("  try: ")]
    assert [tries[0], tries[2]] == ["mov eax, 60", "push rax"]
    assert sum(line.startswith("  because: ") for line in lines) == 3
    assert lines[-1] == "3 mistakes"
    assert result.error is not None
    assert result.error["try"] == "mov eax, 60"


@needs_assembler
def test_what_is_suggested_for_a_mistake_assembles(lab: Lab) -> None:
    for wrong in ("mov rax, ebx", "push eax", "mov 5, eax", "mov [rax], 1", "mov eax 60", "mov eax, $60", "syscal"):
        assert lab.json(f"asm --list '{lab.error(f'asm --list {chr(39)}{wrong}{chr(39)}')['try']}'")["rows"], wrong
