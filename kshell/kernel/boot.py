"""start_kernel: give every declaration an address, build sys_call_table, go to ring 3.

C counterpart: init/main.c, arch/x86/entry/syscall_64.c (the table is made by the linker there).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kshell.abi import ptregs, syscall_tbl
from kshell.abi.errno import ENOSYS
from kshell.abi.loglevel import KERN_INFO, KERN_NOTICE
from kshell.kernel import entry, layout
from kshell.kernel.clock import BOOT_STEP_NS
from kshell.kernel.declare import SECTIONS, Stub, SyscallDefinition
from kshell.kernel.kallsyms import Symbol
from kshell.kernel.naming import entry_name
from kshell.machine.ring3 import GDT, IRETQ

if TYPE_CHECKING:
    from types import ModuleType

    from kshell.kernel.kernel import Kernel


def start_kernel(k: Kernel) -> None:
    """Boot `k`: from an empty machine to a task in ring 3."""
    k.memory.smap, k.memory.smep = "nosmap" not in k.cmdline.split(), "nosmep" not in k.cmdline.split()
    k.printk(KERN_NOTICE, f"Linux version {k.profile.release} (kshell) #1 SMP, simulated")
    k.printk(KERN_INFO, f"Command line: {k.cmdline}".rstrip())
    _map_text(k)
    k.table = syscall_tbl.load(k.profile.name)
    _link(k)
    _build_table(k)
    k.printk(KERN_INFO, f"Memory: {k.ram.frames_total * 4}K available, 4K pages, one CPU")
    _enter_user_mode(k)
    k.clock.ns += BOOT_STEP_NS
    _start_first_task(k)
    k.printk(KERN_INFO, f"Run kshell as init; {len(k.definitions)} system calls built in")


def _map_text(k: Kernel) -> None:
    k.memory.map(layout.KERNEL_TEXT, layout.EXTRA_TEXT - layout.KERNEL_TEXT + 0x1000, writable=False, executable=True)
    for page in range(layout.KERNEL_TEXT, layout.EXTRA_TEXT + 0x1000, 0x1000):
        k.memory.poke(page, b"\xcc" * 0x1000)


def _link(k: Kernel) -> None:
    """Give every built-in function and variable its place, in an order that never depends on what was added."""
    from kshell.kernel import syscalls

    here = layout.KERNEL_TEXT
    k.define_function("entry_SYSCALL_64", entry.entry_SYSCALL_64, here)
    k.define_function("do_syscall_64", entry.do_syscall_64, here + 0x10)
    k.define_function(ni_name(k), sys_ni_syscall, here + 0x20)
    extra = layout.EXTRA_TEXT
    numbers = {entry_name(row.symbol): nr for nr, row in sorted(k.table.by_number.items(), reverse=True) if row.symbol}
    for module in syscalls.subjects(k.profile):
        for definition in _section(module, ".syscalls"):
            assert isinstance(definition, SyscallDefinition)
            k.definitions[definition.name] = definition
            nr = numbers.get(definition.name)
            if nr is None:
                address, extra = extra, extra + layout.FUNCTION_SIZE
            else:
                address = layout.SYSCALL_TEXT + layout.FUNCTION_SIZE * nr
            k.define_function("__x64_sys_" + definition.name, make_wrapper(k, definition), address)
        exported = {id(thing) for thing in _section(module, "__ksymtab")}
        for stub in _section(module, ".bss"):
            assert isinstance(stub, Stub)
            cell = k.memory.static(8)
            k.bind_stub(stub, cell)
            export = "EXPORT_SYMBOL" if id(stub) in exported else None
            k.symbols.add(Symbol(stub.name, cell, "B" if export else "b", 8, exported=export))


def _section(module: ModuleType, name: str) -> list[Any]:
    found: list[Any] = vars(module).get(SECTIONS, {}).get(name, [])
    return found


def ni_name(k: Kernel) -> str:
    """What this release calls the function behind an empty slot."""
    return "sys_ni_syscall" if k.profile.dispatch == "table" else "__x64_sys_ni_syscall"


def sys_ni_syscall(k: Kernel, regs: memoryview) -> int:
    """Where every slot without a call points (C: kernel/sys_ni.c)."""
    return -ENOSYS


def make_wrapper(k: Kernel, definition: SyscallDefinition) -> Callable[[Kernel, memoryview], int]:
    """``__x64_sys_x(regs)``: take the arguments out of pt_regs, narrow each to its C type, call the body."""
    body = definition.body
    pairs = zip(ptregs.ARGUMENTS, definition.parameters, strict=False)
    takes = [(slot, p.ctype.mask, p.ctype.sign) for slot, p in pairs]

    def wrapper(k: Kernel, regs: memoryview) -> int:
        return body(k, *[((regs[slot] & mask) ^ sign) - sign for slot, mask, sign in takes])

    def wrapper0(k: Kernel, regs: memoryview) -> int:
        return body(k)

    def wrapper1(k: Kernel, regs: memoryview) -> int:
        return body(k, ((regs[slot1] & mask1) ^ sign1) - sign1)

    slot1, mask1, sign1 = takes[0] if takes else (0, 0, 0)
    chosen = {0: wrapper0, 1: wrapper1}.get(len(takes), wrapper)
    chosen.__dict__["__wrapped__"] = body
    return chosen


def _build_table(k: Kernel) -> None:
    """sys_call_table: an array of pointers in read-only memory, `[0 ... max] = &sys_ni_syscall` first."""
    k.nr_syscalls = k.table.last_common() + 1
    k.sys_call_table = layout.KERNEL_RODATA
    ni = k.symbols.lookup(ni_name(k))
    assert ni is not None
    slots = [ni.address] * k.nr_syscalls
    for nr, row in k.table.by_number.items():
        definition = k.definitions.get(entry_name(row.symbol)) if row.symbol else None
        if nr < k.nr_syscalls and definition is not None and row.abi != "x32":
            symbol = k.symbols.lookup("__x64_sys_" + definition.name)
            assert symbol is not None
            slots[nr] = symbol.address
    size = 8 * k.nr_syscalls
    k.memory.map(k.sys_call_table, size, writable=True)
    k.memory.write(k.sys_call_table, b"".join(slot.to_bytes(8, "little") for slot in slots))
    k.memory.set_writable(k.sys_call_table, size, False)
    k.symbols.add(Symbol("sys_call_table", k.sys_call_table, "R", size))
    k.ni_syscall = ni.address
    k.switch.update(enumerate(slots))


def _enter_user_mode(k: Kernel) -> None:
    iret = layout.KERNEL_TEXT + 0x40
    k.memory.poke(iret, IRETQ)
    k.symbols.add(Symbol("native_iret", iret, "T", layout.FUNCTION_SIZE))
    gdt = k.memory.static(8 * len(GDT))
    k.symbols.add(Symbol("gdt_page", gdt, "D", 8 * len(GDT)))
    k.memory.write(gdt, b"".join(word.to_bytes(8, "little") for word in GDT))
    stack = k.memory.alloc_stack()
    k.cpu.boot(k.memory.space, gdt, iret, stack + layout.THREAD_SIZE)
    k.memory.free_stack(stack)
    k.cpu.on_syscall = entry.make_entry(k)
    k.cpu.mmu.on_page_fault = entry.make_page_fault(k)


def _start_first_task(k: Kernel) -> None:
    from kshell.kernel.exec import new_shell_task
    from kshell.kernel.fs.filesystem import FileSystem

    k.fs = FileSystem(k)
    new_shell_task(k)
