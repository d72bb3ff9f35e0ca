"""Appendix: the words of each release's oopses, warnings and taint flags, and why, for the person at the shell.

oops_report and show_regs are what Linux prints, stacktrace and unwind which functions were running, user_faults the
lines about a killed program, why_oops and why_signal the sentences that only kshell says, leaks what a module leaves.
On what is below it: entry and module say what happened, and this room finds the words.  It decides nothing.
"""
