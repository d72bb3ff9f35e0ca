"""The guard over the places that make errors notices one that no test meets."""

from __future__ import annotations

import pytest

from tests import reached


def test_each_place_that_is_exempt_is_there() -> None:
    for part in reached.EXEMPT:
        assert any(part in place.text for place in reached.places()), part


def test_a_place_that_no_test_meets_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(reached.places()) > 200
    lines = {(str(reached.ROOT / place.file), place.last) for place in reached.places()}
    assert reached.missed(lines) == []
    new = reached.Place("kshell/shell/new.py", 7, 9, "CommandError('new')")
    monkeypatch.setattr(reached, "places", lambda: [new])
    assert reached.missed(lines) == ["kshell/shell/new.py:7: CommandError('new')"]
    assert reached.missed({(str(reached.ROOT / new.file), 8)}) == []
