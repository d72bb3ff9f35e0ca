"""The hardware: RAM, page tables, the MMU and the CPU, Ctrl-C, and a disassembler.

It may import `abi`, and must not know a system call, a task or a file: what user code does it tells the kernel by
calling back, and by the Stop that ends a run.  Only this room imports the emulator.  It needs no assembler.
"""
