"""Programs in user mode, for a person: where one comes from, its run with its calls, its machine code.

It may import the kernel, the assembler, kbuild's programs, and of the shell what stands before it (see kshell.shell).
It knows no command line and no terminal.
"""
