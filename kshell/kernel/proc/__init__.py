"""Appendix: /proc and /sys, whose files are made when somebody looks.

It reads what all floors below have, modules too, and nothing below knows it: boot mounts it.
"""
