"""The library that machine code calls: formats, strings, memory to be had and given back, printk.

An appendix: a function here is what a module's machine code reaches by `call`, with C's types; the kernel's own Python
bodies have Python's strings for all that.  It imports from core alone.  Each file names its C counterpart.
"""
