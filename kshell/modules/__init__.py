"""Sample modules, in the style that students write: each file teaches one thing, and says what to try.

They import kshell.linux and nothing else, as any module; nothing imports them: insmod compiles them.  builtin/ has
sources that are linked into a kernel.
"""
