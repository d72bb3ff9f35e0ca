"""Broken on purpose: any line gets one clear answer, and the shell goes on."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kshell.abi.symbolic import SYMBOLS
from kshell.shell.commands.registry import aliases, names
from kshell.shell.lines.foreign import NAMES
from tests.shell.lab import Lab

_lab: list[Lab] = []
# Commands that would end the session, reboot it, write files, or run for long.
_SKIPPED = {"exit", "quit", "q", "boot", "reboot", "module", "source", ".", "asm"}
_COMMANDS = sorted((set(names()) | set(aliases()) | set(NAMES)) - _SKIPPED)
_WORDS = [
    *("0", "-1", "42", "0x10", "0xffffffff81000000", "18446744073709551616", "089", "1e9", "buf:8", "buf:", "NULL"),
    *('"a\\n"', '"', "'", "''", "'x'", "&sys_call_table", "&", "$rsp", "$", "phys:0", "phys:", "sys_call_table[3]"),
    *("--", "-", "-l", "-n", "--grep", "(", "[", "*", "|", "||", "O_RDWR|", "/", "/etc", "/dev/zero", "\\", "\x00"),
    *("\x1b[0m", "\udcff", "é", "write", "read", "getpid", "335", "hello", "on", "off", "syscall", "x/4gx", "/4i"),
    *("--hex", "0f05", "ebfe"[:2], "--state", "built", "--abi", "x32", "5-1", "0-9", "check", ";", "#", "=", "a=b"),
    *sorted(SYMBOLS)[:20],
]


def lab() -> Lab:
    if not _lab:
        _lab.append(Lab())
    return _lab[0]


def answer(line: str) -> None:
    """Run a line; every result must be whole, and none may be a bug of kshell's own."""
    for result in lab().results(line):
        assert result.status in (0, 1), (line, result.error)
        text = result.view.text(80)
        assert "Traceback" not in text
        result.json()
        if result.error is not None:
            assert result.error["what"], line
            assert result.error["because"], line
            assert result.error["try"], line


@pytest.mark.made_up
@given(st.text(max_size=60))
def test_any_text_gets_an_answer(line: str) -> None:
    if line.split()[:1] and line.split()[0].strip("'\"") not in _SKIPPED:
        answer(line)


@pytest.mark.made_up
@given(st.sampled_from(_COMMANDS), st.lists(st.sampled_from(_WORDS), max_size=6))
@settings(max_examples=150)
def test_any_command_with_any_words_gets_an_answer(name: str, words: list[str]) -> None:
    if ";" in words:
        words = words[: words.index(";")]
    answer(" ".join([name, *words]))


def test_random_calls_with_random_arguments_leave_a_kernel_that_answers() -> None:
    choose = random.Random(3)
    skipped = {60, 231}
    values = ["0", "1", "-1", "3", "buf:64", '"/tmp/x"', '"/etc/hostname"', "0xffffffff81000000", "0x402000", "4096"]
    for _ in range(400):
        nr = choose.randrange(-1, 600)
        if nr in skipped:
            continue
        line = " ".join(["syscall --raw", str(nr), *choose.choices(values, k=choose.randrange(7))])
        answer(line)
    assert lab().ret("getpid") > 0


def test_random_machine_code_leaves_a_kernel_that_answers() -> None:
    choose = random.Random(4)
    for _ in range(60):
        answer(f"run --hex {choose.randbytes(choose.randrange(1, 24)).hex()}")
    assert lab().ret("getpid") > 0
