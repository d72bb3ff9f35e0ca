"""User programs for the tests: run in kshell, and compiled by gcc against the real C library as the oracle."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import which
from sys import platform
from typing import Any

import pytest

from kshell.kbuild.steps.userprog import shipped_sources
from kshell.shell.programs.program_files import Program
from kshell.shell.programs.running import start
from tests.shell.lab import Lab

needs_gcc = pytest.mark.skipif(platform != "linux" or which("gcc") is None, reason="gcc and glibc are the oracle")

# Arguments: good, bad, and too large ones.
NUMBERS = [
    "5",
    "-7",
    "0",
    "abc",
    "",
    " 42x",
    "\t-0012",
    "+3",
    "--3",
    "2147483648",
    "99999999999999999999",
    "-1" + "0" * 30,
]

# The kernel's part, for a machine whose kernel does not have the call: RAX is what rax holds after it, and syscall()
# does with it what glibc's does.  Standard output goes out line by line, as to a terminal.
ORACLE = """
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static long fake_syscall(long number, ...)
{
    long rax = strtol(getenv("RAX"), NULL, 0);
    if (number != 335)
        abort();
    if ((unsigned long)rax < -4095UL)
        return rax;
    errno = -rax;
    return -1;
}
#define syscall fake_syscall
__attribute__((constructor)) static void lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }
"""


def quoted_c() -> str:
    """The C program whose lines stand in the comments of test_call_user.s."""
    source = dict(shipped_sources())["test_call_user.s"]
    define = re.search(r"# (#define __NR_TEST_CALL \d+)$", source, re.MULTILINE)
    assert define is not None
    code = source.partition("        .text\n")[2]
    return "\n".join([define[1], *re.findall(r"^# (.*)$", code, re.MULTILINE)]) + "\n"


def compiled(folder: Path, text: str) -> Path:
    """A C program, compiled."""
    source, program = folder / "oracle.c", folder / "oracle"
    source.write_text(text)
    subprocess.run(["gcc", "-w", "-O0", "-o", str(program), str(source)], check=True)
    return program


def native(program: Path, args: Sequence[str], rax: int = 0) -> tuple[bytes, int]:
    """What a compiled program prints on both streams, and its exit status."""
    done = subprocess.run(
        [program, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"RAX": str(rax)}, check=False
    )
    return done.stdout, done.returncode


class Screen:
    """The terminal of a machine: what its programs wrote."""

    def wait(self) -> bool:
        return False

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.written += data

    def read(self, size: int) -> bytes:
        """Nobody types."""
        return b""

    def interrupts(self, pressed: bool) -> bool:
        """Nor presses Ctrl-C."""
        return pressed


def run(lab: Lab, program: Program, args: Sequence[str]) -> tuple[bytes, Any]:
    """What a program prints in kshell, and the `run` result of --json."""
    screen = Screen()
    k = lab.session.kernel
    before, k.tty = k.tty, screen
    try:
        view = start(lab.session, program, list(args), True, True)
    finally:
        k.tty = before
    return screen.written, view.json()
