"""The compiler: one source becomes one object of machine code, an ELF file, or gets errors in gcc's words.

A source in C's Python spelling is read and typed in front/, and becomes machine code in back/; one in C proper goes to
a compiler of the host.  It imports the ELF model and the disassembler, and reads the headers (kshell.linux) as texts.
It must not know a kernel, a tree or a command: it is given a text, and whoever asked speaks to the person.  Nothing of
a source is executed.  Its doors are compile_file (compiler.py) and make_module (module_object.py).
"""
