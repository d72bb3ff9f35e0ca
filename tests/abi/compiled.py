"""A C source as gcc compiles it, with the flags that kshell uses for sources in C."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.abi.elf import ElfObject
from kshell.abi.elf_reader import read_elf

_FLAGS = (
    "-std=gnu11 -ffreestanding -nostdinc -mcmodel=kernel -mno-red-zone -mno-sse -mno-mmx -mno-80387 -fno-pic "
    "-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer "
    "-fno-optimize-sibling-calls -fno-jump-tables -fno-strict-aliasing -fwrapv -Og -gdwarf-4"
)
C_FLAGS = _FLAGS.split()


def compiled_by_gcc(folder: Path, source: str, *more: str) -> ElfObject:
    """The object of a C source; where no gcc for x86-64 Linux is, the test is skipped."""
    asked = subprocess.run(["gcc", "-dumpmachine"], capture_output=True, text=True) if shutil.which("gcc") else None
    if asked is None or not asked.stdout.startswith("x86_64-linux"):
        pytest.skip("no gcc for x86-64 Linux")
    (folder / "a.c").write_text(source)
    subprocess.run(["gcc", *C_FLAGS, *more, "-c", "a.c", "-o", "a.o"], cwd=folder, check=True)
    return read_elf((folder / "a.o").read_bytes(), "a.o")
