"""An appendix: the other calls about files that programs need, from access to utimensat.

Each file here is what several calls share; the calls stand in the folder `calls`, a file a subject.  It may import what
is below it: core, mm, fs, task, signal, syscalls.  It must not know /proc and /sys, which answer for themselves.
"""
