"""A pointer into the kernel that a program hands over: what refuses it, and why that is needed."""

from __future__ import annotations

import pytest

from tests.shell.lab import Lab

TABLE, NOTHING = 0xFFFF_FFFF_8200_0000, 0xFFFF_FFFF_C100_0000


@pytest.mark.parametrize("release", ["course", "6.19"])
def test_write_asks_access_ok_and_the_page_itself_could_have_been_read(release: str) -> None:
    lab = Lab(release)
    because = lab.json(f"syscall write 1 {TABLE:#x} 8")["because"]
    assert f"here buf = {TABLE:#x} is not a user address: access_ok refuses it; the page itself\nis there" in because
    assert "ring 0 may read it (sys_call_table): nothing but that keeps a program out" in because
    assert lab.json(f"syscall write 1 {NOTHING:#x} 8")["because"].endswith("access_ok refuses it")


def test_a_new_release_moves_the_pointer_of_a_call_that_only_copies() -> None:
    for release, verdict in (("course", "access_ok refuses it"), ("6.19", "the kernel moves it to where nothing is")):
        because = Lab(release).json(f"syscall open {NOTHING:#x} 0")["because"]
        assert f"{NOTHING:#x} is not a user address: {verdict}" in because


def test_what_is_no_address_is_not_looked_at() -> None:
    because = Lab().json("syscall write 1 0x8000000000000000 8")["because"]
    assert because.endswith("is not a user address: access_ok refuses it")
