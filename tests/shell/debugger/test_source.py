"""How the debugger names a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.debugger.debug_lab import STEPS, debug


def test_a_sample_is_named_by_its_place_in_kshell() -> None:
    shown = debug("modprobe syscallModule", "break my_test_call", "syscall test_call 3", "bt", "info breakpoints")
    assert shown[0].endswith(": file kshell/modules/syscallModule.py, line 22.")
    assert "#0  my_test_call (test=3) at kshell/modules/syscallModule.py:22" in shown
    assert any(line.endswith("in my_test_call at kshell/modules/syscallModule.py:22") for line in shown)


def test_another_source_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lower").mkdir()
    Path("lower/steps.py").write_text(STEPS, encoding="utf-8")
    shown = debug("insmod lower/steps.py", "break handler", "syscall test_call 3", "bt")
    assert any(line.startswith("#0  handler (n=3) at lower/steps.py:") for line in shown)
