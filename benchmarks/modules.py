"""Figures about modules, booting and the prompt."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from time import perf_counter

from benchmarks.ratio import Figure, milliseconds
from kshell.abi.elf_writer import write_elf
from kshell.cc.compiler import compile_file
from kshell.cc.module_object import make_module
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load import load_module
from kshell.kernel.module.unload import delete_module
from kshell.modules import __file__ as modules_file
from kshell.shell.modules.module_file import open_module

ROUND_LIMIT_MS = 50
KEY_LIMIT_MS = 20
TEXT = """\
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
def handler(k: Kernel, n: int) -> Long:
    return n + {number}
def edited_init(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0
def edited_exit(k: Kernel) -> None:
    k[STUB_test_call] = None
module_init(edited_init)
module_exit(edited_exit)
"""


CODE = """\
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
level: Int = 1
module_param(level, "int", 0o644)
def handler(k: Kernel, n: int) -> Long:
    k.printk(KERN_INFO, f"handler: {n}")
    return n + level
def code_init(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0
def code_exit(k: Kernel) -> None:
    k[STUB_test_call] = None
module_init(code_init)
module_exit(code_exit)
"""
INSMOD_LIMIT_MS = 20


def figures(rounds: int) -> Iterator[Figure]:
    """All that are times."""
    k, numbers = boot("course"), count()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "edited.py")
        name = "a module edited, unloaded, loaded and called"
        yield milliseconds(name, lambda: edit_load_call(k, path, next(numbers)), rounds, ROUND_LIMIT_MS)
        yield milliseconds("insmod of a module of machine code", insmod_of_code(folder), rounds, INSMOD_LIMIT_MS)
    yield milliseconds("a key at the prompt completed", key, 1, KEY_LIMIT_MS)
    yield milliseconds("booting a kernel", boot_time, 10)


def boot_time() -> float:
    """Seconds from nothing to a booted kernel (everything imported already)."""
    begin = perf_counter()
    boot("course")
    return perf_counter() - begin


def insmod_of_code(folder: str) -> Callable[[], float]:
    """What gives the seconds from a .ko on disk to a module that is Live, which is then called and unloaded."""
    k, path = boot("course"), os.path.join(folder, "code.ko")
    obj = compile_file("code.py", CODE, k.release, k.profile.version).object
    with open(path, "wb") as file:
        file.write(write_elf(make_module(obj, "code", k.vermagic, [], intree=False)))

    def insmod() -> float:
        begin = perf_counter()
        load_module(k, open_module(k, path))
        seconds = perf_counter() - begin
        call = run_stub(k, 335, [1]).call
        if call is None or call.ret != 2:
            raise RuntimeError("the module was not the one that was called")
        delete_module(k, "code")
        return seconds

    return insmod


def edit_load_call(k: Kernel, path: str, number: int) -> float:
    """Seconds to edit a module's file, unload the old one, load it and call it."""
    begin = perf_counter()
    with open(path, "w", encoding="utf-8") as file:
        file.write(TEXT.format(number=number))
    if k.modules:
        delete_module(k, "edited")
    load_module(k, open_module(k, path))
    call = run_stub(k, 335, [1]).call
    if call is None or call.ret != 1 + number:
        raise RuntimeError("the edited module was not the one that was called")
    return perf_counter() - begin


def leaves_nothing(rounds: int) -> Figure:
    """What `rounds` of insmod, call and rmmod leave behind."""
    left = {kind: number for kind, number in what_rounds_leave_behind(rounds).items() if number}
    return Figure(f"{rounds:,} rounds of insmod, call, rmmod leave behind", str(left or "nothing"), "nothing", not left)


def what_rounds_leave_behind(rounds: int) -> dict[str, int]:
    """The same by kind; every figure should be 0."""
    k = boot("course")
    path = os.path.join(os.path.dirname(modules_file), "syscallModule.py")

    def once() -> None:
        load_module(k, open_module(k, path))
        run_stub(k, 335, [1])
        delete_module(k, "syscallModule")

    def counts() -> dict[str, int]:
        return {
            "frames": k.ram.frames_used,
            "symbols": len(k.symbols),
            "functions": len(k.bodies),
            "modules": len(k.modules),
            "references": sum(module.refcount for module in k.modules.values()),
            "tasks": len(k.tasks),
            "records beyond the ring": max(0, len(k.log.since(0)) - 1000),
        }

    once()
    before = counts()
    for _ in range(rounds):
        once()
    return {kind: number - before[kind] for kind, number in counts().items()}


def key(rounds: int = 5) -> float:
    """The longest of the shortest times that completing one of these lines takes, in seconds."""
    from kshell.shell.prompt.candidates import complete
    from kshell.shell.session import Session

    session = Session("course")
    slowest = 0.0
    for line in ("s", "syscall e", "syscall gtpid", "x/4gx a", "syscall write 1 S", "trace syscall e", "help e"):
        complete(session, line)
        times = []
        for _ in range(rounds):
            begin = perf_counter()
            complete(session, line)
            times.append(perf_counter() - begin)
        slowest = max(slowest, min(times))
    return slowest
