"""The file calls against the Linux underneath: many thousand raw calls, result by result.

Needs Linux on x86-64 and root, because every program runs on the native side in a root directory of its own,
where it cannot reach anything of the machine.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kshell.abi.structs import unpack_stat
from tests.kernel import file_programs, file_programs_deep, file_programs_more, file_programs_names, oracle
from tests.kernel.file_lab import Lab

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64", reason="the oracle is Linux on x86-64, by number"
    ),
    pytest.mark.skipif(
        sys.platform == "linux" and os.geteuid() != 0,
        reason="the native side needs root, for a root directory of its own",
    ),
]

GROUPS = (*file_programs.GROUPS, *file_programs_deep.GROUPS)
OTHER_GROUPS = (*file_programs_more.GROUPS, *file_programs_names.GROUPS)


def native_results(directory: Path, programs: list[list[oracle.Step]]) -> list[list[Any]]:
    """What this Linux answers."""
    done = subprocess.run(
        [sys.executable, oracle.__file__, str(directory)],
        input=json.dumps(programs), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if "cannot make a root directory" in done.stdout:
        pytest.skip("this root may not make namespaces or mounts (a container?)")
    assert done.returncode == 0, done.stderr
    answer: list[list[Any]] = json.loads(done.stdout)
    return answer


def comparable(step: oracle.Step, result: Any, *, blocks: bool) -> Any:
    """A result without what is different on every machine: device and inode numbers, times, random bytes."""
    value, buffers = result
    if step[0] in ("getdents", "getdents64") and buffers:
        return [value, without_inode_numbers(bytes.fromhex(buffers[0]), value)]
    if step[0] in ("stat", "lstat", "fstat", "newfstatat") and value == 0 and buffers:
        fields = unpack_stat(bytes.fromhex(buffers[0]))
        dropped = ("st_dev", "st_ino", *(() if blocks else ("st_blocks",)))
        return {name: field for name, field in fields.items() if "time" not in name and name not in dropped}
    return [value, buffers]


def without_inode_numbers(records: bytes, size: int) -> str:
    """What getdents has stored, without the first 8 bytes of each record, and of one that it has only begun."""
    data, at, length = bytearray(records), 0, 1
    while at <= max(size, 0) and length:
        data[at : at + 8] = bytes(len(data[at : at + 8]))
        length = int.from_bytes(data[at + 16 : at + 18], "little")
        at += length
    return data.hex()


def differences(
    directory: Path, programs: list[list[oracle.Step]], *, blocks: bool = True, release: str = "course"
) -> list[str]:
    """Every call whose answer is not Linux's."""
    found = []
    native = native_results(directory, programs)
    for number, (steps, theirs) in enumerate(zip(programs, native, strict=True)):
        ours = Lab(null=True, release=release).run(steps)
        assert len(ours) == len(theirs), theirs
        for at, step in enumerate(steps):
            left, right = (comparable(step, results[at], blocks=blocks) for results in (theirs, ours))
            if left != right:
                found.append(f"program {number} step {at} {step!s:.200}: Linux {left!s:.300}, ours {right!s:.300}")
    return found


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_every_call_answers_as_linux_does(group: Callable[[], Iterator[list[oracle.Step]]], tmp_path: Path) -> None:
    assert differences(tmp_path, list(group())) == []


@pytest.mark.parametrize("group", OTHER_GROUPS, ids=lambda group: group.__name__)
def test_the_other_calls_answer_as_linux_does(group: Callable[[], Iterator[list[oracle.Step]]], tmp_path: Path) -> None:
    assert differences(tmp_path, list(group()), release="6.19") == []


@pytest.mark.parametrize("seed", [1, 2])
def test_random_calls_answer_as_linux_does(seed: int, tmp_path: Path) -> None:
    # After a failed copy Linux keeps a page that it had prepared, so the number of blocks is not compared.
    programs = list(file_programs_deep.random_programs(seed, number=40, length=60))
    assert differences(tmp_path, programs, blocks=False) == []
