"""syscall_64.tbl as one release's own script and the C compiler take it, and kshell's notes beside them.

It may import abi, the messages and the paths of a tree.  It must not read files, and must not know who links the rows.
"""
