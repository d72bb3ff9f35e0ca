"""The ground floor: what every other room of the kernel stands on.

Addresses and what lives there (memory, pointers, kallsyms, layout), what a source file declares (declare, sections),
the log and the clock.  It may import abi and the machine, and nothing else of the kernel but the name of Kernel.  It
must not know a task, a file or a system call, nor who listens.
"""
