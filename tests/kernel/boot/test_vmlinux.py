"""Kernels that were built: what is linked into them, what runs at their boot, and what cannot get through it."""

from __future__ import annotations

from typing import Any

import pytest

from kshell.abi.syscall_tbl import load
from kshell.cc.image import read_image
from kshell.kernel.boot.start import boot
from kshell.kernel.boot.vmlinux import Vmlinux, packaged, vermagic
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm import extable
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user

CALL = """\
from kshell.linux import SYSCALL_DEFINE1, Int, Kernel, Long


@SYSCALL_DEFINE1
def answer(k: Kernel, number: Int) -> Long:
    return helper(k, number)


def helper(k: Kernel, number: int) -> int:
    return number * 2


def _own(k: Kernel) -> int:
    return 0
"""
INIT = """\
from kshell.linux import KERN_INFO, Kernel, Param, Stub, module_init

level = Param("level", 7)
name = Param("name", "text")
STUB_a = Stub("STUB_a")


def start(k: Kernel) -> int:
    {body}


module_init(start)
"""


def image(*sources: str, rows: list[list[Any]] | None = None, profile: str = "4.19") -> Vmlinux:
    """A kernel of these sources, the first call of them at 335."""
    objects = [{"name": f"SystemCalls/f{n}.o", "source": f"f{n}.py", "text": text} for n, text in enumerate(sources)]
    table = [[row.number, row.abi, row.name, row.symbol] for row in load(profile).rows]
    rows = table + ([[335, "common", "answer", "__x64_sys_answer"]] if rows is None else rows)
    return read_image({"profile": profile, "release": "4.19.1-x", "build": 3, "rows": rows, "objects": objects})


def ret(k: Kernel, nr: int, *args: int) -> int | None:
    call = run_stub(k, nr, list(args)).call
    assert call is not None
    return call.ret


def test_a_built_kernel_answers_the_call_that_was_linked_into_it() -> None:
    k = boot(image(CALL))
    assert ret(k, 335, 21) == 42
    assert (k.release, k.version, k.vermagic) == ("4.19.1-x", "#3 SMP", "4.19.1-x SMP mod_unload ")
    assert k.log.since(0)[0].text == k.banner
    assert k.banner.endswith(k.version)


def test_a_later_row_has_the_number_and_a_row_of_x32_never() -> None:
    rows = [[39, "common", "answer", "__x64_sys_answer"], [520, "common", "far", "__x64_sys_answer"]]
    k = boot(image(CALL, rows=rows))
    assert (ret(k, 39, 4), ret(k, 520, 5), ret(k, 512)) == (8, 10, -38)
    assert k.nr_syscalls == 521


def test_a_call_with_a_very_large_number_has_a_place_too() -> None:
    k = boot(image(CALL, rows=[[4000, "common", "answer", "__x64_sys_answer"]]))
    assert ret(k, 4000, 1) == 2


def test_symbols_have_the_letters_that_nm_gives_them() -> None:
    k = boot(image(CALL, INIT.format(body="return 0")))
    kinds = {s.name: s.kind for s in k.symbols}
    assert [kinds[n] for n in ("__x64_sys_answer", "helper", "_own", "STUB_a", "level")] == ["T", "T", "t", "B", "d"]


def test_variables_stand_side_by_side_and_begin_with_their_values() -> None:
    k = boot(image(INIT.format(body='k.printk(KERN_INFO, f"{k.read(level)} {k.read(name)}"); return 0')))
    assert any(record.text == "7 text" for record in k.log.since(0))
    addresses = [symbol.address for name in ("STUB_a", "level", "name") if (symbol := k.symbols.lookup(name))]
    assert sorted(b - a for a, b in zip(sorted(addresses), sorted(addresses)[1:], strict=False)) == [8, 8]


def test_an_init_function_that_is_built_in_runs_once_and_is_no_module() -> None:
    k = boot(image(INIT.format(body='k.printk(KERN_INFO, "started"); return -12')))
    assert [record.text for record in k.log.since(0)].count("started") == 1
    assert not k.modules
    assert k.builtin_modules == ["f0"]


@pytest.mark.parametrize(
    ("body", "code", "report"),
    [
        ("return 1 // 0", "0x0000000b", "kernel BUG at f0.py:9!"),
        ("return k.memory.load(0)", "0x00000009", "Oops: 0000 [#1] SMP PTI"),
        ("while True: pass", "0x00000009", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]"),
    ],
)
def test_an_init_function_that_dies_takes_init_with_it(body: str, code: str, report: str) -> None:
    with pytest.raises(KernelPanic, match=f"Attempted to kill init! exitcode={code}") as caught:
        boot(image(INIT.format(body=body)), tick_budget=1000)
    assert report in caught.value.log
    assert caught.value.log[-1] == f"Kernel panic - not syncing: Attempted to kill init! exitcode={code}"


def test_two_kernels_of_one_image_share_nothing() -> None:
    built = image(INIT.format(body="k.write(level, k.read(level) + 1); return 0"))
    first, second = boot(built), boot(built)
    cells = [k.symbols.lookup("level") for k in (first, second)]
    assert [k.memory.load(cell.address) for k, cell in zip((first, second), cells, strict=True) if cell] == [8, 8]


def test_files_that_are_linked_together_reach_each_other_by_extern() -> None:
    user = "from kshell.linux import Kernel, extern, module_init\n\nhelper = extern('helper')\n\n\n"
    user += "def start(k: Kernel) -> int:\n    k.printk(str(k[helper](k, 4)))\n    return 0\n\n\nmodule_init(start)\n"
    assert any(record.text == "8" for record in boot(image(CALL, user)).log.since(0))


def test_the_version_magic_is_that_of_the_release() -> None:
    assert vermagic(packaged("4.19").profile, "4.19.1") == "4.19.1 SMP mod_unload "
    assert vermagic(packaged("6.19").profile, "6.19.0") == "6.19.0 SMP preempt mod_unload "


def test_every_row_of_a_packaged_kernel_reaches_what_its_definition_says() -> None:
    k = boot("course")
    reached = [entry_name(row.symbol) for row in k.table.rows if row.symbol and k.define_of(row.number)]
    assert set(k.definitions) <= set(reached)


# The exception table.


def test_the_exception_table_is_sorted_and_found_by_the_faulting_instruction() -> None:
    k = boot("course")
    table = extable.entries(k)
    assert table == sorted(table)
    assert [k.symbols.describe(entry.insn) for entry in table] == ["copy_to_user+0x0/0x10", "copy_from_user+0x0/0x10"]
    assert all(extable.search_exception_tables(k, entry.insn) == entry.fixup for entry in table)
    assert extable.search_exception_tables(k, table[0].insn + 1) == 0


def test_a_bad_user_pointer_without_an_entry_is_an_oops() -> None:
    k = boot("course")
    assert copy_from_user(k, 0x10000, 4) == b""
    assert copy_to_user(k, 0x10000, b"text") == 4
    k.extable_size = 0
    with pytest.raises(KernelFault):
        copy_from_user(k, 0x10000, 4)
    k = boot("course")
    k.extable_size = 0
    outcome = run_stub(k, 1, [1, 0x10000, 4]).outcome
    assert outcome.kind == "killed"
    assert any("BUG: unable to handle" in record.text for record in k.log.since(0))
