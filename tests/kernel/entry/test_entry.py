"""The way in: which function a number reaches, by each release's rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.errno import ENOSYS, ENXIO
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.entry import lookup
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Tracer
from kshell.shell.calls.hops import words
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

U64 = (1 << 64) - 1
GETPID = 39
PROFILES = ("4.19", "course", "6.19")


@pytest.fixture(scope="module", params=PROFILES)
def k(request: pytest.FixtureRequest) -> Kernel:
    return boot(request.param)


def result(k: Kernel, nr: int, *args: int) -> int | None:
    call = run_stub(k, nr, list(args)).call
    assert call is not None
    return call.ret


@pytest.mark.parametrize("nr", [-1, -2, 1 << 30, 1 << 30 | GETPID, 10_000, 1 << 31, 511, 512, 547, 600, 400_000])
def test_numbers_outside_the_table_are_not_implemented(k: Kernel, nr: int) -> None:
    assert result(k, nr) == -ENOSYS


def test_the_upper_half_of_rax_alone_is_read_on_new_kernels() -> None:
    assert lookup(boot("6.19"), 1 << 63)[1] == 0
    assert lookup(boot("4.19"), 1 << 63) == (None, -(1 << 63))


def test_the_upper_half_of_rax_counts_on_old_kernels_only() -> None:
    old, new = boot("4.19"), boot("6.19")
    assert result(old, (1 << 32) + GETPID) == -ENOSYS
    assert result(new, (1 << 32) + GETPID) == new.shell_task.pid
    assert result(new, (1 << 32) - 1) == -ENOSYS


def test_out_of_range_never_reaches_sys_ni_syscall_on_old_kernels_and_does_on_new_ones() -> None:
    old, new = boot("4.19"), boot("6.19")
    assert lookup(old, 5000) == (None, 5000)
    assert lookup(old, U64) == (None, -1)
    assert lookup(new, 5000) == (new.ni_syscall, 5000)
    assert lookup(new, U64) == (None, -1)
    assert lookup(new, 0xFFFF_FFFF) == (None, -1)


def test_every_hole_of_the_table_is_not_implemented(k: Kernel) -> None:
    for nr in k.table.holes():
        assert lookup(k, nr)[0] == k.ni_syscall, nr
    holes = k.table.holes()
    assert not holes or result(k, holes[0]) == -ENOSYS


def test_335_is_another_call_in_each_kernel() -> None:
    assert result(boot("4.19"), 335, 42) == -ENOSYS
    assert result(boot("course"), 335, 42) == -ENOSYS
    k = boot("6.19")
    outcome = run_stub(k, 335, [42]).outcome
    assert outcome.kind == "killed"
    assert outcome.signal is not None
    assert outcome.signal.name == "SIGILL"
    assert result(k, 336) == -ENXIO


def test_getpid_answers_the_same_by_number_and_name(k: Kernel) -> None:
    assert result(k, GETPID) == k.shell_task.pid
    assert k.define_of(GETPID) is k.definitions["getpid"]


HIJACK = """
def my_getpid(k: Kernel, regs: Ptr[pt_regs]) -> Long:
    return {value}
def m_init(k: Kernel) -> int:
    Ptr[ULong]({slot:#x})[0] = ULong(addr(my_getpid))
    return 0
def m_exit(k: Kernel) -> None:
    pass
module_init(m_init)
module_exit(m_exit)
"""


@pytest.mark.parametrize("profile", PROFILES)
def test_a_naive_store_into_the_table_oopses(tmp_path: Path, profile: str) -> None:
    with pytest.raises(ModuleError, match="Killed: insmod"):
        hijacked(tmp_path, profile, "0", writable=False)


def hijacked(tmp_path: Path, profile: str, value: str, writable: bool = True) -> Lab:
    """A kernel whose getpid is replaced by a function that returns `value`."""
    lab = Lab(tmp_path, profile)
    lab.k.memory.set_writable(lab.k.sys_call_table, 4096, writable)
    path = tmp_path / "m.py"
    text = HIJACK.format(value=value, slot=lab.k.sys_call_table + 8 * GETPID)
    path.write_text("from kshell.linux import *\nMODULE_LICENSE('GPL')\n" + text)
    insmod(lab.k, str(path))
    return lab


@pytest.mark.parametrize("profile", PROFILES)
def test_a_hijacked_slot_is_followed_where_the_table_dispatches(tmp_path: Path, profile: str) -> None:
    lab = hijacked(tmp_path, profile, "regs.orig_ax * 100 + regs.di")
    assert lab.result(GETPID, 7) == (lab.k.shell_task.pid if profile == "6.19" else 3907)


@pytest.mark.parametrize(
    ("value", "wanted"), [("(ULong(1) << 63) + 5", 5 - 2**63), ("True", 1), ("-38", -38), ("~ULong(0)", -1)]
)
def test_what_a_hijacker_returns_is_a_c_long(tmp_path: Path, value: str, wanted: int) -> None:
    assert hijacked(tmp_path, "4.19", value).result(GETPID) == wanted


def test_removing_a_hijacker_without_restoring_the_slot_oopses_at_the_next_call(tmp_path: Path) -> None:
    lab = hijacked(tmp_path, "4.19", "0")
    rmmod(lab.k, "m")
    outcome = lab.call(GETPID).outcome
    assert outcome.signal is not None
    assert outcome.signal.name == "SIGKILL"
    assert any(line.startswith("RIP: 0010:0xffffffffc0000000") for line in lab.dmesg())


def test_statistics_count_calls_and_errors_and_share_one_entry_outside_the_table() -> None:
    k = boot("6.19")
    for nr in range(1000, 1100):
        result(k, nr)
    result(k, 3, 99)
    assert (k.statistics[3].count, k.statistics[3].errors) == (1, 1)
    assert k.statistics[-1].count == 100
    assert len(k.statistics) == 2


def test_a_traced_call_tells_each_hop_in_order() -> None:
    k = boot("course")
    tracer = Tracer(wants_events=True)
    run_stub(k, 335, [42], tracer=tracer)
    steps = [event.step for event in tracer.events]
    code = ["call"] * 3  # __x64_sys_test_call, __se_sys_test_call, __do_sys_test_call
    printk = ["call", "printk", "call"]
    assert steps == ["cpu", "entry", "dispatch", "table", "wrapper", *code, *printk, *code, "return", "user"]
    assert words(tracer.events[4]) == "SYSCALL_DEFINE1(test_call, int, test_int)\tdi 0x2a -> test_int = 42"
