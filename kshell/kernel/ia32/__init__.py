"""An appendix: the system calls of 32-bit programs, which any program can make by `int 0x80`.

int80 is the way in and out, call_table finds the function of a number, int80_trace tells who listens.  A call whose
structures are the same for both has one body, behind a wrapper that takes 32 bits of each register; where they
differ, the body is here: calls in files by their subject, declared by compat.  It may import what is below it: core,
mm, fs, task, signal, time, syscalls, entry.  It must not know the shell.
"""
