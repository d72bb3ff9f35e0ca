"""No call without a test, and none that nothing reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.syscall_tbl import TABLES, load
from kshell.kernel.core.layout import entry_name
from kshell.kernel.syscalls import definitions, subjects

ROOT = Path(__file__).parents[2]
ROWS = {entry_name(row.symbol): row.name for name in TABLES for row in load(name).rows if row.symbol}
CALLS = {each.name: subject for subject in subjects() for each in definitions(subject)}


@pytest.fixture(scope="module")
def tests() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "kernel").rglob("*.py"))


@pytest.mark.parametrize("name", CALLS)
def test_a_call_has_a_row_and_a_test(name: str, tests: str) -> None:
    assert name in ROWS, f"{CALLS[name].__file__}: no table has a row for {name}: give it one in kshell/abi/tables/"
    assert f'"{ROWS[name]}"' in tests, f"{name}: no file under tests/kernel/ makes this call: write one"
