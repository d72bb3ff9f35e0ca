"""What a booted kernel has in its memory."""

from __future__ import annotations

import pytest

from kshell.abi.syscall_tbl import load
from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.init_module.module_text import DO_INIT_MODULE, DO_SYS_DELETE_MODULE
from kshell.kernel.kernel import Kernel


@pytest.fixture(scope="module", params=["4.19", "course", "6.19"])
def k(request: pytest.FixtureRequest) -> Kernel:
    return boot(request.param)


def everything(k: Kernel) -> tuple[object, ...]:
    return (
        [repr(symbol) for symbol in k.symbols],
        k.log.since(0),
        k.clock.ns,
        bytes(k.ram.bytes[: 4096 * (k.ram.frames_used + 1)]),
    )


def test_the_same_kernel_booted_twice_is_the_same_to_the_byte() -> None:
    for profile in ("course", "6.19"):
        assert everything(boot(profile)) == everything(boot(profile))


def test_every_slot_of_the_table_reaches_its_rows_function_or_sys_ni_syscall(k: Kernel) -> None:
    for nr in range(k.nr_syscalls):
        address = k.memory.load(k.sys_call_table + 8 * nr)
        definition = k.define_of(nr)
        symbol = k.symbols.at(address)
        assert symbol is not None
        assert (address in k.bodies) == (definition is None or definition.body is not None)
        if definition is None:
            assert address == k.ni_syscall
        else:
            assert symbol.name == "__x64_sys_" + definition.name


def test_the_table_is_read_only(k: Kernel) -> None:
    with pytest.raises(KernelFault) as caught:
        k.memory.store(k.sys_call_table, 0)
    assert caught.value.error_code == 3


def test_kernel_text_is_read_only_and_data_is_not_executable(k: Kernel) -> None:
    with pytest.raises(KernelFault) as caught:
        k.memory.store(layout.KERNEL_TEXT, 0)
    assert caught.value.error_code == 3
    with pytest.raises(KernelFault) as caught:
        k.jump_into_nothing(layout.KERNEL_DATA)
    assert caught.value.error_code == 0x11


def test_a_new_call_moves_no_other_function() -> None:
    old, course, new = (
        {s.name: s.address for s in boot(p).symbols if s.name.startswith("__x64_sys_")}
        for p in ("4.19", "course", "6.19")
    )
    own = {row.symbol for row in load("course").rows} - {row.symbol for row in load("4.19").rows}
    assert "__x64_sys_test_call" in own
    assert set(course) - set(old) == own
    assert all(course[name] == address for name, address in old.items())
    assert all(new[name] == address for name, address in old.items() if name in new)


def test_no_two_functions_share_an_address(k: Kernel) -> None:
    second_names = ("copy_from_user", "copy_to_user")  # of _copy_from_user and _copy_to_user, for sources
    addresses = [s.address for s in k.symbols if s.name not in second_names]
    assert len(set(addresses)) == len(addresses)
    inside = {DO_INIT_MODULE.body, DO_SYS_DELETE_MODULE.body}  # of a function that is text up to there
    assert all(k.symbols.at(address) is not None for address in k.bodies.keys() - inside)
    assert inside <= k.bodies.keys()


def test_every_built_in_call_has_a_row_or_is_said_to_have_none(k: Kernel) -> None:
    rows = {entry_name(row.symbol) for row in k.table.rows if row.symbol}
    assert set(k.definitions) <= rows


def test_every_call_has_a_page_of_its_errors(k: Kernel) -> None:
    for definition in k.definitions.values():
        assert definition.doc.strip(), definition.name
