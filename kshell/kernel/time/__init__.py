"""An appendix: the clocks that programs read, and the timers that send signals.

The calls are in `calls`; time itself is core/clock.py, a sleep and what ends it signal/sleep.py and signal/wait.py, a
clock that is read without a call vdso/.  It may import what is below it: core, mm, fs, task, report, vdso, signal.
"""
