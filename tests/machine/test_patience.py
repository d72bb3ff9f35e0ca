"""A run that lasts long in the kernel is told of once, and goes on."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from kshell.abi.ptregs import IP
from kshell.kernel.boot.start import boot
from kshell.machine import patience
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

LOOP = """
def m_init(k: Kernel) -> int:
    while True:
        pass
    return 0
module_init(m_init)
"""
SHORT = """
def m_init(k: Kernel) -> int:
    return 0
module_init(m_init)
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(patience, "SECONDS", 0.05)
    return Lab(tmp_path)


def test_a_loop_in_a_script_is_told_of_once_and_ends_by_its_budget(lab: Lab) -> None:
    lab.k = boot(init_budget=20_000_000)
    told: list[str] = []
    where = lab.k.cpu.ring0.regs
    lab.k.cpu.patience.on_long_run = lambda: told.append(lab.k.symbols.describe(where[IP]).partition("+")[0])
    with pytest.raises(ModuleError, match="Killed"):
        lab.load(LOOP)
    # What follows when the budget is used up is a run of its own; on a busy machine m_init may not have begun yet.
    assert told[-1:] == ["m_init"]
    assert len(told) <= 2


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to send oneself")
def test_a_loop_that_is_told_of_still_ends_by_ctrl_c(lab: Lab) -> None:
    lab.k.cpu.patience.on_long_run = lambda: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(ModuleError, match="Killed"):
        lab.load(LOOP)
    assert any("soft lockup" in line for line in lab.dmesg())


def test_what_ends_soon_is_not_told_of(lab: Lab) -> None:
    told: list[int] = []
    lab.k.cpu.patience.on_long_run = lambda: told.append(1)
    lab.load(SHORT)
    assert lab.result(39) == lab.k.shell_task.pid
    assert not told
