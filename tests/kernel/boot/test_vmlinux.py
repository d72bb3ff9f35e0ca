"""Kernels that were built: what is linked into them, what runs at their boot, and what cannot get through it."""

from __future__ import annotations

import pytest

from kshell.abi.syscall_rows import Row
from kshell.abi.syscall_tbl import from_rows
from kshell.cc.compiler import compile_file
from kshell.kbuild import course_kernel
from kshell.kernel.boot.start import boot
from kshell.kernel.boot.vmlinux import TEST_CALL, Vmlinux, packaged, vermagic
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.link.objects import BuiltIn
from kshell.kernel.mm import extable
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user

CALL = """\
from kshell.linux import EXPORT_SYMBOL, SYSCALL_DEFINE1, Int, Kernel, Long


@SYSCALL_DEFINE1
def answer(k: Kernel, number: Int) -> Long:
    return helper(k, number)


def helper(k: Kernel, number: int) -> Long:
    return number * 2


def _own(k: Kernel) -> int:
    return 0


EXPORT_SYMBOL(helper)
"""
INIT = """\
from kshell.linux import KERN_INFO, NULL, Int, Kernel, Long, Param, Ptr, Stub, module_init, module_param, pr_info

level = Param("level", 7)
module_param(level, "int", 0o644)
name = Param("name", "text")
module_param(name, "charp", 0o644)
STUB_a: Stub[[]] = Stub("STUB_a")


def start(k: Kernel) -> int:
    {body}
    return 0


module_init(start)
"""
USER = """\
from kshell.linux import Kernel, Stub, extern, module_init, pr_info

helper: Stub[[int]] = extern("helper")


def start(k: Kernel) -> int:
    pr_info(k, f"{helper(k, 4)}")
    return 0


module_init(start)
"""


def image(*sources: str, rows: list[Row] | None = None) -> Vmlinux:
    """A kernel of these sources, the first call of them at 335."""
    plain = packaged("4.19")
    own = [
        BuiltIn(f"SystemCalls/f{n}.o", compile_file(f"f{n}.py", text, "4.19.1-x", (4, 19), module=False).object)
        for n, text in enumerate(sources)
    ]
    more = [Row(335, "common", "answer", "__x64_sys_answer")] if rows is None else rows
    table = from_rows([*plain.table.rows, *more])
    return plain._replace(release="4.19.1-x", build=3, table=table, objects=[*plain.objects, *own])


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
    rows = [Row(39, "common", "answer", "__x64_sys_answer"), Row(520, "common", "far", "__x64_sys_answer")]
    k = boot(image(CALL, rows=rows))
    assert (ret(k, 39, 4), ret(k, 520, 5), ret(k, 512)) == (8, 10, -38)
    assert k.nr_syscalls == 521


def test_a_call_with_a_very_large_number_has_a_place_too() -> None:
    k = boot(image(CALL, rows=[Row(4000, "common", "answer", "__x64_sys_answer")]))
    assert ret(k, 4000, 1) == 2


def test_symbols_have_the_letters_that_nm_gives_them() -> None:
    k = boot(image(CALL, INIT.format(body="pass")))
    kinds = {s.name: s.kind for s in k.symbols}
    assert [kinds[n] for n in ("__x64_sys_answer", "helper", "_own", "STUB_a", "level")] == ["T", "T", "t", "B", "d"]


def test_variables_begin_with_their_values_and_keep_their_alignment() -> None:
    k = boot(image(INIT.format(body='pr_info(k, f"{k.read(level)} {k.read(name)}")')))
    assert any(record.text == "7 text" for record in k.log.since(0))
    places = {name: symbol for name in ("STUB_a", "level", "name") if (symbol := k.symbols.lookup(name))}
    assert {name: (symbol.size, symbol.address % symbol.size) for name, symbol in places.items()} == {
        "STUB_a": (8, 0),
        "level": (4, 0),
        "name": (8, 0),
    }


def test_an_init_function_that_is_built_in_runs_once_and_is_no_module() -> None:
    k = boot(image(INIT.format(body='pr_info(k, "started"); return -12')))
    assert [record.text for record in k.log.since(0)].count("started") == 1
    assert not k.modules
    assert k.builtin_modules == ["f0"]


@pytest.mark.parametrize(
    ("body", "code", "report"),
    [
        ("return 1 // k.read(level) // 0", "0x0000000b", "divide error: 0000 [#1] SMP PTI"),
        ("return Ptr[Int](NULL)[0]", "0x00000009", "Oops: 0000 [#1] SMP PTI"),
        ("while True: pass", "0x00000009", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]"),
    ],
)
def test_an_init_function_that_dies_takes_init_with_it(body: str, code: str, report: str) -> None:
    with pytest.raises(KernelPanic, match=f"Attempted to kill init! exitcode={code}") as caught:
        boot(image(INIT.format(body=body)), init_budget=1000)
    assert report in caught.value.log
    assert caught.value.log[-1] == f"Kernel panic - not syncing: Attempted to kill init! exitcode={code}"


def test_two_kernels_of_one_image_share_nothing() -> None:
    built = image(INIT.format(body="k.write(level, k.read(level) + 1)"))
    first, second = boot(built), boot(built)
    cells = [k.symbols.lookup("level") for k in (first, second)]
    values = [k.memory.read(cell.address, 4) for k, cell in zip((first, second), cells, strict=True) if cell]
    assert values == [b"\x08\0\0\0"] * 2


def test_files_that_are_linked_together_reach_each_other_by_extern() -> None:
    assert any(record.text == "8" for record in boot(image(CALL, USER)).log.since(0))


def test_the_version_magic_is_that_of_the_release() -> None:
    assert vermagic(packaged("4.19").profile, "4.19.1") == "4.19.1 SMP mod_unload "
    assert vermagic(packaged("6.19").profile, "6.19.0") == "6.19.0 SMP preempt mod_unload "


def test_every_row_of_a_packaged_kernel_reaches_what_its_definition_says() -> None:
    k = boot("course")
    reached = [entry_name(row.symbol) for row in k.table.rows if row.symbol and k.define_of(row.number)]
    assert set(k.definitions) <= set(reached)


def test_what_nothing_defines_stops_the_boot() -> None:
    with pytest.raises(KernelPanic, match="undefined reference to `helper'"):
        boot(image(USER))


def test_the_courses_own_call_is_what_its_source_compiles_to() -> None:
    with open(TEST_CALL, encoding="ascii") as file:
        assert file.read() == course_kernel.test_call(), "run: python -m kshell.kbuild.course_kernel"


# The exception table.


def test_the_exception_table_is_sorted_and_found_by_the_faulting_instruction() -> None:
    k = boot("course")
    table = extable.entries(k)
    assert table == sorted(table)
    names = [k.symbols.describe(entry.insn).partition("+")[0] for entry in table]
    assert names[:4] == ["__get_user_1", "__get_user_2", "__get_user_4", "__get_user_8"]
    assert all(extable.search_exception_tables(k, entry.insn) == entry for entry in table)
    assert extable.search_exception_tables(k, table[0].insn + 1) is None


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
