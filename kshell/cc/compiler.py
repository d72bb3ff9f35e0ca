"""The compiler's door: a file, in C's own spelling or in Python's, becomes an object."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import NamedTuple

from kshell.abi.elf import ElfObject
from kshell.abi.kconfig import options_of
from kshell.cc.finding import Finding
from kshell.cc.source_error import too_large

SUFFIXES = (".py", ".c")
C_SOURCE_MAX = 1 << 20
_OWN = ("-nostdinc", "-mcmodel=kernel", "-mno-red-zone", "-mno-sse", "-fno-omit-frame-pointer", "-O0", "-gdwarf-4")


class Compiled(NamedTuple):
    """What came of a source: the object, what the compiler warns of, and what a compiler of the host said."""

    object: ElfObject
    warnings: list[Finding]
    said: str = ""


def compile_file(
    path: str, text: str, release: str, version: tuple[int, int], *, module: bool = True, folder: str = "."
) -> Compiled:
    """Compile the source `text`, which is the file `path`, for a kernel's `release` ("4.19.1-course"), of `version`
    (4, 19).

    `module` says whether it is for a module or for the kernel itself; `folder` is where a path that is no absolute one
    begins.  Raises SourceError, with all that was found.
    """
    if not path.endswith(".c"):
        return _compile_python(path, text, release)
    if len(text) > C_SOURCE_MAX:
        raise too_large(path, C_SOURCE_MAX)
    return _compile_c(path, version, options_of(release), module, folder)


def command_line(path: str, out: str, version: tuple[int, int], *, module: bool = True) -> str:
    """The command that compiles `path` to `out`, as a build prints it.  kshell's own compiler, which is part of it,
    goes by the words that gcc would need for the same."""
    from shlex import join

    mode = "-S" if out.endswith(".s") else "-c"
    if not path.endswith(".c"):
        defines = ["-D__KERNEL__", f'-DKBUILD_MODNAME="{module_name(path)}"'] + ["-DMODULE"] * module
        return join(["cc", *_OWN, *defines, mode, "-o", out, path])
    from kshell.cc.c_compiler import find_compiler, options

    first, *words = find_compiler() or ["gcc"]
    words += options(module_name(path), version, module=module)
    return join([os.path.basename(first), *words, mode, "-o", out, path])


def module_name(path: str) -> str:
    """What the module of a file is called (C: KBUILD_MODNAME)."""
    return os.path.splitext(os.path.basename(path))[0].replace("-", "_")


@lru_cache(maxsize=16)
def _compile_python(path: str, text: str, release: str) -> Compiled:
    """A module is loaded again and again: what stands in its text makes the same object each time."""
    from kshell.cc.back.generate import generate
    from kshell.cc.front.unit import compile_source
    from kshell.cc.object import make_object

    unit, findings = compile_source(text, path, release)
    return Compiled(make_object(unit, generate(unit)), findings)


def _compile_c(path: str, version: tuple[int, int], config: frozenset[str], module: bool, folder: str) -> Compiled:
    from kshell.abi.elf_reader import read_elf
    from kshell.cc.c_compiler import compile_c

    data, said = compile_c(path, module_name(path), version, module=module, config=config, folder=folder)
    return Compiled(read_elf(data, path), [], said)
