"""explain get_user, explain put_user."""

from __future__ import annotations

import pytest

from tests.shell.lab import Lab


@pytest.mark.parametrize("name", ["get_user", "put_user"])
@pytest.mark.parametrize("release", ["course", "6.19"])
def test_it_shows_the_call_and_what_is_called_side_by_side(lab: Lab, name: str, release: str) -> None:
    lab.json(f"boot {release}")
    found = lab.json(f"explain {name}")
    assert found["macro"].startswith(name)
    assert f"call __{name}_4" in found["calls"]
    routine, fixup = found["routines"]
    assert routine["name"] == f"__{name}_4"
    notes = [step["note"] for step in routine["code"]]
    assert notes.index("SMAP is lifted") < notes.index("SMAP is back")
    (fault,) = [note for note in notes if note.startswith("may fault")]
    rows = lab.json("extable")["rows"]
    assert rows[int(fault.split()[-1])]["goes_on_at"] == fixup["name"]
    assert "-EFAULT" in [step["note"] for step in fixup["code"]]


def test_with_nosmap_there_is_nothing_to_lift(lab: Lab) -> None:
    lab.json("boot course nosmap")
    assert "SMAP" not in lab.text("explain get_user")


def test_where_there_is_no_room_beside_one_another_they_stand_under_one_another(lab: Lab) -> None:
    wide, narrow = (lab.result("explain get_user").view.lines(width) for width in (80, 40))
    assert len(narrow) > len(wide)
