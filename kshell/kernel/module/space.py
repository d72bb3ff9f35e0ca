"""The module area: where a module's pages are, and how they go.

C counterpart: module_alloc() in arch/x86/kernel/module.c, free_module() in kernel/module/main.c.
"""

from __future__ import annotations

from contextlib import suppress

from kshell.abi.errno import ENOMEM
from kshell.kernel.core.layout import MODULES, MODULES_SIZE
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import UNFORMED, Module
from kshell.machine.ram import PAGE_SIZE, OutOfMemory

PADDING = b"\xcc"  # int3: what stands where no function does


def module_alloc(k: Kernel, module: Module, text: int, read_only: int, data: int) -> None:
    """Give a module whole pages: so many bytes of text, filled with traps, and behind them of data, which can all be
    written to at first.  Raises Refusal."""
    size = text + read_only + data
    base = find_module_space(k, size)
    if base == 0:
        raise Refusal(ENOMEM, Reason.NO_MODULE_SPACE)
    try:
        k.memory.map(base, text, writable=False, executable=True)
        k.memory.map(base + text, read_only + data, writable=True)
    except OutOfMemory:
        k.memory.unmap(base, size)
        raise Refusal(ENOMEM, Reason.NO_MEMORY) from None
    module.address, module.size, module.data_size, module.read_only = base, text, read_only + data, read_only
    k.memory.poke(base, PADDING * text)


def find_module_space(k: Kernel, size: int) -> int:
    """Where `size` bytes of module area are free, with a hole behind them; 0 if nowhere.

    The search goes on from where it stopped last, so that a freed address is not soon used again; with
    `module_reuse` on the command line it begins at the bottom each time, and a dangling pointer may find new code.
    """
    taken = sorted((m.space.start, m.space.stop + PAGE_SIZE) for m in k.modules.values())
    start = MODULES if "module_reuse" in k.cmdline.split() else k.next_module_space
    for origin in (start, MODULES):
        at = origin
        for low, high in taken:
            if at < high and low < at + size + PAGE_SIZE:
                at = high
        if at + size + PAGE_SIZE <= MODULES + MODULES_SIZE:
            k.next_module_space = at + size + PAGE_SIZE
            return at
    return 0


def free_module(k: Kernel, module: Module) -> None:
    """Take a module's text, data and symbols out of the kernel (C: free_module)."""
    for owner in module.uses:
        owner.used_by.remove(module.name)
    module.uses.clear()
    module.state = UNFORMED
    k.modules.pop(module.name, None)
    k.symbols.remove_module(module.name)
    for parameter in module.tables.parameters:
        with suppress(KernelFault):  # a bad object's may be anywhere
            parameter.free(k)
    free_space(k, module)


def free_space(k: Kernel, module: Module) -> None:
    """Unmap its pages; what the CPU has translated of them is forgotten."""
    if module.space:
        k.memory.unmap(module.address, len(module.space))
        k.cpu.flush_code()
