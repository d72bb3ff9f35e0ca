"""C headers, as far as include/linux/syscalls.h needs: is it C, and which prototypes are in it.

It may import abi, the messages and the paths of a tree.  It must not read files, and must not know a build.
"""
