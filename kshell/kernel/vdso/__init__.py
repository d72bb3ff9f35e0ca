"""Calls that a program makes without entering the kernel, and the page where it once did so.

vsyscall is that page, at an address that is the same everywhere.  It may import core, mm, fs, task and report.  An
appendix: a kernel whose programs make system calls can be read without it.
"""
