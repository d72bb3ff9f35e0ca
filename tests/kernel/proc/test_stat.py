"""/proc/PID/stat."""

from __future__ import annotations

from pathlib import Path

from kshell.api import Machine, boot


def fields(machine: Machine, task: str) -> list[str]:
    text: str = machine.execute(f"cat /proc/{task}/stat")["result"]["text"]
    return text.split()


def test_it_is_a_line_of_as_many_fields_as_linuxs_with_the_page_faults_among_them() -> None:
    machine = boot("course")
    before = fields(machine, "self")
    assert before[:4] == ["77", "(kshell)", "R", "1"]
    machine.syscall("getrandom", bytearray(8), 8, 0)
    after = fields(machine, "77")
    assert int(after[9]) - int(before[9]) == 1
    assert after[10:13] == ["0", "0", "0"]
    assert (after[22], after[24]) == (before[22], str((1 << 64) - 1))
    native = Path("/proc/self/stat")
    if native.exists():
        assert len(before) == len(native.read_text(encoding="utf-8").rpartition(")")[2].split()) + 2
