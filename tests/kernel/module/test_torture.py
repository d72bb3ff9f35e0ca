"""Modules that are odd on purpose: each must end in an answer, a refusal or an oops, never in a traceback of ours."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kshell.kernel.entry import machine_code, oops
from kshell.kernel.entry.exec import run_stub
from kshell.machine.stop import CTRL_C
from kshell.shell.modules.insmod import rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

HANDLERS = {
    "calls itself through the stub": "return k[STUB_test_call](k, n)",
    "puts a number into the stub": ("k[STUB_test_call] = Fn[[Int], Long](5)\n    return 1"),
    "loads a negative address": "return Ptr[Long](-8)[0]",
    "loads non-canonical": "return Ptr[Long](ULong(1) << 50)[0]",
    "reads user memory": "return Ptr[Long](0x401000)[0]",
    "stores at the end of memory": ("Ptr[ULong](0xfffffffffffffffc)[0] = 5\n    return 1"),
    "copies a great deal": (
        "memcpy(k, Ptr[Void](ULong(addr(n))), Ptr[Void](0xffffffff81000000), 1 << 40)\n    return 1"
    ),
    "fills the kernel": ("memset(k, Ptr[Void](0xffffffff81000000), 0, 1 << 20)\n    return 1"),
    "fills its stack": ("memset(k, addr(n), 0, 1 << 12)\n    return 1"),
    "measures a text without end": "return strlen(k, Ptr[Char](0xffffffffffffff00))",
    "calls a negative address": "return Fn[[], Long](-1)(k)",
    "calls a call's wrapper without registers": (
        "return Fn[[Ptr[Void]], Long](kallsyms_lookup_name(k, '__x64_sys_read'))(k, NULL)"
    ),
    "calls the entry of all calls": "return Fn[[], Long](kallsyms_lookup_name(k, 'entry_SYSCALL_64'))(k)",
    "calls do_syscall_64": "return Fn[[Int], Long](kallsyms_lookup_name(k, 'do_syscall_64'))(k, n)",
    "calls a variable": "return Fn[[], Long](ULong(addr(STUB_test_call)))(k)",
    "calls init again": "return m_init(k)",
    "calls exit from itself": ("m_exit(k)\n    return 1"),
    "prints what is no text": ("k.printk(KERN_INFO, f'{Ptr[Char](8)}')\n    return 1"),
    "prints without end": ("while True:\n        k.printk(KERN_INFO, 'again')\n    return 1"),
    "prints a format of the caller's": (
        "Fn[[ULong], Int](kallsyms_lookup_name(k, 'printk'))(k, ULong(n))\n    return 1"
    ),
    "stores in text": ("Ptr[ULong](ULong(addr(handler)))[0] = 0\n    return 1"),
    "makes its text writable and spoils it": (
        "set_memory_rw(k, ULong(addr(handler)) & ~ULong(4095), 1)\n    "
        "Ptr[ULong](ULong(addr(handler)))[0] = 0\n    "
        "return handler(k, n)"
    ),
    "protects what is not there": "return set_memory_rw(k, 0, 0) + set_memory_ro(k, 5, 1 << 3)",
    "protects the kernel from itself": "return set_memory_ro(k, ULong(addr(n)) & ~ULong(4095), 1)",
    "frees twice": ("p = kmalloc(k, 64, GFP_KERNEL)\n    kfree(k, p)\n    kfree(k, p)\n    return 1"),
    "uses what it freed": ("p = Ptr[Int](kmalloc(k, 64, GFP_KERNEL))\n    kfree(k, p)\n    p[0] = 5\n    return p[0]"),
    "takes all memory": ("while kmalloc(k, 1 << 20, GFP_KERNEL):\n        n += 1\n    return n"),
    "takes it byte by byte": ("while kmalloc(k, 8, GFP_KERNEL):\n        n += 1\n    return n"),
    "holds itself for ever": ("for i in range(100):\n        try_module_get(k, THIS_MODULE)\n    return 1"),
    "puts what it never got": ("for i in range(100):\n        module_put(k, THIS_MODULE)\n    return 1"),
    "puts no module": ("module_put(k, Ptr[module](addr(n)))\n    return 1"),
    "clears WP": (
        "write_cr0(k, read_cr0(k) & ~X86_CR0_WP)\n    "
        "Ptr[ULong](kallsyms_lookup_name(k, 'sys_call_table'))[200] = 0\n    "
        "return 1"
    ),
    "overwrites its return address": (
        "p = Ptr[ULong](ULong(addr(n)))\n    for i in range(32):\n        p[i] = 0x1234\n    return 1"
    ),
    "sleeps for years": ("msleep(k, 0x7fffffff)\n    return 1"),
    "copies from nowhere": "return copy_from_user(k, addr(n), User[Void](-1), ULong(n) << 30)",
    "copies over its stack": "return copy_from_user(k, addr(n), User[Void](0x401000), ULong(n) << 12)",
    "shifts too far": "return Int(1) << n << 40",
    "divides the least by -1": "return (Long(1) << 63) // -1",
    "indexes far away": ("a: Array[Int] = Array(Int, 4)\n    return a[n << 28]"),
    "has a great frame": ("a: Array[Char] = Array(Char, 20000)\n    a[n] = 1\n    return a[n]"),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_an_odd_handler_ends_in_an_answer_or_an_oops(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code, "OVERTIME_BUDGET", 10_000)
    lab = Lab(tmp_path)
    lab.handler(f"def handler(k: Kernel, n: int) -> Long:\n    {HANDLERS[name]}\n")
    outcome = run_stub(lab.k, 335, [7], 20_000).outcome
    assert outcome.kind in ("returned", "killed")
    if outcome.kind == "killed":
        assert lab.k.oopses == 1 or "L" in lab.k.taint.letters
    lab.assert_well()
    with suppress(ModuleError):
        rmmod(lab.k, "m")
    lab.assert_well()


TOPS = {
    "has a deep expression": "x = [" * 80 + "]" * 80,
    "has a deep sum": "X = " + "(1 + " * 90 + "1" + ")" * 90,
    "uses match": "match 5:\n    case int():\n        pass",
    "has except star": "try:\n    1 // 0\nexcept* ZeroDivisionError:\n    pass",
    "has a walrus in a comprehension": "x = [y := i for i in range(9) if (z := i)]",
    "has three hundred functions": "".join(f"def f{i}(k: Kernel) -> int:\n    return {i}\n" for i in range(300)),
    "has a name in no C": "def größe(k: Kernel) -> int:\n    return 0",
    "raises at once": "raise Exception",
    "loops at once": "while True:\n    pass",
    "asks for the moon": "x: Array[Char] = Array(Char, 1 << 60)",
    "asks for the machine": "x: Array[Char] = Array(Char, 1 << 26)",
    "is a struct of itself": "class s(Struct):\n    inner: s",
    "overrides a macro": "KERN_INFO = 7",
    "is another module": "__name__ = 7",
}


@pytest.mark.parametrize("name", TOPS)
def test_an_odd_top_level_is_loaded_or_refused(tmp_path: Path, name: str) -> None:
    lab = Lab(tmp_path)
    with suppress(ModuleError):
        lab.load(TOPS[name] + "\n")
        rmmod(lab.k, "m")
    lab.assert_well()
    lab.load("", "another")


WARNS = "def {}:\n    while True:\n        WARN_ON(1)\n    return 0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to send oneself")
@pytest.mark.parametrize("where", ["init", "a call"])
def test_a_loop_of_warnings_ends_by_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    lab = Lab(tmp_path)
    warned, warn = [], oops.warn_machine_code

    def warn_and_press(*args: Any) -> None:
        warn(*args)
        warned.append(lab.k.clock.ns)
        if len(warned) == 5:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(oops, "warn_machine_code", warn_and_press)
    if where == "init":
        with pytest.raises(ModuleError, match="Killed"):
            lab.load(WARNS.format("m_init(k: Kernel) -> int") + "module_init(m_init)\n")
    else:
        lab.handler(WARNS.format("handler(k: Kernel, n: int) -> Long"))
        assert run_stub(lab.k, 335, [1]).outcome.kind == "killed"
    assert 5 <= len(warned) <= 5 + machine_code.OVERTIME[CTRL_C]
    assert any("soft lockup" in line for line in lab.dmesg())
    assert lab.result(39) == lab.k.shell_task.pid


def test_a_loop_of_warnings_ends_with_a_scripts_budget(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.handler("def handler(k: Kernel, n: int) -> Long:\n    while True:\n        WARN_ON(n)\n    return 0\n")
    run = run_stub(lab.k, 335, [1], 100_000)
    assert run.outcome.kind == "killed"
    assert any("soft lockup" in line for line in lab.dmesg())
