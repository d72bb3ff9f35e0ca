"""Linux's numbers and C types: errno, flags, signals, layouts of structs, object files, the system-call tables.

It imports nothing of kshell but itself, and must not know that a kernel or a machine exists: what stands here is true
of every Linux of its release, on paper.  Any room may ask it.
"""
