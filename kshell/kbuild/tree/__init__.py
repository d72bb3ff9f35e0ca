"""A kernel tree on the host's disk: laying one out, reading it with care, and telling what has changed in it.

It may import abi, the language of Makefiles, the messages and the log, what a release is called, and the kernel's
declarations, of which a tree is made.  It must not know how a tree is built.
"""
