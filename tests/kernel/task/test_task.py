"""Whose the first task is: what `uid=` on the kernel command line says."""

from __future__ import annotations

import pytest

from kshell.abi.errno import EACCES
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub


@pytest.mark.parametrize(
    ("cmdline", "uid"),
    [
        ("", 0),
        ("uid=1000", 1000),
        ("nosmap uid=7 nosmep", 7),
        ("uid=7 uid=8", 8),
        ("uid=", 0),
        ("uid=-1", 0),
        ("uid=x", 0),
        ("uid=4294967295", 0),
        ("xuid=5", 0),
    ],
)
def test_the_command_line_says_whose_the_first_task_is(cmdline: str, uid: int) -> None:
    k = boot("course", cmdline)
    answers = [run_stub(k, nr, []).call for nr in (102, 104, 107, 108)]
    assert [call.ret for call in answers if call is not None] == [uid] * 4


def test_a_task_that_is_not_roots_meets_EACCES_and_so_does_its_successor() -> None:
    k = boot("course", "uid=1000")
    for _ in range(2):
        call = run_stub(k, 2, [b"/etc/shadow", 0, 0]).call
        assert call is not None
        assert call.ret == -EACCES
        run_stub(k, 60, [0])
