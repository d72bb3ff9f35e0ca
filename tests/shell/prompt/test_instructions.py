"""F1 in the program editor."""

from __future__ import annotations

import pytest

from kshell.assembler import available
from kshell.assembler.problems import MNEMONICS
from kshell.shell.prompt.instructions import WORDS, explain_assembly
from kshell.shell.views.view import plain
from tests.shell.lab import Lab


def explained(shared: Lab, line: str, column: int) -> str:
    return "\n".join(plain(part) for part in explain_assembly(shared.session.kernel, line, column).lines(80))


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("    lea rsi, [rip + msg]", 6, "lea REGISTER"),
        ("    lea rsi, [rip + msg]", 20, "lea REGISTER"),
        (".global _start", 3, "without effect"),
        ("mov eax, 39", 1, "39 is getpid(void)"),
        ("", 0, "end, F5"),
        ("mvo eax, 1", 2, "nothing is known about mvo"),
    ],
)
def test_a_word_of_a_program_is_explained(shared: Lab, line: str, column: int, said: str) -> None:
    assert said in explained(shared, line, column)


def test_every_line_of_the_help_fits_an_ordinary_terminal(shared: Lab) -> None:
    assert all(len(line) <= 80 for line in explained(shared, "", 0).split("\n"))


@pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")
def test_every_explained_instruction_is_one_that_the_assembler_knows() -> None:
    directives = {"db", "dw", "dd", "dq", "resb", "equ", "times"}
    assert {word for word in WORDS if not word.startswith(".")} - directives <= MNEMONICS
