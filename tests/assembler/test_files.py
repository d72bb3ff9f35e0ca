"""Several sources as one program: what one file sees of another."""

from __future__ import annotations

import pytest

from kshell.assembler import assemble, assemble_files, available
from kshell.assembler.problems import AsmError, AsmProblem

pytestmark = pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")


def mistakes(*sources: tuple[str, str]) -> list[AsmProblem]:
    with pytest.raises(AsmError) as caught:
        assemble_files(sources)
    return caught.value.problems


def test_a_label_that_one_file_exports_is_called_from_another_in_both_directions() -> None:
    image = assemble_files(
        [("a.s", ".globl f, _start\nf: ret\n_start: call g\n"), ("b.s", ".globl g\ng: nop\n jmp f\n")]
    )
    assert image.text.hex() == "c3" + "e800000000" + "90" + "ebf7"
    assert image.entry == image.symbols["_start"] == 0x401001
    assert image.symbols["g"] == 0x401006


def test_every_address_knows_its_file_and_line() -> None:
    image = assemble_files([("a.s", ".globl f\n\nf: nop\n"), ("b.s", "nop\n jmp f\n")])
    assert image.places == {0x401000: ("a.s", 3), 0x401001: ("b.s", 1), 0x401002: ("b.s", 2)}
    assert image.lines == {0x401000: 3, 0x401001: 1, 0x401002: 2}


def test_labels_that_are_not_exported_may_have_the_same_name_in_two_files() -> None:
    text = ".text\n{0}: nop\n.Lx: jmp .Lx\nsame: jmp same\n1: jmp 1b\n .equ N, {1}\n mov al, N\n"
    one, two = text.format("a", 1), text.format("b", 2)
    image = assemble_files([("a.s", one), ("b.s", two)])
    assert image.text == assemble(one).text + assemble(two).text


def test_a_name_that_is_exported_wins_over_a_private_one_of_the_same_name() -> None:
    image = assemble_files([("a.s", ".text\nf: nop\n jmp f"), ("b.s", ".globl f\nf: ret"), ("c.s", ".text\n jmp f")])
    assert image.text.hex() == "90ebfd" + "c3" + "ebfd"
    assert image.symbols["f"] == 0x401003


def test_data_and_constants_are_shared_when_they_are_exported() -> None:
    image = assemble_files(
        [
            ("a.s", ".text\n mov eax, dword ptr [rip + there]\n mov al, N\n.data\n.byte 1, 2\n"),
            ("b.s", ".globl there, N, end\n.equ N, 7\n.data\nthere: .long 5\nend: .quad there\n"),
        ]
    )
    (_, data, _, _) = image.segments[1]
    assert image.text.hex() == "8b05fc0f0000" + "b007"
    assert data.hex() == "0102" + "05000000" + (image.segments[1][0] + 2).to_bytes(8, "little").hex()


def test_alignment_counts_from_the_beginning_of_the_whole_section() -> None:
    image = assemble_files([("a.s", ".data\n.byte 1\n"), ("b.s", ".globl x\n.data\n.balign 8\nx: .byte 2\n.text\nnop")])
    assert image.symbols["x"] % 8 == 0
    assert image.segments[-1][1].hex() == "0100000000000000" + "02"


def test_files_of_the_two_dialects_go_together() -> None:
    gas, nasm = ".globl f\n.text\nf: mov rax, val\n ret\n.data\nval: .quad 1\n", "section .text\nglobal g\ng: call f\n"
    assert assemble_files([("a.s", gas), ("b.asm", nasm)]).symbols["g"] > 0x401000


def test_extern_declares_what_another_file_has() -> None:
    image = assemble_files([("a.s", ".text\n .extern f\n call f\n"), ("b.asm", "section .text\nglobal f\nf: ret\n")])
    assert image.text.hex() == "e800000000c3"
    assert "nothing outside this file" in mistakes(("a.s", "extern f\n call f\n"))[0].what


def test_a_label_that_is_not_exported_is_not_seen_and_the_way_out_is_said() -> None:
    (problem,) = mistakes(("a.s", ".text\n nop\n call helper\n"), ("b.s", ".text\nnop\nhelper: ret\n"))
    assert (problem.filename, problem.line, problem.column) == ("a.s", 3, 7)
    assert problem.what == "undefined label `helper`"
    assert problem.because == "b.s:3 defines it for its own file only"
    assert problem.try_ == "`.globl helper` in b.s"


def test_a_label_that_no_file_has_is_answered_with_the_nearest_of_all_files() -> None:
    (problem,) = mistakes(("a.s", ".text\n call print\n"), ("b.s", ".globl printf\nprintf: ret\n"))
    assert problem.because == "no file of this program defines it"
    assert problem.try_ == "did you mean `printf`?"


def test_two_exports_of_one_name_are_refused_at_the_second() -> None:
    (problem,) = mistakes(("a.s", ".globl main\nmain: ret\n"), ("b.s", "nop\n.globl main\nmain: ret\n"))
    assert (problem.filename, problem.line) == ("b.s", 3)
    assert problem.what == "`main` is defined twice"
    assert "a.s:2" in problem.because


def test_mistakes_of_all_files_come_in_the_order_of_the_files_and_lines() -> None:
    found = mistakes(("z.s", "nop\n push eax\n"), ("a.s", " mov rax, ebx\n mvo eax, 1\n"))
    assert [(problem.filename, problem.line) for problem in found] == [("z.s", 2), ("a.s", 1), ("a.s", 2)]
    assert [problem.text for problem in found] == [" push eax", " mov rax, ebx", " mvo eax, 1"]


def test_one_file_may_be_empty_but_not_all() -> None:
    assert assemble_files([("a.s", "# nothing\n"), ("b.s", "nop\n")]).text == b"\x90"
    assert mistakes(("a.s", ""), ("b.s", "# nothing\n"))[0].what == "there is no program"
