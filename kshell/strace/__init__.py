"""A call as strace prints it.

It listens to the kernel, as a tracer does, and looks into user memory; it changes nothing there.  It may import abi,
machine and kernel.  It must not know the shell: what it answers is text.  The kernel does not know it.
"""
