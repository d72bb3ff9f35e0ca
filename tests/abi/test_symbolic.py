"""How a trace prints flags: as strace 6.1 does, and, where that very version is at hand, checked against it."""

from __future__ import annotations

import platform
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi.symbolic import KINDS, flags_text

# What strace 6.1 printed for these.
PRINTED = [
    (0, "open_flags", "O_RDONLY"),
    (0o1101, "open_flags", "O_WRONLY|O_CREAT|O_TRUNC"),
    (3, "open_flags", "O_ACCMODE"),
    (4, "open_flags", "O_RDONLY|0x4"),
    (0o4010000, "open_flags", "O_RDONLY|O_SYNC"),
    (0o4000000, "open_flags", "O_RDONLY|__O_SYNC"),
    (0o20200002, "open_flags", "O_RDWR|O_TMPFILE"),
    (-1, "open_flags", "O_ACCMODE|O_CREAT|O_EXCL|O_NOCTTY|O_TRUNC|O_APPEND|O_NONBLOCK|O_SYNC|O_DIRECT|O_LARGEFILE"
     "|O_NOFOLLOW|O_NOATIME|O_CLOEXEC|O_PATH|O_TMPFILE|FASYNC|0xff80003c"),
    (0, "pipe_flags", "0"),
    (0o2004000, "pipe_flags", "O_NONBLOCK|O_CLOEXEC"),
    (1, "pipe_flags", "0x1 /* O_??? */"),
    (0, "prot", "PROT_NONE"),
    (3, "prot", "PROT_READ|PROT_WRITE"),
    (0x10, "prot", "0x10 /* PROT_??? */"),
    (0x11, "prot", "PROT_READ|0x10"),
    (0x22, "map_flags", "MAP_PRIVATE|MAP_ANONYMOUS"),
    (0, "map_flags", "MAP_FILE"),
    (0x24, "map_flags", "0x4 /* MAP_??? */|MAP_ANONYMOUS"),
    (0x54040022, "map_flags", "MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|21<<MAP_HUGE_SHIFT"),
    (0x5404002, "map_flags", "MAP_PRIVATE|MAP_NORESERVE|0x1400000|1<<MAP_HUGE_SHIFT"),
    (0, "at_flags", "0"),
    (0x1000, "at_flags", "AT_EMPTY_PATH"),
    (1, "at_flags", "0x1 /* AT_??? */"),
    (0xFFFFFFFF, "at_flags", "AT_SYMLINK_NOFOLLOW|AT_REMOVEDIR|AT_SYMLINK_FOLLOW|AT_NO_AUTOMOUNT|AT_EMPTY_PATH"
     "|AT_RECURSIVE|0xffff60ff"),
    (0, "mode", "000"),
    (1, "mode", "001"),
    (8, "mode", "010"),
    (0o644, "mode", "0644"),
    (0o777777, "mode", "0177777"),
    (2, "whence", "SEEK_END"),
    (7, "whence", "0x7 /* SEEK_??? */"),
    (1030, "fcntl_cmd", "F_DUPFD_CLOEXEC"),
    (18, "fcntl_cmd", "0x12 /* F_??? */"),
    (1, "clock", "CLOCK_MONOTONIC"),
    (-1, "clock", "0xffffffff /* CLOCK_??? */"),
    (3, "grnd_flags", "GRND_NONBLOCK|GRND_RANDOM"),
    (8, "grnd_flags", "0x8 /* GRND_??? */"),
    (-100, "dirfd", "AT_FDCWD"),
    (0xFFFFFF9C, "dirfd", "AT_FDCWD"),
    (0xFFFFFFFF, "dirfd", "-1"),
    (3, "dirfd", "3"),
    (1, "fd_flags", "FD_CLOEXEC"),
    (0x1234, "fd_flags", "0x1234 /* FD_??? */"),
    (0o100644, "st_mode", "S_IFREG|0644"),
    (0o041777, "st_mode", "S_IFDIR|S_ISVTX|0777"),
    (0o020666, "st_mode", "S_IFCHR|0666"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "kind", "text"), PRINTED)
def test_a_flag_is_printed_as_strace_prints_it(value: int, kind: str, text: str) -> None:
    assert flags_text(value, kind) == text


@given(st.integers(-(1 << 70), 1 << 70), st.sampled_from(sorted(KINDS)))
def test_any_int_has_a_text_of_every_kind(value: int, kind: str) -> None:
    assert flags_text(value, kind)


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        flags_text(0, "colour")


CALLS = {
    "open_flags": ("syscall(SYS_openat, -5, 0, x, 0)", r"openat\(-5, NULL, ([^,]*?)(?:, 000)?\)"),
    "pipe_flags": ("syscall(SYS_pipe2, 0, x)", r"pipe2\(NULL, (.*)\)"),
    "prot": ("syscall(SYS_mprotect, 1, 0, x)", r"mprotect\(0x1, 0, (.*)\)"),
    "map_flags": ("syscall(SYS_mmap, 1, 0, 0, x, -1, 0)", r"mmap\(0x1, 0, PROT_NONE, (.*), -1, 0\)"),
    "at_flags": ("syscall(SYS_newfstatat, -5, 0, 0, x)", r"newfstatat\(-5, NULL, NULL, (.*)\)"),
    "mode": ("syscall(SYS_mkdirat, -5, 0, x)", r"mkdirat\(-5, NULL, (.*)\)"),
    "whence": ("syscall(SYS_lseek, -5, 0, x)", r"lseek\(-5, 0, (.*)\)"),
    "clock": ("syscall(SYS_clock_gettime, x, 0)", r"clock_gettime\((.*), NULL\)"),
    "grnd_flags": ("syscall(SYS_getrandom, 0, 0, x)", r"getrandom\(NULL, 0, (.*)\)"),
    "dirfd": ("syscall(SYS_mkdirat, x, 0, 01234)", r"mkdirat\((.*), NULL, 01234\)"),
    "fcntl_cmd": ("syscall(SYS_fcntl, -5, x, 0)", r"fcntl\(-5, (F_\w+|0x\w+ /\* F_\?\?\? \*/).*\)"),
}


def strace_version() -> str:
    if sys.platform != "linux" or platform.machine() != "x86_64" or not shutil.which("strace"):
        return ""
    works = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
    return subprocess.run(["strace", "--version"], capture_output=True, text=True).stdout if works else ""


@pytest.mark.parametrize("kind", sorted(CALLS))
def test_flags_agree_with_the_real_strace(kind: str, tmp_path: Path) -> None:
    if not shutil.which("gcc") or "version 6.1\n" not in strace_version():
        pytest.skip("needs gcc and strace 6.1 on x86-64 Linux, the version whose output is promised")
    rng = random.Random(kind)
    values = [0, *(1 << i for i in range(32)), 0xFFFFFFFF, *range(20), *range(1024, 1040), 0xFFFFFF9C]
    values += [rng.getrandbits(32) & rng.getrandbits(32) for _ in range(200)]
    call, pattern = CALLS[kind]
    source = tmp_path / "probe.c"
    numbers = ", ".join(f"{value}UL" for value in values)
    source.write_text(
        "#define _GNU_SOURCE\n#include <unistd.h>\n#include <sys/syscall.h>\n"
        f"int main(void) {{ static const unsigned long v[] = {{{numbers}}};\n"
        f"for (unsigned i = 0; i < {len(values)}; i++) {{ unsigned long x = v[i]; {call}; }} return 0; }}\n"
    )
    subprocess.run(["gcc", "-w", "-o", str(tmp_path / "probe"), str(source)], check=True, timeout=60)
    out = tmp_path / "out"
    subprocess.run(["strace", "-o", str(out), str(tmp_path / "probe")], check=True, timeout=60)
    found = [m[1] for m in (re.match(pattern + r"\s+= ", line) for line in out.read_text().splitlines()) if m]
    assert found[-len(values) :] == [flags_text(value, kind) for value in values]
