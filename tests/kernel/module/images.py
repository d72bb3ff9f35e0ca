"""Objects of modules as bytes, to be handed to init_module()."""

from __future__ import annotations

from functools import cache

from kshell.abi.elf_writer import write_elf
from kshell.cc.compiler import compile_file
from kshell.cc.module_object import make_module
from kshell.kernel.boot.start import boot

SOURCE = """from kshell.linux import *
MODULE_LICENSE("GPL")
level = Param("level", 0)
module_param(level, "int", 0o444)

def start(k: Kernel) -> int:
    {init}

def stop(k: Kernel) -> None:
    {exit}

module_init(start)
"""


@cache
def image(init: str = "return 0", exit: str | None = "pass", name: str = "m", ko: bool = False) -> bytes:
    """A module whose init and exit have these bodies (None: no exit function), as a .o, or as a .ko of the course's."""
    text = SOURCE.format(init=init, exit=exit or "pass") + ("module_exit(stop)\n" if exit is not None else "")
    k = boot()
    obj = compile_file(f"{name}.py", text, k.release, k.profile.version).object
    return write_elf(make_module(obj, name, k.vermagic, [], intree=False) if ko else obj)
