"""Signals delivered: a frame on the user's stack for who has a handler, the default action for who has none.

deliver is the way there, frame the way there and back in memory, fpstate and siginfo what stands in a frame; kill finds
whom a signal is for, timer sends SIGALRM, wait is the sleep that a signal ends.  Why one was sent, and which wait, is
core/signal.py.  It may import core, mm, fs, task and report.  An appendix: a kernel whose programs have no handlers
can be read without it.
"""
