"""The shell's lab, in an empty folder, for what a compiler's words come to on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.lab import Lab


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A machine of the test's own."""
    monkeypatch.chdir(tmp_path)
    return Lab()
