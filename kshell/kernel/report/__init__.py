"""Appendix: the words of each release's oopses, warnings and taint flags.

On what is below it; entry and module say what happened, and this room how Linux words it.  It decides nothing.
"""
