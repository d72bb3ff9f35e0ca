"""Kernels to share: one that no test changes, and a fresh one for those that do."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kshell.shell.errors import CommandError
from kshell.shell.session import Session
from kshell.shell.views.output import Result
from kshell.shell.views.view import View
from tests.shell.lab import Lab
from tests.shell.typed import refused


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


@pytest.fixture(autouse=True)
def _every_try_works(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test makes the screen advise is typed, and must not be refused."""
    if request.node.get_closest_marker("made_up"):
        yield
        return
    wrong: list[str] = []
    finish = Session._finish

    def finish_and_type(session: Session, text: str, outcome: View | CommandError) -> Result:
        result = finish(session, text, outcome)
        wrong.extend(refused(session, result))
        return result

    monkeypatch.setattr(Session, "_finish", finish_and_type)
    yield
    assert not wrong, "\n".join(wrong)
