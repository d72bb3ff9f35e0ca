"""The compiler's door: a file, in C's own spelling or in Python's, becomes an object."""

from __future__ import annotations

import os
from typing import NamedTuple

from kshell.abi.elf import ElfObject
from kshell.cc.finding import Finding

SUFFIXES = (".py", ".c")


class Compiled(NamedTuple):
    """What came of a source: the object, what the compiler warns of, and what a compiler of the host said."""

    object: ElfObject
    warnings: list[Finding]
    said: str = ""


def compile_file(path: str, text: str, release: str, version: tuple[int, int], *, module: bool = True) -> Compiled:
    """Compile the source `text`, which is the file `path`, for a kernel's `release` ("4.19.1-course"), of `version`
    (4, 19).

    `module` says whether it is for a module or for the kernel itself.  Raises SourceError, with all that was found.
    """
    return _compile_c(path, version, module) if path.endswith(".c") else _compile_python(path, text, release)


def module_name(path: str) -> str:
    """What the module of a file is called (C: KBUILD_MODNAME)."""
    return os.path.splitext(os.path.basename(path))[0].replace("-", "_")


def _compile_python(path: str, text: str, release: str) -> Compiled:
    from kshell.cc.back.generate import generate
    from kshell.cc.front.unit import compile_source
    from kshell.cc.object import make_object

    unit, findings = compile_source(text, path, release)
    return Compiled(make_object(unit, generate(unit)), findings)


def _compile_c(path: str, version: tuple[int, int], module: bool) -> Compiled:
    from kshell.abi.elf_reader import read_elf
    from kshell.cc.c_compiler import compile_c

    data, said = compile_c(path, module_name(path), version, module=module)
    return Compiled(read_elf(data, path), [], said)
