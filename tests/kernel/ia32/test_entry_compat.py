"""The text behind the gate does what the CPU does in one stroke: here it is run, on an emulator of its own."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from unicorn import UC_ARCH_X86, UC_MODE_64, Uc  # type: ignore[attr-defined]
from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.entry.entry_text import per_cpu

COPY = 0x10_0000  # of the text, which says where things are by distances
MOVED = layout.KERNEL_TEXT - COPY
TSS_STACK, TASK_STACK, CPU_MEMORY = 0x20_0000, 0x30_0000, 0x40_0000
FRAME = (0x401010, 0x33, 0x246, 0x7FFF_FFFF_E000, 0x2B)  # rip, cs, flags, rsp, ss
NAMES = {name: getattr(x86, f"UC_X86_REG_R{name.removeprefix('r').upper()}") for name in ptregs.NAMES[:15]}


@pytest.mark.parametrize(("release", "gate"), [("course", "entry_INT80_compat"), ("6.19", "asm_int80_emulation")])
def test_the_gate_leaves_pt_regs_on_the_stack_of_the_task(release: str, gate: str) -> None:
    k = boot(release)
    uc: Any = Uc(UC_ARCH_X86, UC_MODE_64)  # type: ignore[no-untyped-call]
    uc.ctl_set_cpu_model(x86.UC_CPU_X86_BROADWELL)  # one that knows clac
    start = k.symbols.lookup(gate)
    assert start is not None
    uc.mem_map(COPY, 0x1000)
    uc.mem_write(COPY, k.memory.read(layout.KERNEL_TEXT, 0x1000))
    for area in (TSS_STACK, TASK_STACK, CPU_MEMORY):
        uc.mem_map(area - 0x1000, 0x8000)
    uc.mem_write(TSS_STACK - 40, struct.pack("<5Q", *FRAME))
    uc.mem_write(CPU_MEMORY + per_cpu(k.profile.version)["top_of_stack"], TASK_STACK.to_bytes(8, "little"))
    uc.msr_write(0xC0000102, CPU_MEMORY)  # what swapgs swaps with
    values = {name: 0x1122_3344_5566_0000 + at for at, name in enumerate(NAMES)}
    for name, value in values.items():
        uc.reg_write(NAMES[name], value)
    uc.reg_write(x86.UC_X86_REG_RSP, TSS_STACK - 40)
    uc.emu_start(start.address - MOVED, layout.DO_INT80 - MOVED)
    assert uc.reg_read(x86.UC_X86_REG_RDI) == TASK_STACK - ptregs.SIZE
    regs = struct.unpack("<21Q", uc.mem_read(TASK_STACK - ptregs.SIZE, ptregs.SIZE))
    assert regs[16:] == FRAME
    number = values["ax"]
    expected = (-38 & (1 << 64) - 1, number & 0xFFFF_FFFF) if release == "course" else (number, (1 << 64) - 1)
    assert (regs[ptregs.AX], regs[ptregs.ORIG_AX]) == expected
    others = [name for name in NAMES if name != "ax"]
    assert [regs[ptregs.NAMES.index(name)] for name in others] == [values[name] for name in others]
