"""A program being typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.prompt.program_text import first_mistake, is_finished, meaning, paint, without_end
from tests.shell.lab import Lab


@pytest.mark.parametrize(
    ("text", "finished"),
    [("nop\nend", True), ("nop\n  end ", True), ("end", True), ("nop", False), ("jmp end", False), ("end:", False)],
)
def test_a_line_that_says_end_ends_it(text: str, finished: bool) -> None:
    assert is_finished(text, len(text)) is finished


def test_enter_in_the_middle_of_a_program_does_not_end_it() -> None:
    assert not is_finished("nop\nend\nnop", len("nop\nend"))


@pytest.mark.parametrize(
    ("text", "program"), [("nop\nend", "nop\n"), ("nop\nend\n\n", "nop\n"), ("end", ""), ("nop\n", "nop\n")]
)
def test_the_line_that_ends_it_is_no_part_of_it(text: str, program: str) -> None:
    assert without_end(text) == program


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  mov eax, 39", "39 is getpid(void)"),
        ("mov rax, 0x1  # write", "1 is write(unsigned int fd, const char *buf, size_t count)"),
        ("mov eax, 101", "101 is ptrace, not built here"),
        ("mov eax, 4000", "no system call has number 4000"),
        ("mov ebx, 39", ""),
        ("mov eax, ebx", ""),
    ],
)
def test_a_number_put_into_rax_is_explained(shared: Lab, line: str, said: str) -> None:
    assert meaning(shared.session.kernel, line) == said


def test_the_first_mistake_is_found_at_its_place() -> None:
    pytest.importorskip("keystone")
    text = "mov eax, 1\nmvo edi, 1\nnop"
    found = first_mistake(text)
    assert found is not None
    assert text[found[0] :].startswith("mvo")
    assert found[1:] == ("line 2: unknown instruction `mvo`", "try: `mov edi, 1`")
    assert first_mistake("mov eax, 60\nsyscall\n") is None


def test_each_part_of_a_line_has_its_colour() -> None:
    found = [(style, text) for style, text in paint('msg: .ascii "hi"  # text') if text.strip()]
    assert found == [
        ("class:label", "msg:"),
        ("class:option", ".ascii"),
        ("class:string", '"hi"'),
        ("class:comment", "# text"),
    ]
    assert ("class:register", "rdi") in paint("mov rdi, 0x10")
    assert ("class:number", "0x10") in paint("mov rdi, 0x10")


@given(st.text(alphabet="mov rax,0x1;#\"'\\:.é\t", max_size=30))
def test_colouring_never_changes_the_text(line: str) -> None:
    assert "".join(text for _, text in paint(line)) == line
