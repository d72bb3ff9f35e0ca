"""Layouts of what system calls hand to user code: against the C compiler, and there and back."""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi import structs

STAT = dict(zip(structs.STAT_FIELDS, (1, 2, 3, 0o100644, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), strict=True))


def packed_stat() -> bytes:
    return structs.pack_stat(
        **{name: STAT[name] for name in structs.STAT_FIELDS[:10]}, atime=(11, 12), mtime=(13, 14), ctime=(15, 16)
    )


def packed_sysinfo() -> bytes:
    return structs.pack_sysinfo(
        uptime=1, loads=(2, 3, 4), totalram=5, freeram=6, sharedram=7, bufferram=8,
        totalswap=9, freeswap=10, procs=11, totalhigh=12, freehigh=13, mem_unit=14,
    )  # fmt: skip


def test_sizes_are_linuxs() -> None:
    assert (structs.STAT_SIZE, structs.UTSNAME_SIZE, structs.SYSINFO_SIZE) == (144, 390, 112)
    assert (structs.TIMESPEC_SIZE, structs.TIMEVAL_SIZE) == (16, 16)
    assert (len(packed_stat()), len(packed_sysinfo())) == (144, 112)


def test_a_c_program_reads_the_bytes_as_the_same_structures(tmp_path: Path) -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64" or not shutil.which("gcc"):
        pytest.skip("needs gcc on x86-64 Linux")
    stat_names = [n.replace("time_nsec", "tim.tv_nsec") for n in structs.STAT_FIELDS]
    info_names = ["uptime", "loads[0]", "loads[1]", "loads[2]", *structs.SYSINFO_FIELDS[4:]]
    source = tmp_path / "read.c"
    prints = [f'printf("%lld\\n", (long long)s.{n});' for n in stat_names]
    prints += [f'printf("%lld\\n", (long long)i.{n});' for n in info_names]
    prints += [f"puts(u.{n});" for n in structs.UTSNAME_FIELDS]
    source.write_text(
        "#define _GNU_SOURCE\n#include <stdio.h>\n#include <sys/stat.h>\n#include <sys/sysinfo.h>\n"
        "#include <sys/utsname.h>\n"
        "int main(void) { struct stat s; struct sysinfo i; struct utsname u;\n"
        "fread(&s, sizeof s, 1, stdin); fread(&i, sizeof i, 1, stdin); fread(&u, sizeof u, 1, stdin);\n"
        + "\n".join(prints)
        + "\nreturn 0; }\n"
    )
    subprocess.run(["gcc", "-w", "-o", str(tmp_path / "read"), str(source)], check=True, timeout=60)
    names = ["Linux", "kshell", "4.19.0", "#1 SMP", "x86_64", "(none)"]
    uts = structs.pack_utsname(**dict(zip(structs.UTSNAME_FIELDS, names, strict=True)))
    data = packed_stat() + packed_sysinfo() + uts
    out = subprocess.run([tmp_path / "read"], input=data, capture_output=True, check=True).stdout.decode().split("\n")
    assert out[:-1] == [*map(str, STAT.values()), *map(str, range(1, 15)), *names]


def test_what_is_packed_is_unpacked() -> None:
    assert structs.unpack_stat(packed_stat()) == STAT
    assert list(structs.unpack_sysinfo(packed_sysinfo()).items()) == list(
        zip(structs.SYSINFO_FIELDS, range(1, 15), strict=True)
    )


def test_a_name_of_64_bytes_and_more_is_cut_and_still_ends_with_nul() -> None:
    data = structs.pack_utsname(sysname="a" * 70, nodename="é", release="", version="", machine="m")
    assert data[64] == 0
    fields = [data[at : at + 65].rstrip(b"\0").decode() for at in range(0, 390, 65)]
    assert fields == ["a" * 64, "é", "", "", "m", "(none)"]


def test_a_value_that_is_too_wide_is_cut_as_in_c() -> None:
    back = structs.unpack_stat(structs.pack_stat(st_uid=-1, st_mode=1 << 40 | 0o644, st_size=-5, st_ino=-1))
    assert (back["st_uid"], back["st_mode"], back["st_size"], back["st_ino"]) == (0xFFFFFFFF, 0o644, -5, (1 << 64) - 1)
    assert structs.unpack_sysinfo(structs.pack_sysinfo(procs=70000))["procs"] == 70000 - 65536


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(-(1 << 63), (1 << 63) - 1))
def test_times_keep_their_sign(seconds: int, fraction: int) -> None:
    assert structs.unpack_timespec(structs.pack_timespec(seconds, fraction)) == (seconds, fraction)
    assert struct.unpack("<qq", structs.pack_timeval(seconds, fraction)) == (seconds, fraction)


def test_too_few_bytes_are_an_error() -> None:
    with pytest.raises(struct.error):
        structs.unpack_stat(b"\0" * 143)


def test_a_device_number_is_split_as_user_space_expects() -> None:
    assert structs.makedev(1, 3) == 0x103
    assert structs.makedev(5, 0) == 0x500
    assert structs.makedev(259, 300) == (300 & 0xFF) | 259 << 8 | (300 & ~0xFF) << 12
