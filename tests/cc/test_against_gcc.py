"""The back end against gcc: random units give the same results, and leave the same memory (tests/tools/fuzz_cc.py has
the bulk)."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc.back import arithmetic, conditions, values
from kshell.cc.back.registers import RAX
from tests.cc.back import gcc
from tests.cc.back.compare import differences, random_units
from tests.cc.back.shrink import report

pytestmark = pytest.mark.skipif(not gcc.IS_THERE, reason="no gcc for x86-64 Linux")


@pytest.mark.parametrize(("seed", "level"), [(1, "-O1"), (1001, "-O0"), (2001, "-O2"), (3001, "-O1")])
def test_random_functions_do_what_gcc_makes_of_the_same_tree(seed: int, level: str, tmp_path: Path) -> None:
    count, found = differences(random_units(seed, 8), tmp_path, seed, level)
    assert not found, report(found[0].unit, tmp_path, seed, level, tries=200)
    assert count == 8 * 3 * 3


MISTAKES: list[tuple[object, str, object]] = [
    (conditions, "SIGNED", {**conditions.SIGNED, "<": "b"}),
    (values, "widens", lambda source, target: True),
    (arithmetic, "divide", lambda e, signed, size: e.code.group3("neg", RAX, size)),
]


@pytest.mark.parametrize(("where", "name", "wrong"), MISTAKES)
def test_a_mistake_in_the_back_end_is_found(
    where: object, name: str, wrong: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, wrong)
    assert differences(random_units(1, 6), tmp_path, 1, "-O0")[1]
