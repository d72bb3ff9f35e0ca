"""start_kernel: give every declaration an address, build sys_call_table, go to ring 3.

C counterpart: init/main.c, arch/x86/entry/syscall_64.c (the table is made by the linker there).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import NoReturn

from kshell.abi.loglevel import KERN_EMERG, KERN_INFO, KERN_NOTICE
from kshell.kernel.boot.vmlinux import Vmlinux, packaged
from kshell.kernel.core import layout
from kshell.kernel.core.clock import BOOT_STEP_NS
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.pointers import KernelPanic, function_at
from kshell.kernel.core.profile import DEFAULT
from kshell.kernel.debug.code_places import bug_at, place_of
from kshell.kernel.debug.code_trace import CodeTrace
from kshell.kernel.debug.uaccess_object import link_uaccess
from kshell.kernel.debug.way_in_object import link_way_in
from kshell.kernel.entry import entry, machine_code
from kshell.kernel.entry.exec import new_shell_task
from kshell.kernel.fs.filesystem import FileSystem
from kshell.kernel.ia32.int80 import open_gate
from kshell.kernel.kernel import Kernel
from kshell.kernel.link.ksymtab import place_library
from kshell.kernel.link.objects import globals_of, link_objects
from kshell.kernel.link.own_files import own_files
from kshell.kernel.link.uaccess import place_extable, place_uaccess_text
from kshell.kernel.link.way_in import place_way_in
from kshell.kernel.mappings.swap import SwapArea
from kshell.kernel.module.init_exit import call_as
from kshell.kernel.proc.mount import mount
from kshell.kernel.process.exit import exit_notify
from kshell.kernel.report.taint import PLACES_4_19, PLACES_TODAY, Taint
from kshell.kernel.sched.task_struct import init_tasks
from kshell.kernel.signal.wait import timer_ends_wait
from kshell.kernel.syscalls.sys_ni import sys_ni_syscall
from kshell.kernel.vdso.vma import Vdso
from kshell.kernel.vdso.vsyscall import map_vsyscall
from kshell.machine.descriptors import GDT_BYTES

RAM_SIZE = 64 << 20


def boot(
    image: Vmlinux | str = DEFAULT.name,
    cmdline: str = "",
    *,
    init_budget: int = 0,
    ram_size: int = RAM_SIZE,
    before_initcalls: Callable[[Kernel], None] = lambda k: None,
) -> Kernel:
    """A booted kernel.  Raises KernelPanic where an image does not get through its boot.

    `image` is one that was built, or by its name one that comes with kshell (4.19, course, 6.19); `cmdline` is what the
    boot loader passes (`nosmap`, `nosmep`, `kasan`, `module_reuse`, `uid=N`, `vsyscall=`); `init_budget` is
    how many instructions a module's init or exit function may take, 0 for any number; `ram_size` is in bytes.
    `before_initcalls` is handed the kernel before the first init function of a file that is built in runs.
    """
    image = packaged(image) if isinstance(image, str) else image
    k = Kernel(image, cmdline, init_budget=init_budget, ram_size=ram_size)
    start_kernel(k)
    before_initcalls(k)
    do_initcalls(k)
    k.printk(KERN_INFO, f"Run kshell as init; {k.calls_built_in} system calls built in")
    return k


def start_kernel(k: Kernel) -> None:
    """Boot `k` as far as to a task in ring 3."""
    k.taint = Taint(PLACES_TODAY if k.profile.version >= (6, 15) else PLACES_4_19)
    k.memory.protection.smap = "nosmap" not in k.cmdline.split()
    k.memory.protection.smep = "nosmep" not in k.cmdline.split()
    k.printk(KERN_NOTICE, k.banner)
    k.printk(KERN_INFO, f"Command line: {k.cmdline}".rstrip())
    k.table = k.image.table
    _map_text(k, layout.KERNEL_TEXT, layout.OBJECT_TEXT)
    map_vsyscall(k)
    _build_table(k, _link(k))
    open_gate(k)
    k.printk(KERN_INFO, f"Memory: {k.ram.frames_total * 4}K available, 4K pages, one CPU")
    _enter_user_mode(k)
    k.clock.advance(BOOT_STEP_NS)
    k.code_trace = CodeTrace(k)
    k.timer_ends_wait, k.exit_notify = partial(timer_ends_wait, k), partial(exit_notify, k)
    k.place_of, k.bug_at = partial(place_of, k), partial(bug_at, k)
    k.fs, k.swap = FileSystem(k), SwapArea(k.ram)
    mount(k)
    k.vdso = Vdso(k)
    init_tasks(k)
    new_shell_task(k)


def _map_text(k: Kernel, start: int, end: int) -> None:
    k.memory.map(start, end - start, writable=False, executable=True)
    k.memory.poke(start, b"\xcc" * (end - start))


def _link(k: Kernel) -> dict[str, int]:
    """Give every function and variable its place; the result is where each function is that a row can name."""
    place_way_in(k)
    ni_name = "sys_ni_syscall" if k.dispatches_by_table else "__x64_sys_ni_syscall"
    k.ni_syscall = layout.KERNEL_TEXT + 0x20
    k.define_functions(function_at(k.ni_syscall, ni_name, sys_ni_syscall))
    place_library(k)
    place_uaccess_text(k)
    own = own_files(k.table, tuple(k.image.bodies))
    k.define_functions(*own.calls)
    link_objects(k, k.image.machine_code, len(own.others))
    place_extable(k)
    k.linked += [link_way_in(k), link_uaccess(k)]
    k.define_functions(*own.others)
    k.definitions = own.definitions | {each.name: each for linked in k.linked for each in linked.tables.syscalls}
    functions = {each.name: each.address for each, _ in own.calls} | globals_of(k)
    at = {name: functions.get(f"__x64_sys_{name}") for name in k.definitions}  # None: an object may say so and lie
    k.definition_at = {address: k.definitions[name] for name, address in at.items() if address is not None}
    return functions


def _build_table(k: Kernel, functions: Mapping[str, int]) -> None:
    """sys_call_table: an array of pointers in read-only memory, `[0 ... max] = &sys_ni_syscall` first.

    A row that comes with kshell may say sys_x, for which 6.19's header has __x64_sys_x.
    """
    rows = {nr: row for nr, row in k.table.by_number.items() if row.abi != "x32"}
    k.nr_syscalls = max(rows, default=-1) + 1
    slots = [k.ni_syscall] * k.nr_syscalls
    for nr, row in rows.items():
        symbol = row.symbol or ""
        slots[nr] = functions.get(symbol) or functions.get(f"__x64_{symbol}") or k.ni_syscall
    k.sys_call_table, size = layout.KERNEL_RODATA, 8 * k.nr_syscalls
    k.memory.map(k.sys_call_table, size, writable=True)
    k.memory.write(k.sys_call_table, struct.pack(f"<{k.nr_syscalls}Q", *slots))
    k.memory.set_writable(k.sys_call_table, size, False)
    k.symbols.add(Symbol("sys_call_table", k.sys_call_table, "R", size))
    k.switch.update(enumerate(slots))


def _enter_user_mode(k: Kernel) -> None:
    gdt = k.memory.static(len(GDT_BYTES))
    k.symbols.add(Symbol("gdt_page", gdt, "D", len(GDT_BYTES)))
    k.memory.write(gdt, GDT_BYTES)
    stack = k.memory.alloc_stack()
    attach_cpu(k, gdt, stack + layout.THREAD_SIZE)
    k.memory.free_stack(stack)


def attach_cpu(k: Kernel, gdt: int, stack_top: int) -> None:
    """Let the CPU pass to ring 3, from a stack that ends at `stack_top`, and call us from there."""
    k.cpu.mmu.protection = k.memory.protection
    k.cpu.boot(k.memory.space, gdt, layout.FIXED["native_iret"][0], stack_top, k.way_in)
    k.cpu.on_syscall = partial(entry.entry_SYSCALL_64, k)
    machine_code.attach(k)
    k.cpu.mmu.on_page_fault = partial(entry.do_user_addr_fault, k)
    if "kasan" in k.cmdline.split():
        from kshell.kernel.lib.kasan import check_access  # which few kernels need

        k.cpu.watch_memory(partial(check_access, k))


def do_initcalls(k: Kernel) -> None:
    """Run what module_init names in each file that is built in: no module, not listed, never unloaded.

    An error that one returns is nobody's business; one that oopses takes init with it: KernelPanic.
    """
    for linked in k.linked:
        function = linked.address_of("init_module")
        if function is None:
            continue
        k.builtin_modules.append(linked.name.rpartition("/")[2].removesuffix(".o").replace("-", "_"))
        with k.cpu.ctrl_c:
            if call_as(k, "swapper/0", layout.DO_ONE_INITCALL, function, pid=1) is None:
                _panic(k)


def _panic(k: Kernel) -> NoReturn:
    """The task that boots is init, and init must not die."""
    signal = k.current.killed_by
    reason = f"Attempted to kill init! exitcode={signal.signo if signal is not None else 0:#010x}"
    k.printk(KERN_EMERG, f"Kernel panic - not syncing: {reason}")
    oops = k.last_oops
    report, why = (oops.report, oops.why) if oops is not None else ([], "")
    raise KernelPanic(reason, [record.text for record in k.log.since(0)], report, why)
