"""The constants against the C headers of the machine that runs the tests, where that is x86-64 Linux with gcc."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from kshell.abi import clock, errno, fcntl, getrandom, loglevel, mman, ptregs, signal, st_mode
from kshell.abi.symbolic import SYMBOLS

CC = shutil.which("gcc")
needs_gcc = pytest.mark.skipif(
    CC is None or sys.platform != "linux" or platform.machine() != "x86_64",
    reason="needs gcc on x86-64 Linux, whose headers are the reference",
)
INCLUDES = [
    "errno.h",
    "fcntl.h",
    "unistd.h",
    "signal.h",
    "string.h",
    "time.h",
    "stdio.h",
    "stddef.h",
    "sys/stat.h",
    "sys/mman.h",
    "sys/random.h",
    "sys/user.h",
]


def c_answers(directory: Path, lines: list[str]) -> list[str]:
    """What a C program with these statements prints, line by line."""
    source = directory / "values.c"
    head = "#define _GNU_SOURCE\n" + "".join(f"#include <{name}>\n" for name in INCLUDES)
    source.write_text(head + "int main(void) {\n" + "\n".join(lines) + "\nreturn 0; }\n")
    assert CC is not None
    subprocess.run([CC, "-w", "-o", str(directory / "values"), str(source)], check=True, timeout=60)
    return subprocess.run([directory / "values"], capture_output=True, text=True, check=True).stdout.splitlines()


def constants(module: ModuleType) -> dict[str, int]:
    return {n: v for n, v in vars(module).items() if isinstance(v, int) and n.isupper()}


@needs_gcc
@pytest.mark.parametrize("module", [errno, fcntl, st_mode, mman, clock, getrandom, signal])
def test_every_constant_that_c_knows_has_its_value(module: ModuleType, tmp_path: Path) -> None:
    ours = constants(module)
    # glibc has its own ideas of these: 0, the two bits of O_TMPFILE at once, two real-time signals kept for itself.
    ours = {n: v for n, v in ours.items() if n not in ("O_LARGEFILE", "__O_TMPFILE", "SIGRTMIN")}
    # si_codes, and some others, are enumerators: asking the compiler by #ifdef would miss them.
    enumerators = ("SI_", "SEGV_", "BUS_", "ILL_", "FPE_", "TRAP_", "CLD_")
    ask = [
        f'printf("{n} %lld\\n", (long long)({n}));'
        if n.startswith(enumerators)
        else f'\n#ifdef {n}\nprintf("{n} %lld\\n", (long long)({n}));\n#endif'
        for n in ours
    ]
    answers = dict(line.split() for line in c_answers(tmp_path, ask))
    assert {n: int(v) for n, v in answers.items()} == {n: v for n, v in ours.items() if n in answers}
    assert len(answers) > len(ours) * 2 // 3


@needs_gcc
def test_errno_names_and_words_are_glibcs(tmp_path: Path) -> None:
    answers = c_answers(
        tmp_path, ['for (int i = 0; i < 200; i++) printf("%s|%s\\n", strerrorname_np(i) ?: "", strerror(i));']
    )
    for number, line in enumerate(answers):
        name, words = line.split("|")
        assert errno.strerror(number) == words
        if number:
            assert errno.errno_name(number) == (name or str(number))
            assert (number in errno.ERRNO) is bool(name)


@needs_gcc
def test_signal_names_and_words_are_glibcs(tmp_path: Path) -> None:
    answers = c_answers(
        tmp_path, ['for (int i = 1; i < 32; i++) printf("SIG%s|%s\\n", sigabbrev_np(i), sigdescr_np(i));']
    )
    for number, line in enumerate(answers, 1):
        name, words = line.split("|")
        assert signal.signal_name(number) == name.replace("SIGPOLL", "SIGIO")
        assert signal.signal_words(number) == words


@needs_gcc
def test_the_slots_of_pt_regs_are_those_of_user_regs_struct(tmp_path: Path) -> None:
    c_names = [
        "r15",
        "r14",
        "r13",
        "r12",
        "rbp",
        "rbx",
        "r11",
        "r10",
        "r9",
        "r8",
        "rax",
        "rcx",
        "rdx",
        "rsi",
        "rdi",
        "orig_rax",
        "rip",
        "cs",
        "eflags",
        "rsp",
        "ss",
    ]
    ask = [f'printf("%zu\\n", offsetof(struct user_regs_struct, {name}) / 8);' for name in c_names]
    assert [int(line) for line in c_answers(tmp_path, ask)] == list(range(21))
    ours = [c.replace("eflags", "flags").replace("rax", "ax").replace("rip", "ip") for c in c_names]
    ours = [c[1:] if c in ("rbp", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp") else c for c in ours]
    assert ours == list(ptregs.NAMES)


def test_pt_regs_has_21_slots_whose_constants_are_their_names() -> None:
    assert len(ptregs.NAMES) == ptregs.COUNT == 21
    assert ptregs.SIZE == 168
    for slot, name in enumerate(ptregs.NAMES):
        assert getattr(ptregs, name.upper()) == slot
    assert [ptregs.NAMES[slot] for slot in ptregs.ARGUMENTS] == ["di", "si", "dx", "r10", "r8", "r9"]


def test_every_errno_constant_is_in_the_table_unless_it_is_the_kernels_own() -> None:
    aliases = {"EWOULDBLOCK", "EDEADLOCK", "ENOTSUP"}
    for name, value in constants(errno).items():
        if not name.startswith("E") or name in ("ERRNO", *aliases):
            continue
        assert errno.errno_name(value) == name
        assert (value in errno.ERRNO) is (value < 512)
    assert [n for n in range(1, 134) if n not in errno.ERRNO] == [41, 58]


def test_only_minus_4095_to_minus_1_are_errors() -> None:
    assert [errno.is_error(v) for v in (-4096, -4095, -1, 0, 1)] == [False, True, True, False, False]


def test_si_code_names_depend_on_the_signal() -> None:
    assert signal.si_code_name(signal.SIGSEGV, 1) == "SEGV_MAPERR"
    assert signal.si_code_name(signal.SIGFPE, 1) == "FPE_INTDIV"
    assert signal.si_code_name(signal.SIGSEGV, 128) == "SI_KERNEL"
    assert signal.si_code_name(signal.SIGTRAP, signal.TRAP_TRACE) == "TRAP_TRACE"
    assert signal.si_code_name(signal.SIGUSR1, 0) == "SI_USER"
    assert signal.si_code_name(signal.SIGUSR1, 77) == "77"


def test_unknown_signals_have_words_too() -> None:
    assert (signal.signal_name(34), signal.signal_words(34)) == ("SIGRT_2", "Real-time signal 2")
    assert (signal.signal_name(99), signal.signal_words(99)) == ("99", "Unknown signal 99")


@pytest.mark.parametrize(
    ("word", "level"),
    [("err", 3), ("warning", 4), ("KERN_DEBUG", 7), ("0", 0), ("8", None), ("", None), ("x", None)],
)
def test_a_log_level_is_found_by_word_or_digit(word: str, level: int | None) -> None:
    assert loglevel.level_of(word) == level


def test_log_level_names_are_in_the_order_of_their_numbers() -> None:
    for level, name in enumerate(loglevel.NAMES):
        assert getattr(loglevel, name) == level


def test_symbols_hold_what_a_student_types_and_nothing_else() -> None:
    for name in ("O_CREAT", "AT_FDCWD", "F_GETFL", "FD_CLOEXEC", "SEEK_END", "S_IRUSR", "PROT_READ", "MAP_ANONYMOUS"):
        assert name in SYMBOLS
    for name in ("CLOCK_MONOTONIC", "GRND_NONBLOCK", "R_OK", "SIGKILL"):
        assert name in SYMBOLS
    for name in ("NULL", "ENOENT", "S_ISREG", "annotations", "SI_USER", "NSEC_PER_SEC"):
        assert name not in SYMBOLS
    assert (SYMBOLS["AT_FDCWD"], SYMBOLS["O_SYNC"], SYMBOLS["O_TMPFILE"]) == (-100, 0o4010000, 0o20200000)
