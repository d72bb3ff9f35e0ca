"""System calls, for a person: the line of one, its arguments, strace's line and the hops, and why it failed.

It may import the kernel, and of the shell what stands before it (see kshell.shell).  It looks at the kernel and changes
nothing there but by a call that was asked for; it knows no command.
"""
