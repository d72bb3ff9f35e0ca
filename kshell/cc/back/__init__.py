"""The back end of the compiler: a typed C tree (kshell/cc/tree.py) becomes x86-64 machine code (kshell/cc/code.py).

It imports the contract of the two ends (tree, types, code) and nothing else: no source, no header, no object file, no
disassembler.  Its doors are generate (generate.py) and printed (printed.py), which writes the same tree as C.
Read in this order: generate, statements, values, arithmetic, conditions, calls, emitter, frame, encoder.
"""
