"""kshell.linux: the headers that a module includes, and what they declare."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kshell.abi import errno
from kshell.cc.front.headers_index import index, texts
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.entry.exec import Buffer, run_stub
from kshell.kernel.lib.cr0 import X86_CR0_WP, native_read_cr0, native_write_cr0
from kshell.kernel.lib.set_memory import set_memory_ro, set_memory_rw
from kshell.kernel.lib.sleep import msleep
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import HANDLER_LINE, Lab


def test_every_function_that_is_offered_has_a_docstring() -> None:
    for header, text in texts().items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{header}.{node.name}"


def test_every_errno_is_offered() -> None:
    numbers = {n for n, v in vars(errno).items() if n[0] == "E" and n.isupper() and isinstance(v, int)}
    assert numbers <= set(index())


def test_a_star_import_gives_what_each_header_declares(tmp_path: Path) -> None:
    values = [name for name, header in index().items() if header == "errno"]
    body = "".join(f"    n += {name}\n" for name in values)
    lab = Lab(tmp_path)
    lab.load(f"def f(k: Kernel) -> int:\n    n = 0\n{body}    return n\nEXPORT_SYMBOL(f)\n")
    assert lab.k.call_out(lab.address("f")) == sum(vars(errno)[name] for name in values if name in vars(errno))


@pytest.mark.parametrize("header", texts())
def test_each_header_can_be_included_by_itself(tmp_path: Path, header: str) -> None:
    names = [name for name, found in index().items() if found == header and not name.startswith("_")]
    lab = Lab(tmp_path)
    for line in (f"from kshell.linux.{header} import *", f"from kshell.linux.{header} import {', '.join(names)}"):
        assert lab.load(line + "\n").state == "Live"
        rmmod(lab.k, "m")


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
    with pytest.raises(ModuleError) as caught:
        insmod(Lab(tmp_path).k, str(path))
    assert caught.value.details[0].endswith(f"error: {what}")
    assert try_ in caught.value.try_


def test_a_module_can_copy_from_and_to_its_caller(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.k.memory.set_writable(lab.k.sys_call_table, 1, True)
    lab.load(
        """
        def shout(k: Kernel, regs: Ptr[pt_regs]) -> Long:
            text: Array[Char] = Array(Char, 64)
            size = strncpy_from_user(k, text, User[Char](regs.di), sizeof(text))
            if size < 0:
                return size
            for i in range(size):
                text[i] -= 32
            if copy_to_user(k, User[Char](regs.si), text, size + 1):
                return -EFAULT
            return size
        """
    )
    lab.k.memory.store(lab.k.sys_call_table + 8 * 39, lab.address("shout"))
    run = run_stub(lab.k, 39, [b"hello", Buffer(6)])
    assert run.call is not None
    assert run.call.ret == 5
    assert run.buffers[0][2] == b"HELLO\0"
    assert lab.result(39, 1, 0) == -errno.EFAULT


@pytest.mark.parametrize("call", ["BUG()", "BUG_ON(n)"])
def test_bug_is_reported_where_it_stands(tmp_path: Path, call: str) -> None:
    lab = Lab(tmp_path)
    lab.handler(f"def handler(k: Kernel, n: int) -> Long:\n    {call}\n    return 0\n")
    lab.call(335, 1)
    assert f"kernel BUG at {tmp_path}/m.py:{HANDLER_LINE + 1}!" in lab.dmesg()


def test_bug_on_nothing_does_nothing(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.handler("def handler(k: Kernel, n: int) -> Long:\n    BUG_ON(n)\n    return 3\n")
    assert lab.result(335, 0) == 3


def test_references_count_and_the_last_to_go_is_the_kernel_s_own(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.handler(
        """
        def handler(k: Kernel, n: int) -> Long:
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
    assert lab.result(335, 0) == 0  # MODULE_REF_BASE is gone with it
    assert module.refcount == -1
    assert "W" not in lab.k.taint.letters
    assert lab.result(335, 1) == 0
    assert lab.result(335, 0) == 0
    assert module.refcount == -1
    assert "W" in lab.k.taint.letters
    lines = lab.dmesg()
    warning = re.compile(r"WARNING: CPU: 0 PID: 77 at kernel/module/refcount\.py:\d+ module_put\+0x0/0x10")
    assert any(warning.fullmatch(line) for line in lines)
    trace = lines[lines.index("Call Trace:") + 1]
    assert trace.startswith(" handler+0x")
    assert trace.endswith(f" [m] (m.py:{HANDLER_LINE + 3})")


def test_set_memory_asks_whether_there_is_memory(tmp_path: Path) -> None:
    k = Lab(tmp_path).k
    assert set_memory_rw(k, 0xDEAD000, 1) == -errno.EFAULT
    assert set_memory_ro(k, k.sys_call_table + 8, 1) == 0


def test_a_module_looks_up_a_symbol_by_its_name(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.handler(
        """
        def handler(k: Kernel, n: int) -> Long:
            return kallsyms_lookup_name(k, "sys_call_table" if n else "nothing")
        """
    )
    assert lab.result(335, 1) == lab.k.sys_call_table - (1 << 64)
    assert lab.result(335, 0) == 0


def test_set_memory_rw_leaves_the_kernels_read_only_data_as_it_is_and_says_0(tmp_path: Path) -> None:
    k = Lab(tmp_path).k
    assert set_memory_rw(k, k.sys_call_table, 1) == 0
    with pytest.raises(KernelFault) as caught:
        k.memory.store(k.sys_call_table, 0)
    assert caught.value.error_code == 3
    assert "changes nothing" in k.take_notes()[0]


def test_set_memory_rw_opens_a_modules_own_text(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.load("def f(k: Kernel) -> int:\n    return 0\n")
    with pytest.raises(KernelFault):
        lab.k.memory.store(module.address, 0)
    assert set_memory_rw(lab.k, module.address, 1) == 0
    lab.k.memory.store(module.address, 0)
    assert set_memory_ro(lab.k, module.address, 1) == 0
    with pytest.raises(KernelFault):
        lab.k.memory.store(module.address, 0)


def test_a_kernel_with_WP_clear_writes_to_read_only_pages(tmp_path: Path) -> None:
    k = Lab(tmp_path, "4.19").k
    cr0 = native_read_cr0(k)
    assert cr0 == 0x8005_0033
    native_write_cr0(k, cr0 & ~X86_CR0_WP)
    assert native_read_cr0(k) == 0x8004_0033
    k.memory.store(k.sys_call_table, k.memory.load(k.sys_call_table))
    native_write_cr0(k, cr0)
    with pytest.raises(KernelFault):
        k.memory.store(k.sys_call_table, 0)
    assert not k.taint.letters


def test_WP_is_pinned_since_5_3_and_the_kernel_warns_once(tmp_path: Path) -> None:
    k = Lab(tmp_path, "6.19").k
    for _ in range(2):
        native_write_cr0(k, 0)
    assert native_read_cr0(k) & X86_CR0_WP
    lines = [record.text for record in k.log.since(0)]
    assert lines.count("CR0 WP bit went missing!?") == 1
    assert any(line.startswith("WARNING: kernel/lib/cr0.py:") and line.endswith("CPU#0: kshell/77") for line in lines)
    assert k.taint.letters == {"W"}


def test_msleep_takes_its_time_by_the_simulated_clock(tmp_path: Path) -> None:
    k = Lab(tmp_path).k
    before = k.clock.ns
    msleep(k, 20)
    msleep(k, 0)
    assert k.clock.ns == before + 20_000_000


def test_a_handler_whose_module_went_while_it_slept_returns_into_freed_text(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.handler(
        """
        def handler(k: Kernel, n: int) -> Long:
            msleep(k, 1)
            k.printk(KERN_INFO, "never")
            return 0
        """
    )
    lab.k.on_sleep = lambda: rmmod(lab.k, "m")
    assert lab.call(335, 1).outcome.kind == "killed"
    fault = f"BUG: unable to handle kernel paging request at {module.address >> 12:013x}"
    assert any(line.startswith(fault) for line in lab.dmesg())
    assert "never" not in lab.dmesg()
    lab.assert_well()
