"""kshell.linux: all that a module may import."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell import linux
from kshell.abi import errno
from tests.kernel.module_lab import Lab


def test_everything_that_is_offered_is_there_and_has_a_docstring() -> None:
    for name in linux.__all__:
        thing = getattr(linux, name)
        if callable(thing):
            assert thing.__doc__, name


def test_every_errno_is_offered() -> None:
    numbers = {n for n, v in vars(errno).items() if n[0] == "E" and n.isupper() and isinstance(v, int)}
    assert numbers <= set(linux.__all__)
    assert len(set(linux.__all__)) == len(linux.__all__)


def test_a_star_import_gives_all_of_it(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    namespace = lab.load("").namespace
    assert set(linux.__all__) <= set(namespace)


def test_a_module_can_copy_from_and_to_its_caller(tmp_path: Path) -> None:
    from kshell.kernel.exec import Buffer, run_stub

    lab = Lab(tmp_path)
    lab.k.memory.set_writable(lab.k.sys_call_table, 1, True)
    module = lab.load(
        """
        def shout(k, regs):
            text = strncpy_from_user(k, regs[DI], 64)
            if isinstance(text, int):
                return text
            if copy_to_user(k, regs[SI], text.upper() + b"\\0"):
                return -EFAULT
            return len(text)
        """
    )
    lab.k.memory.store(lab.k.sys_call_table + 8 * 39, module.address + 0x10)
    run = run_stub(lab.k, 39, [b"hello", Buffer(6)])
    assert run.call is not None
    assert run.call.ret == 5
    assert run.buffers[0][2] == b"HELLO\0"
    assert lab.result(39, 1, 0) == -errno.EFAULT


@pytest.mark.parametrize("call", ["BUG()", "BUG_ON(n)"])
def test_bug_is_reported_where_it_stands(tmp_path: Path, call: str) -> None:
    lab = Lab(tmp_path)
    lab.handler(f"def handler(k, n):\n    {call}\n    return 0\n")
    lab.call(335, 1)
    assert "kernel BUG at m.py:5!" in lab.dmesg()


def test_bug_on_nothing_does_nothing(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.handler("def handler(k, n):\n    BUG_ON(n)\n    return 3\n")
    assert lab.result(335, 0) == 3


def test_references_count_and_cannot_fall_below_zero(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.handler(
        """
        def handler(k, n):
            if n > 0:
                return try_module_get(k, THIS_MODULE)
            module_put(k, THIS_MODULE)
            return 0
        """
    )
    assert lab.result(335, 1) == 1
    assert lab.result(335, 1) == 1
    assert module.refcount == 2
    lab.call(335, 0)
    lab.call(335, 0)
    assert module.refcount == 0
    assert lab.call(335, 0).outcome.kind == "killed"


def test_set_memory_asks_whether_there_is_memory(tmp_path: Path) -> None:
    k = Lab(tmp_path).k
    assert linux.set_memory_rw(k, 0xDEAD000, 1) == -errno.EINVAL
    address = linux.kallsyms_lookup_name(k, "sys_call_table")
    assert address == k.sys_call_table
    assert linux.set_memory_rw(k, address, 1) == 0
    k.memory.store(address, k.memory.load(address))
    assert linux.set_memory_ro(k, address + 8, 1) == 0
    assert linux.kallsyms_lookup_name(k, "nothing") == 0
