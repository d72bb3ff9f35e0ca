"""The debugger's face: what a person is told when a call stands still, and what may be typed then.

The words and their abbreviations are gdb's.  Where to stop and what stands there, kshell/kernel/debug knows.
"""
