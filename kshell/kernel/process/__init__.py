"""Appendix: many tasks: one becomes two, a parent waits for its child, and one after another has the CPU.

On core, sched, mm, fs, task and signal.  The run itself is entry/run.py's; the bodies of the calls are in `calls`.
"""
