"""kshell.linux: all that a module may import."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell import linux
from kshell.abi import errno
from kshell.cc.source import compile_module
from kshell.cc.source_error import SourceError
from kshell.kernel.core.memory import KernelFault
from kshell.shell.modules.insmod import rmmod
from tests.kernel.module_lab import Lab


def test_everything_that_is_offered_is_there_and_has_a_docstring() -> None:
    for name in linux.NAMES:
        thing = getattr(linux, name)
        if callable(thing):
            assert thing.__doc__, name


def test_every_errno_is_offered() -> None:
    numbers = {n for n, v in vars(errno).items() if n[0] == "E" and n.isupper() and isinstance(v, int)}
    assert numbers <= set(linux.NAMES)
    assert len(set(linux.NAMES)) == len(linux.NAMES)


def test_a_star_import_gives_all_of_it(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    namespace = lab.load("").namespace
    assert set(linux.NAMES) <= set(namespace)


def test_each_header_can_be_included_by_itself(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    for header, names in linux.HEADERS.items():
        imports = f"from {header} import {', '.join(names)}\nfrom {header} import *\nimport {header} as header\n"
        module = lab.load(imports, header.rpartition(".")[2] + "_user")
        assert set(names) <= set(module.namespace)


@pytest.mark.parametrize(
    ("line", "what", "try_"),
    [
        ("from kshell.linux.uacess import copy_to_user", "linux/uacess.h: No such file or directory", "uaccess"),
        ("from kshell.linux.uaccess import msleep", "'msleep' undeclared here (not in a function)", "import msleep"),
        ("from kshell.linux.delay import *\nx = BUG_ON", "'BUG_ON' undeclared here (not in a function)", "BUG_ON"),
    ],
)
def test_a_header_has_its_own_names_only(tmp_path: Path, line: str, what: str, try_: str) -> None:
    path = tmp_path / "m.py"
    path.write_text(f"{line}\n")
    with pytest.raises(SourceError) as caught:
        compile_module(str(path))
    assert caught.value.text == what
    assert try_ in caught.value.try_


def test_a_module_can_copy_from_and_to_its_caller(tmp_path: Path) -> None:
    from kshell.kernel.entry.exec import Buffer, run_stub

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
    assert "W" not in lab.k.taint.letters
    assert lab.result(335, 0) == 0
    assert module.refcount == 0
    assert "W" in lab.k.taint.letters
    assert any(line.startswith("WARNING: CPU: 0 PID: 77 at module.py:") for line in lab.dmesg())


def test_set_memory_asks_whether_there_is_memory(tmp_path: Path) -> None:
    k = Lab(tmp_path).k
    assert linux.set_memory_rw(k, 0xDEAD000, 1) == -errno.EFAULT
    address = linux.kallsyms_lookup_name(k, "sys_call_table")
    assert address == k.sys_call_table
    assert linux.set_memory_ro(k, address + 8, 1) == 0
    assert linux.kallsyms_lookup_name(k, "nothing") == 0


def test_set_memory_rw_leaves_the_kernels_read_only_data_as_it_is_and_says_0(tmp_path: Path) -> None:
    k = Lab(tmp_path).k
    assert linux.set_memory_rw(k, k.sys_call_table, 1) == 0
    with pytest.raises(KernelFault) as caught:
        k.memory.store(k.sys_call_table, 0)
    assert caught.value.error_code == 3
    assert "changes nothing" in k.take_notes()[0]


def test_set_memory_rw_opens_a_modules_own_text(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.load("def f(k):\n    return 0\n")
    with pytest.raises(KernelFault):
        lab.k.memory.store(module.address, 0)
    assert linux.set_memory_rw(lab.k, module.address, 1) == 0
    lab.k.memory.store(module.address, 0)
    assert linux.set_memory_ro(lab.k, module.address, 1) == 0
    with pytest.raises(KernelFault):
        lab.k.memory.store(module.address, 0)


def test_a_kernel_with_WP_clear_writes_to_read_only_pages(tmp_path: Path) -> None:
    k = Lab(tmp_path, "4.19").k
    cr0 = linux.read_cr0(k)
    assert cr0 == 0x8005_0033
    linux.write_cr0(k, cr0 & ~linux.X86_CR0_WP)
    assert linux.read_cr0(k) == 0x8004_0033
    k.memory.store(k.sys_call_table, k.memory.load(k.sys_call_table))
    linux.write_cr0(k, cr0)
    with pytest.raises(KernelFault):
        k.memory.store(k.sys_call_table, 0)
    assert not k.taint.letters


def test_WP_is_pinned_since_5_3_and_the_kernel_warns_once(tmp_path: Path) -> None:
    k = Lab(tmp_path, "6.19").k
    for _ in range(2):
        linux.write_cr0(k, 0)
    assert linux.read_cr0(k) & linux.X86_CR0_WP
    lines = [record.text for record in k.log.since(0)]
    assert lines.count("CR0 WP bit went missing!?") == 1
    assert any(line.startswith("WARNING: cr0.py:") and line.endswith("CPU#0: kshell/77") for line in lines)
    assert k.taint.letters == {"W"}


def test_msleep_takes_its_time_by_the_simulated_clock(tmp_path: Path) -> None:
    k = Lab(tmp_path).k
    before = k.clock.ns
    linux.msleep(k, 20)
    linux.msleep(k, -5)
    assert k.clock.ns == before + 20_000_000


def test_a_handler_whose_module_went_while_it_slept_returns_into_freed_text(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.handler("def handler(k, n):\n    msleep(k, 1)\n    k.printk(KERN_INFO, 'never')\n    return 0\n")
    lab.k.on_sleep = lambda: rmmod(lab.k, "m")
    assert lab.call(335, 1).outcome.kind == "killed"
    assert f"BUG: unable to handle kernel paging request at {module.address + 0x13:016x}" in lab.dmesg()
    assert "never" not in lab.dmesg()
    lab.assert_well()
