"""The kernel: what a student reads in an evening (docs/reading-order.md).

Its floors, each on those before it: core, trace, mm, fs, task, report, vdso, mappings, signal, time, syscalls, entry,
ia32, lib, elf, module, init_module, link, debug, proc, boot; kernel.py declares forward what the upper ones give to a
Kernel.  The evening is core, mm, fs, task, syscalls, entry, module and boot; the others are appendices.  It may import
abi and machine, and must not know who watches (strace), who compiles (cc), nor that there is a shell: what happens it
tells as values.
"""
