"""madvise() of the vDSO's areas.  What 6.18 answers was asked of it; before 5.11 an area could be cut."""

from __future__ import annotations

import pytest

from kshell.abi.errno import EINVAL
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

MADVISE = 28
ADVICE = (*range(5), *range(8, 12), *range(16, 25))
WHOLE = {"data": [4, 8, 9, 11, 17, 20, 21, 22, 23, 24], "code": [8, 9, 17, 23]}
PART = {"data": [1, 2, 4, 8, 9, 10, 11, 17, 18, 20, 21, 22, 23, 24], "code": [1, 2, 8, 9, 10, 16, 17, 18, 23]}


def refused(k: Kernel, start: int, size: int) -> list[int]:
    """The advice that is answered by EINVAL; of all other the answer is 0."""
    answers = {}
    for advice in ADVICE:
        call = run_stub(k, MADVISE, [start, size, advice]).call
        assert call is not None
        answers[advice] = call.ret
    assert set(answers.values()) <= {0, -EINVAL}
    return [advice for advice, answer in answers.items() if answer]


@pytest.mark.parametrize("area", ["data", "code"])
def test_6_19_refuses_what_does_not_fit_an_area_and_all_that_would_cut_it(area: str) -> None:
    for pages, expected in ((2, WHOLE[area]), (1, PART[area])):
        k = boot("6.19")
        start = k.shell_task.mm.vdso - (2 * PAGE_SIZE if area == "data" else 0)  # [vvar_vclock] has two pages
        assert refused(k, start, pages * PAGE_SIZE) == expected


def test_4_19_cuts_an_area_and_still_keeps_its_data_where_they_are() -> None:
    k = boot("4.19")
    start = k.shell_task.mm.vdso - k.vdso.layout.size
    assert refused(k, start, PAGE_SIZE) == [4, 8, 9, 11, 17, 20, 21, 22, 23, 24]  # from 20 on it knows none
    assert refused(k, k.shell_task.mm.vdso, PAGE_SIZE) == [8, 9, 17, 20, 21, 22, 23, 24]
