"""Behaviour profiles."""

from __future__ import annotations

from kshell.abi import syscall_tbl
from kshell.kernel.core.profile import DEFAULT, PROFILES


def test_the_course_kernel_is_4_19_with_one_call_more() -> None:
    old, course = PROFILES["4.19"], PROFILES["course"]
    assert course._replace(name=old.name, release=old.release) == old
    assert DEFAULT is course
    rows = {row.number for row in syscall_tbl.load("course").rows} - {
        row.number for row in syscall_tbl.load("4.19").rows
    }
    assert rows == {335}


def test_each_profile_has_its_own_release_and_a_table() -> None:
    assert len({profile.release for profile in PROFILES.values()}) == len(PROFILES)
    for name, profile in PROFILES.items():
        assert profile.name == name
        assert not syscall_tbl.load(name).errors
