"""Calls that a program makes without entering the kernel, and the page where it once did so.

data is what the kernel keeps for them, functions the code that reads it, image and shared_object the file that the code
stands in, vma its place in each program; vsyscall is the older page, at an address that is the same everywhere.  It may
import core, mm, fs, task and report.  An appendix: a kernel whose programs make system calls can be read without it.
"""
