"""ELF objects in the kernel's memory: sections in their places, addresses in the holes, tables read.

An appendix, for whoever wants to know what a linker does: of a module (module/link.py) and of the files that the kernel
itself was linked from (link/objects.py).  It imports from lib and the floors below.  It must not know a module, nor
whose object it has: what cannot be linked is a LinkError.
"""
