"""Modules that overwrite what the kernel itself needs: Linux's words, never an internal error, and boot helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.core import layout
from kshell.shell.errors import BUG
from tests.shell.lab import Lab

SOURCE = """from kshell.linux import *
MODULE_LICENSE("GPL")
def start(k: Kernel) -> int:
    write_cr0(k, read_cr0(k) & ~0x10000)
    at = Ptr[ULong]({address:#x})
    for i in range({size} // 8):
        at[i] = {value:#x}
    return 0
module_init(start)
"""
PLACES = {
    "text": (layout.KERNEL_TEXT, 1 << 20),
    "read-only data, with the table": (layout.KERNEL_RODATA, 1 << 20),
    "data, with the descriptors": (layout.KERNEL_DATA, 1 << 20),
    "kernel stacks": (layout.VMALLOC, 4 * layout.THREAD_SIZE),
    "the module itself": (layout.MODULES, 8192),
}
PANIC = "Kernel panic - not syncing: Fatal exception"


@pytest.mark.parametrize("value", [0, 0x4141_4141_4141_4141, 0xFFFF_FFFF_FFFF_FFFF])
@pytest.mark.parametrize("place", PLACES)
def test_a_kernel_that_is_overwritten_says_so_and_boot_helps(place: str, value: int) -> None:
    lab = Lab()
    lab.session.kernel.init_budget = 20_000_000
    address, size = PLACES[place]
    Path("m.py").write_text(SOURCE.format(address=address, size=size, value=value))
    for line in ("insmod m.py", "syscall getpid", "dmesg", "lsmod", "trace syscall getpid", "run --hex 0f05"):
        result = lab.result(line)
        assert result.status != BUG, result.view.text()
        if "panic" in result.view.text() and line != "dmesg":
            assert result.error is not None
            assert (result.error["what"], result.error["try"]) == (PANIC, "boot  (a fresh machine)")
    lab.json("boot")
    assert lab.ret("getpid") == 77


def test_without_descriptors_the_kernel_panics() -> None:
    lab = Lab()
    address, size = PLACES["data, with the descriptors"]
    Path("m.py").write_text(SOURCE.format(address=address, size=size, value=0))
    assert lab.error("insmod m.py")["what"] == "Killed: insmod m.py"  # the area ends before its size does
    assert lab.error("syscall getpid")["what"] == PANIC
