"""Booting: boot(image, cmdline) makes a Kernel from outside.

vmlinux.py is what is booted, start.py gives each declaration its address and runs what is built in and wants
to be run.  The topmost floor: it may import every other.  It must not know how an image was built, nor read
a file but that of the course's own call.
"""
