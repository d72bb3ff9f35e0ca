"""What insmod says beside a module that it has loaded: what C lets pass, and a student should look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.shell.modules.insmod import insmod
from tests.kernel.module_lab import Lab

HEAD = """from kshell.linux import *
MODULE_LICENSE("GPL")
"""
INIT = "def m_init(k: Kernel) -> int:\n    return {}\nmodule_init(m_init)\n"
STORES = """STUB: Stub[[int]] = extern("STUB_test_call")
def m_init(k: Kernel) -> int:
    k[STUB] = Fn[[int], Long](5)
    return 0
module_init(m_init)
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def notes(lab: Lab, text: str) -> str:
    path = lab.folder / "m.py"
    path.write_text(HEAD + text)
    insmod(lab.k, str(path))
    return "\n".join(lab.k.take_notes())


def test_an_init_that_returns_a_positive_number_is_noted(lab: Lab) -> None:
    assert "returned 38, and m is loaded all the same" in notes(lab, INIT.format(38))


def test_a_warning_of_the_compiler_is_noted_with_its_place_and_the_way_out(lab: Lab) -> None:
    said = notes(lab, INIT.format("ENOSYS"))
    assert said.startswith("m.py:4: warning: 'm_init' returns ENOSYS, which is 38")
    assert "return -ENOSYS" in said


def test_a_stub_of_the_modules_own_is_noted_where_the_kernel_exports_one(lab: Lab) -> None:
    said = notes(lab, 'other: Stub[[int]] = Stub("STUB_test_call")\n')
    assert 'exports is extern("STUB_test_call")' in said


def test_a_number_in_a_pointer_is_explained_when_it_is_called(lab: Lab) -> None:
    notes(lab, STORES)
    signal = lab.call(335, 1).outcome.signal
    assert signal is not None
    assert "it called 0x5, and that is the number 5 and no function" in signal.why
