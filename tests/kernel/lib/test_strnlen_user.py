"""strnlen_user: the length of a string in user memory, with its NUL."""

from __future__ import annotations

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.entry.exec import STUB_DATA, STUB_END
from kshell.kernel.lib.usercopy import strnlen_user
from kshell.kernel.mm.uaccess import copy_to_user

PAGE = 4096


@pytest.mark.parametrize(
    ("at", "count", "length"),
    [
        (STUB_DATA, 100, 6),
        (STUB_DATA, 6, 6),
        (STUB_DATA, 5, 6),  # more than was asked for: there is no NUL among them
        (STUB_DATA, 1, 2),
        (STUB_DATA + 5, 1, 1),
        (STUB_DATA, 0, 0),
        (STUB_DATA, -1, 0),
        (STUB_DATA, (1 << 63) - 1, 6),
        (STUB_DATA + PAGE - 3, 100, 7),
        (STUB_END - 2, 2, 3),
        (STUB_END - 2, 3, 0),
        (8, 100, 0),
        (TASK_SIZE_MAX, 1, 0),
        (0xFFFF_FFFF_8100_0000, 8, 0),
    ],
)
def test_a_length_counts_the_nul(at: int, count: int, length: int) -> None:
    k = boot("course")
    assert copy_to_user(k, STUB_DATA, b"hello\0") == 0
    assert copy_to_user(k, STUB_DATA + PAGE - 3, b"across\0") == 0
    assert copy_to_user(k, STUB_END - 2, b"xx") == 0
    assert strnlen_user(k, at, count) == length
