"""Stepping back: what a session has done to its machine, kept as plain data, and done again to come to an earlier
state.

Whatever the shell does to a kernel is a deed (deeds.py): the rooms above change a kernel by no other way.  Everything
in a kernel is deterministic, so the same deeds lead to the same machine.  It must not know a session, a command or a
source of the host.
"""
