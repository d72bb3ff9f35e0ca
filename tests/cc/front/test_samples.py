"""The samples: each compiles without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc.front.unit import compile_source
from tests.cc.samples import SAMPLES

FORMS = [(path, release) for path in SAMPLES for release in ("4.19", "6.19")]
OF_OLD = ("addr_limit", "6.19")  # it shows what this release has no more


@pytest.mark.parametrize(("path", "release"), [each for each in FORMS if (each[0].stem, each[1]) != OF_OLD])
def test_a_sample_compiles_without_a_warning(path: Path, release: str) -> None:
    unit, findings = compile_source(path.read_text(), path.name, release)
    wanted = ["division by zero [-Wdiv-by-zero]"] if path.stem == "crash" else []
    assert [each.text for each in findings] == wanted
    assert unit.functions
