"""Appendix: watching machine code in ring 0: its lines, its calls traced; breakpoints, steps, frames, values.

May import every floor of the kernel below it.  It knows no words of a debugger: who talks to the person has them.
"""
