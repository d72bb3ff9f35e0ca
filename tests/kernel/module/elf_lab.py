"""Modules of machine code for tests: compiled from C by what the host has, and loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.elf_writer import write_elf
from kshell.cc.c_compiler import compile_c, find_compiler
from kshell.cc.compiler import compile_file
from kshell.cc.module_object import make_module
from kshell.kernel.boot.start import boot
from kshell.kernel.module.struct_module import Module
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")
HEAD = """\
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/delay.h>
MODULE_LICENSE("GPL");
"""


class ElfLab(Lab):
    """One kernel, and objects in `folder`."""

    def compile(self, text: str, name: str = "m", head: str = HEAD, suffix: str = "o") -> str:
        """The path of the object of a C text."""
        source = self.folder / f"{name}.c"
        source.write_text(head + text)
        path = self.folder / f"{name}.{suffix}"
        path.write_bytes(compile_c(str(source), name, self.k.profile.version)[0])
        return str(path)

    def build(self, text: str, name: str = "m") -> str:
        """The path of the .ko of a source in Python's spelling, made by kshell's own compiler."""
        obj = compile_file(f"{name}.py", text, self.k.release, self.k.profile.version).object
        path = self.folder / f"{name}.ko"
        path.write_bytes(write_elf(make_module(obj, name, self.k.vermagic, [], intree=False)))
        return str(path)

    def insert(self, text: str, name: str = "m", head: str = HEAD, **parameters: str) -> Module:
        """insmod the object of a C text."""
        module = insmod(self.k, self.compile(text, name, head), parameters)
        assert isinstance(module, Module)
        return module

    def refuses(self, path: str, **parameters: str) -> ModuleError:
        """insmod must refuse a file; the refusal."""
        with pytest.raises(ModuleError) as caught:
            insmod(self.k, path, parameters)
        return caught.value

    def remove(self, name: str = "m") -> None:
        """rmmod."""
        rmmod(self.k, name)


def lab_of(folder: Path, profile: str = "course", cmdline: str = "") -> ElfLab:
    """A booted one."""
    lab = ElfLab(folder, profile)
    lab.k = boot(profile, cmdline)
    return lab
