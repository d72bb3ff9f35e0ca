"""Kernels to share: one that no test changes, and a fresh one for those that do."""

from __future__ import annotations

import os

import pytest

from tests.shell.lab import Lab


@pytest.fixture(scope="module")
def shared() -> Lab:
    """For tests that leave no trace."""
    return Lab()


@pytest.fixture
def lab() -> Lab:
    """A machine of the test's own."""
    return Lab()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test stands in an empty folder, so that none leaves files in the checkout."""
    monkeypatch.chdir(os.fspath(tmp_path))  # type: ignore[call-overload]
