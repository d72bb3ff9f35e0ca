"""libc.s and stdio.s print, count and convert what glibc does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi.errno import ERRNO, strerror
from kshell.assembler import available
from kshell.kbuild.steps import userprog
from kshell.kbuild.steps.userprog import build_program, shipped_sources
from kshell.shell.programs.program_files import Program, from_object
from tests.kbuild.user_lab import NUMBERS, compiled, native, needs_gcc, run
from tests.shell.lab import Lab

needs_assembler = pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")

# Prints its second to eighth argument as its first says: =text is a string, anything else a number.
PRINTER = """
        .globl  main
        .text
main:   push    rbx
        push    r12
        push    r13
        mov     r12, rsi
        sub     rsp, 64
        mov     ebx, 1
.Lnext: mov     rdi, [r12 + rbx*8 + 8]
        cmp     byte ptr [rdi], '='
        je      .Ltext
        call    atoi                            # leaves the whole long in rax
        jmp     .Lkeep
.Ltext: lea     rax, [rdi + 1]
.Lkeep: mov     [rsp + rbx*8 - 8], rax
        inc     ebx
        cmp     ebx, 8
        jne     .Lnext
        mov     r13, [rsp + 48]
        mov     rbx, [rsp + 40]
        mov     r9, [rsp + 32]
        mov     r8, [rsp + 24]
        mov     rcx, [rsp + 16]
        mov     rdx, [rsp + 8]
        mov     rsi, [rsp]
        mov     [rsp], rbx                      # the sixth and the seventh are on the stack
        mov     [rsp + 8], r13
        mov     rdi, [r12 + 8]
        xor     eax, eax
        call    printf
        mov     esi, eax
        lea     rdi, [rip + .Lcount]
        xor     eax, eax
        call    printf
        xor     eax, eax
        add     rsp, 64
        pop     r13
        pop     r12
        pop     rbx
        ret
        .section .rodata
.Lcount: .asciz "|%d\\n"
"""
PRINTER_C = """
#include <stdio.h>
#include <stdlib.h>
static long value(const char *s) { return *s == '=' ? (long)(s + 1) : strtol(s, NULL, 10); }
int main(int argc, char **argv)
{
    char **a = argv + 2;
    int n = printf(argv[1], value(a[0]), value(a[1]), value(a[2]), value(a[3]), value(a[4]), value(a[5]), value(a[6]));
    printf("|%d\\n", n);
    return 0;
}
"""

# atoi of its first argument, then the errno that this left; perror with that number as errno, and with the second.
SAYER = """
        .globl  main
        .text
main:   push    rbx
        mov     rbx, rsi
        mov     rdi, [rbx + 8]
        call    atoi
        mov     esi, eax
        mov     edx, [rip + errno]
        lea     rdi, [rip + .Ltwo]
        xor     eax, eax
        call    printf
        mov     rdi, [rbx + 8]
        call    atoi
        push    rax
        sub     rsp, 8
        call    __errno_location
        mov     ecx, [rsp + 8]
        mov     [rax], ecx
        mov     rdi, [rbx + 16]
        call    perror
        lea     rdi, [rip + .Lall]
        call    puts
        add     rsp, 16
        pop     rbx
        ret
        .section .rodata
.Ltwo:  .asciz "%d %d\\n"
.Lall:  .asciz "that was all"
"""
SAYER_C = """
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
__attribute__((constructor)) static void lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }
int main(int argc, char **argv)
{
    int n = atoi(argv[1]);
    printf("%d %d\\n", n, errno);
    errno = atoi(argv[1]);
    perror(argv[2]);
    return puts("that was all");
}
"""


@pytest.fixture(scope="module")
def course() -> Lab:
    return Lab()


def with_library(text: str) -> Program:
    library = [source for source in shipped_sources() if source[0] in userprog.LIBRARY]
    return from_object(build_program([("driver.s", text), *library]), "driver")


@needs_assembler
def test_perror_has_glibcs_words_for_every_errno(course: Lab) -> None:
    sayer = with_library(SAYER)
    for number in [0, *ERRNO, 41, 58, 134, 4095, -1, -2147483648]:
        written, _ = run(course, sayer, [str(number), "text"])
        assert written == f"{number} 0\ntext: {strerror(number)}\nthat was all\n".encode()


@needs_assembler
@needs_gcc
def test_atoi_and_perror_do_what_glibcs_do(course: Lab, tmp_path: Path) -> None:
    oracle, sayer = compiled(tmp_path, SAYER_C), with_library(SAYER)
    edges = ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"]
    more = [
        "4294967296",
        "-2147483649",
        "18446744073709551616",
        " \t\n\v\f\r7",
        "0x10",
        "+-1",
        "- 1",
        "1 2",
        "8",
        "38",
        "\x01 5",
    ]
    for number in [*NUMBERS, *edges, *more]:
        for text in ("text", "", "longer than a line " * 90):
            assert run(course, sayer, [number, text])[0] == native(oracle, [number, text])[0], (number, text)
    assert run(course, sayer, ["5"])[0] == native(oracle, ["5"])[0]  # argv[2] is NULL


@pytest.fixture(scope="module")
def printer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Path]:
    return with_library(PRINTER), compiled(tmp_path_factory.mktemp("printer"), PRINTER_C)


_LONG = st.integers(-(1 << 63), (1 << 63) - 1) | st.sampled_from([0, -1, 1 << 31, -(1 << 31), 1 << 32, (1 << 32) - 1])
_NUMERIC = st.tuples(st.sampled_from(["%d", "%ld", "%i", "%u", "%lu", "%x", "%lx"]), _LONG.map(str))
_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
_STRING = st.tuples(st.just("%s"), _TEXT.map(lambda text: "=" + text))
_NULL = st.tuples(st.just("%s"), st.just("0"))
_CHAR = st.tuples(st.just("%c"), st.integers(1, 127).map(str))
_PLAIN = _TEXT.map(lambda text: text.replace("%", "%%"))


@needs_assembler
@needs_gcc
@given(
    parts=st.lists(st.one_of(_NUMERIC, _STRING, _NULL, _CHAR), max_size=7),
    between=st.lists(_PLAIN, min_size=8, max_size=8),
)
def test_printf_prints_what_glibcs_prints(
    course: Lab, printer: tuple[Program, Path], parts: list[tuple[str, str]], between: list[str]
) -> None:
    format_ = "".join(text + conversion for text, (conversion, _) in zip(between, parts, strict=False)) + between[-1]
    args = [format_, *(arg for _, arg in parts), *["0"] * (7 - len(parts))]
    assert run(course, printer[0], args)[0] == native(printer[1], args)[0]


@needs_assembler
@needs_gcc
def test_a_text_longer_than_the_buffer_is_printed_whole(course: Lab, printer: tuple[Program, Path]) -> None:
    for length in (1023, 1024, 1025, 2048, 5000):
        args = ["<%s>%d", "=" + "x" * length, "7", *"00000"]
        written, result = run(course, printer[0], args)
        assert written == native(printer[1], args)[0]
        assert sum(call["ret"] for call in result["calls"] if call["name"] == "write") == len(written)


@needs_assembler
def test_a_conversion_that_printf_does_not_know_is_printed_as_it_stands(
    course: Lab, printer: tuple[Program, Path]
) -> None:
    written, _ = run(course, printer[0], ["%k %ly %5d %", *"1234567"])
    assert written == b"%k %ly %5d %|12\n"


@needs_assembler
def test_a_printf_whose_write_fails_answers_minus_1_and_sets_errno(course: Lab) -> None:
    text = """
        .globl main
        .text
main:   sub     rsp, 8
        mov     edi, 1
        mov     esi, 3                          # close
        xchg    edi, esi
        call    syscall
        lea     rdi, [rip + hello]
        xor     eax, eax
        call    printf
        add     rsp, 8
        neg     eax
        shl     eax, 4
        or      eax, [rip + errno]
        ret
hello:  .asciz "hello"
    """
    written, result = run(course, with_library(text), [])
    assert written == b""
    assert result["exit_status"] == 1 << 4 | 9


@needs_assembler
def test_syscall_passes_six_arguments_and_main_gets_its_environment(course: Lab) -> None:
    text = """
        .globl main
        .text
main:   push    rbx
        mov     rbx, [rdx]                      # envp[0]: there is no environment
        mov     edi, 335
        mov     esi, 1
        mov     edx, 2
        mov     ecx, 3
        mov     r8d, 4
        mov     r9d, 5
        push    6
        push    6
        call    syscall
        pop     rcx
        pop     rcx
        mov     eax, ebx
        pop     rbx
        ret
    """
    lab = Lab("4.19")
    _, result = run(lab, with_library(text), [])
    assert result["calls"][0]["args"] == [1, 2, 3, 4, 5, 6]
    assert result["exit_status"] == 0
