"""The kernel: what a student reads in an evening (docs/reading-order.md).

Its floors, each on those before it: core, mm, fs, task, report, vdso, signal, syscalls, entry, ia32, lib, elf, module,
debug, proc, boot; kernel.py declares forward what the upper ones give to a Kernel.  report, vdso, signal, ia32, lib,
elf, debug and proc are appendices.  It may import abi and machine, and must not know who watches (strace), who compiles
(cc), nor that there is a shell: what happens it tells as values.
"""
