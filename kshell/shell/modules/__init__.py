"""Modules, for a person: insmod, modprobe and rmmod as kmod has them, modinfo, depmod, and why a file does not load.

It may import the kernel, the compiler's readers, kbuild, and of the shell what stands before it (see kshell.shell).  It
knows no command line: words and options are read by the commands.
"""
