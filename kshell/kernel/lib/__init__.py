"""What machine code calls by name: formats, strings, memory, printk, copies from and to the user, sleeping, CR0.

An appendix: a function here is what a module's machine code reaches by `call`, with C's types; the kernel's own Python
bodies have Python's strings for all that.  What a file does it asks of the floors below (entry and what
stands under that).  It must not know a module: boot gives each function its address.
"""
