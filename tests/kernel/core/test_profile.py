"""Behaviour profiles."""

from __future__ import annotations

from kshell.abi import syscall_tbl
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.profile import DEFAULT, PROFILES
from kshell.kernel.syscalls import definitions, subjects


def test_the_course_kernel_is_4_19_with_calls_of_its_own() -> None:
    old, course = PROFILES["4.19"], PROFILES["course"]
    assert course._replace(name=old.name, release=old.release) == old
    assert DEFAULT is course
    rows, old_rows = syscall_tbl.load("course").rows, set(syscall_tbl.load("4.19").rows)
    own = [row for row in rows if row not in old_rows]
    assert (335, "test_call") in [(row.number, row.name) for row in own]
    bodies = {each.name for subject in subjects() for each in definitions(subject)} | {"test_call"}
    assert all(row.abi == "common" and entry_name(str(row.symbol)) in bodies for row in own)


def test_each_profile_has_its_own_release_and_a_table() -> None:
    assert len({profile.release for profile in PROFILES.values()}) == len(PROFILES)
    for name, profile in PROFILES.items():
        assert profile.name == name
        assert not syscall_tbl.load(name).errors
