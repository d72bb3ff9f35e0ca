"""The functions that machine code calls: printk, strings, kmalloc, copies, and what each release exports."""

from __future__ import annotations

import pytest

from kshell.abi.errno import E2BIG, EFAULT
from kshell.kernel.boot.start import boot
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.entry.exec import STUB_DATA
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib import slab_calls as slab
from kshell.kernel.lib import string, usercopy
from kshell.kernel.lib.kallsyms import kallsyms_lookup_name
from kshell.kernel.lib.vprintk import _printk
from kshell.kernel.mm import uaccess
from tests.kernel.lib.values import Values

NOWHERE = 0xFFFF_8880_DEAD_0000
HUGE = 1 << 62


@pytest.fixture
def k() -> Kernel:
    return boot("course")


def put(k: Kernel, data: bytes) -> int:
    at = k.memory.static(len(data) + 1)
    k.memory.write(at, data + b"\0")
    return at


def say(k: Kernel, fmt: bytes, *values: int) -> list[tuple[int, str]]:
    before = k.log.written
    _printk(k, put(k, fmt), Values(values))
    return [(record.level, record.text) for record in k.log.since(before)]


def test_printk_takes_its_level_from_the_format(k: Kernel) -> None:
    assert say(k, b"\x015n is %d\n", 7) == [(5, "n is 7")]
    assert say(k, b"plain\n") == [(4, "plain")]
    assert say(k, b"\x013two\nlines\n") == [(3, "two"), (3, "lines")]
    assert say(k, b"\x01d\x016default\n") == [(6, "default")]
    assert say(k, b"\xff\x1b[2J\n") == [(4, "\\xff\\x1b[2J")]


def test_a_line_goes_on_until_its_end_or_another_line(k: Kernel) -> None:
    say(k, b"\x016one")
    assert say(k, b"\x01c, two") == []
    say(k, b"\x01c, three\n")
    assert k.log.since(0)[-1].text == "one, two, three"
    assert say(k, b"\x01cfour\n") == [(4, "four")]
    say(k, b"open")
    k.printk(6, "another")
    assert say(k, b"\x01cfive\n") == [(4, "five")]


def test_printk_of_a_bad_format_is_a_fault(k: Kernel) -> None:
    with pytest.raises(KernelFault):
        _printk(k, NOWHERE, Values([]))


def test_strings_are_compared_measured_and_copied(k: Kernel) -> None:
    a, b, room = put(k, b"abc"), put(k, b"abd"), put(k, b"." * 8)
    assert (string.strlen(k, a), string.strnlen(k, a, 2)) == (3, 2)
    assert (string.strcmp(k, a, b), string.strcmp(k, b, a), string.strncmp(k, a, b, 2)) == (-1, 1, 0)
    assert string.strscpy(k, room, a, 8) == 3
    assert string.strscpy(k, room, a, 3) == -E2BIG
    assert k.memory.read(room, 4) == b"ab\0\0"
    assert string.strscpy(k, room, a, 0) == -E2BIG


def test_blocks_are_filled_copied_and_compared(k: Kernel) -> None:
    at = k.memory.static(3 * 4096)
    assert string.memset(k, at, 0x141, 9000) == at
    assert k.memory.read(at + 8999, 2) == b"A\0"
    k.memory.write(at, bytes(range(200)) * 40)
    before = k.memory.read(at, 8000)
    string.memmove(k, at + 100, at, 8000)
    assert k.memory.read(at + 100, 8000) == before
    string.memmove(k, at, at + 100, 8000)
    assert string.memcmp(k, at, at, 9000) == 0
    string.memcpy(k, at + 8000, at, 100)
    assert string.memcmp(k, at, at + 8000, 101) != 0


@pytest.mark.parametrize("name", ["memset", "memcpy", "memmove", "memcmp"])
def test_a_length_without_sense_is_a_fault(k: Kernel, name: str) -> None:
    at = slab.kmalloc(k, 64, 0)
    with pytest.raises(KernelFault):
        getattr(string, name)(k, at, at if name != "memset" else 0, HUGE)


def test_what_is_freed_last_is_handed_out_first(k: Kernel) -> None:
    first, second = slab.kmalloc(k, 20, 0), slab.kmalloc(k, 30, 0)
    assert second == first + 32
    k.memory.write(first, b"secret!!")
    slab.kfree(k, first)
    assert slab.kmalloc(k, 25, 0) == first
    assert k.memory.read(first, 8) == b"secret!!"
    slab.kfree(k, first)
    assert slab.kzalloc(k, 25, 0) == first
    assert k.memory.read(first, 25) == bytes(25)


def test_kmalloc_takes_any_size(k: Kernel) -> None:
    assert slab.kmalloc(k, 0, 0) == 16
    assert slab.kmalloc(k, HUGE, 0) == 0
    large = slab.kmalloc(k, 100_000, 0)
    k.memory.write(large, bytes(100_000))
    slab.kfree(k, large)
    with pytest.raises(KernelFault):
        k.memory.load(large)
    slab.kfree(k, 0)
    slab.kfree(k, 16)


def test_kmalloc_answers_NULL_when_the_memory_is_used_up() -> None:
    k = boot("course", ram_size=8 << 20)
    while slab.kmalloc(k, 1 << 20, 0):
        pass
    while slab.kmalloc(k, 8192, 0):
        pass
    assert slab.kmalloc(k, 8192, 0) == 0


@pytest.mark.parametrize("offset", [1, 64, -8])
def test_kfree_of_what_kmalloc_never_gave_is_a_bug(k: Kernel, offset: int) -> None:
    at = slab.kmalloc(k, 4096, 0)
    with pytest.raises(KernelBug):
        slab.kfree(k, at + offset)


def address(k: Kernel, name: str) -> int:
    symbol = k.symbols.lookup(name)
    assert symbol is not None
    return symbol.address


def test_a_string_of_the_user_is_copied_with_its_end(k: Kernel) -> None:
    at = put(k, b"." * 16)
    uaccess.copy_to_user(k, STUB_DATA, b"name\0")
    assert usercopy.strncpy_from_user(k, at, STUB_DATA, 16) == 4
    assert k.memory.read(at, 6) == b"name\0."
    assert usercopy.strncpy_from_user(k, at, 8, 16) == -EFAULT


def test_each_release_exports_what_linux_does() -> None:
    old, new = boot("4.19"), boot("6.19")
    assert old.symbols.lookup_exported("printk")
    assert not old.symbols.lookup("_printk")
    assert new.symbols.lookup_exported("_printk")
    assert not new.symbols.lookup("printk")
    assert old.symbols.lookup_exported("kallsyms_lookup_name")
    assert not new.symbols.lookup_exported("kallsyms_lookup_name")
    assert new.symbols.lookup("kallsyms_lookup_name")
    assert new.symbols.lookup("param_ops_hexint")
    assert not old.symbols.lookup("param_ops_hexint")


def test_a_symbol_is_found_by_its_name(k: Kernel) -> None:
    assert kallsyms_lookup_name(k, put(k, b"sys_call_table")) == address(k, "sys_call_table")
    assert kallsyms_lookup_name(k, put(k, b"no_such_thing")) == 0
