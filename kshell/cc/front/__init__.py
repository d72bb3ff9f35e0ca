"""The front end of the compiler: from a source in C's Python spelling to a typed C tree.

`compile_source` of unit.py is its door.  A source is parsed, never executed; nothing of it reaches the host.
"""
