"""The compiler: one source becomes one object (kernel/core/object.py), or gets errors in gcc's words.

It imports from the kernel what an object consists of, and from kshell.linux what the headers declare.  It must not know
a booted kernel, a tree or a command: it is given a text, and whoever asked speaks to the person.  What is inside is
to be replaced by a compiler that makes machine code; its doors are compile_text (source.py), open_module
(module_file.py) and read_image (image.py).
"""
