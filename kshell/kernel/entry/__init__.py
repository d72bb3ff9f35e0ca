"""The way in and out: from a `syscall` or an exception in ring 3 to the kernel's code, and back to the program.

entry finds the function, traps answers exceptions, oops ends what went wrong in the kernel,
exec starts programs and run runs them.  It may import what is below it: core, mm, fs, task, syscalls, and of the
appendices trace, report, vdso and signal.  It must not know a module's loading, the shell, or how anybody words what it
tells.
"""
