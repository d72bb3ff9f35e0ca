"""Files: inodes, names, open files, and what reading and writing mean for each kind.

On core and mm.  Names of functions are Linux's; a body of a system call is thin over them.  What /proc and /sys show is
not here: boot mounts them.
"""
