"""Kernel trees on the host, for a person: which one is meant, what was changed in it, what runs of it, what boots.

It may import kbuild, the kernel and the rooms before it (see kshell.shell).  It only looks and says: kbuild builds,
and of calls, modules and programs it knows nothing.
"""
