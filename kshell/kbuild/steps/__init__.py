"""The steps of a build, one file each: CC, LD, MODPOST, install, clean, and what is said after them.

A step may import the rooms beside it, cc, and the kernel's declarations.  It must not know which step comes before or
after it, nor the command line: kernel_build and make order the steps.
"""
