"""The samples about user pointers: the wrong way, and the right one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kshell.abi.errno import EFAULT, EPERM
from kshell.kernel.entry.exec import STUB_DATA, run_stub
from tests.kernel.lab import EXIT, TEXT, run
from tests.kernel.module_lab import Lab
from tests.modules.test_samples import load

MakeLab = Callable[..., Lab]
NOT_TOUCHED, NOWHERE, NR = STUB_DATA + (1 << 20), 0x2000_0000, 335


@pytest.fixture
def make(tmp_path: Path) -> MakeLab:
    return lambda cmdline="": Lab(tmp_path, cmdline=cmdline)


def answer(lab: Lab, argument: int | bytes) -> int | None:
    """What test_call answers; None where it does not return."""
    call = run_stub(lab.k, NR, [argument]).call
    assert call is not None
    return call.ret


def last_why(lab: Lab) -> str:
    """Why the kernel oopsed last."""
    assert lab.k.last_report is not None
    return lab.k.last_report.why


def test_with_smap_a_user_pointer_is_an_oops_whether_the_page_is_there_or_not(make: MakeLab) -> None:
    for argument in (b"text", NOT_TOUCHED):
        lab = make()
        load(lab, "deref_user")
        assert answer(lab, argument) is None
        assert "copy_to_user only (SMAP)" in last_why(lab)


def test_without_smap_it_works_while_something_is_mapped_and_a_missing_page_is_brought_in(make: MakeLab) -> None:
    lab = make("nosmap")
    load(lab, "deref_user")
    assert answer(lab, b"text") == int.from_bytes(b"text", "little")
    faults = lab.k.shell_task.min_flt
    assert answer(lab, NOT_TOUCHED) == 0
    assert lab.k.shell_task.min_flt > faults
    assert answer(lab, NOWHERE) is None
    assert "nothing is mapped there" in last_why(lab)


def test_get_user_is_the_right_way(make: MakeLab) -> None:
    for cmdline in ("", "nosmap"):
        lab = make(cmdline)
        load(lab, "deref_user", right="1")
        assert answer(lab, b"text") == int.from_bytes(b"text", "little")
        assert answer(lab, NOT_TOUCHED) == 0
        assert answer(lab, NOWHERE) == -EFAULT


def test_a_jump_into_user_text_meets_smep_and_one_into_user_data_meets_nx(make: MakeLab) -> None:
    lab = make()
    load(lab, "jump_user")
    assert answer(lab, TEXT) is None
    assert "(SMEP)" in last_why(lab)
    assert answer(lab, b"data") is None
    assert "no code (NX)" in last_why(lab)


def test_without_smep_a_programs_function_runs_in_ring_0(make: MakeLab) -> None:
    call = bytes.fromhex("b84f010000 0f05 89c7")  # mov eax, 335; syscall; mov edi, eax
    function = bytes.fromhex("8cc8 c3")  # mov eax, cs; ret
    size = 5 + len(call) + len(EXIT)
    program = b"\xbf" + (TEXT + size).to_bytes(4, "little") + call + EXIT + function
    lab = make("nosmep nosmap")
    load(lab, "jump_user")
    assert run(lab.k, program).status == 0x10  # the kernel's code segment


def test_a_second_look_beats_the_check_and_one_look_does_not(make: MakeLab) -> None:
    lab = make()
    load(lab, "double_fetch")
    assert (answer(lab, b"2"), answer(lab, b"7"), answer(lab, NOWHERE)) == (12, -EPERM, -EFAULT)
    for parameters, value in (({"flip": "1"}, 9917), ({"flip": "1", "right": "1"}, 12)):
        lab = make()
        load(lab, "double_fetch", **parameters)
        assert answer(lab, b"2") == value
