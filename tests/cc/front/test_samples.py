"""The samples: each compiles without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc.front.unit import compile_source
from tests.cc.samples import SAMPLES


@pytest.mark.parametrize("release", ["4.19", "6.19"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_compiles_without_a_warning(path: Path, release: str) -> None:
    unit, findings = compile_source(path.read_text(), path.name, release)
    wanted = ["division by zero [-Wdiv-by-zero]"] if path.stem == "crash" else []
    assert [each.text for each in findings] == wanted
    assert unit.functions
