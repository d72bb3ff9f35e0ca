"""What insmod is given: a source that is compiled on the spot, or a .ko that a build left behind."""

from __future__ import annotations

import os

from kshell.abi.elf import ElfObject
from kshell.abi.elf_writer import write_elf
from kshell.abi.errno import ENOEXEC
from kshell.abi.object_file import ELF_MAGIC, ObjectError, is_object, read_object
from kshell.abi.problem import Problem
from kshell.cc.compiler import SUFFIXES, Compiled, compile_file, module_name
from kshell.cc.module_object import make_module
from kshell.cc.source_error import SourceError
from kshell.cc.source_file import read_file, read_source
from kshell.kbuild.messages import NOTE
from kshell.kbuild.steps.gcc_text import messages_of
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load_info import LoadInfo
from kshell.shell.host_files import named
from kshell.shell.modules.depmod import owners, undefined


def open_module(k: Kernel, path: str) -> LoadInfo:
    """The module in a file: a source is compiled for the kernel that runs, a .ko and a .o are handed to the kernel as
    they are, which looks at them itself.  Raises SourceError, with ENOEXEC for a file that is no module."""
    if os.path.basename(path) in SUFFIXES:
        because = f"a module is called as its file is, and before {os.path.basename(path)} stands no name"
        raise SourceError(ENOEXEC, Problem(f"{os.path.basename(path)} has no name", because, "module copy hello"))
    if path.endswith(SUFFIXES):
        return _compiled(k, path)
    data = read_file(path)
    if is_object(data):
        raise _no_module(path, data)
    if data.startswith(ELF_MAGIC) or path.endswith((".ko", ".o")):
        return LoadInfo(path, data)
    because = "kshell loads a source that ends in .py or .c, and a .ko that make or a compiler has made"
    try_ = "module copy syscallModule  (gives you one to start from)"
    raise SourceError(ENOEXEC, Problem(f"{os.path.basename(path)} is not a module", because, try_))


def _no_module(path: str, data: bytes) -> SourceError:
    """What else a build makes: a kernel is booted, a program is run."""
    because, try_ = (
        "it is a whole kernel, and a kernel is booted",
        f"boot {named(os.path.dirname(path) or '.')}  (the tree that it was built in, after make install)",
    )
    try:
        if read_object(data, path)[0] != "vmlinux":
            because, try_ = "it is a program for user mode", f"run {path}"
    except ObjectError as error:
        because, try_ = error.because, "make  (builds it again)"
    return SourceError(ENOEXEC, Problem(f"{os.path.basename(path)} is not a module", because, try_))


def _compiled(k: Kernel, path: str) -> LoadInfo:
    text = read_source(path)
    try:
        compiled = compile_file(path, text, k.release, k.profile.version)
    except ObjectError as error:  # the host's compiler made something else than what was asked of it
        raise SourceError(ENOEXEC, Problem(error.what, error.because, error.try_)) from None
    return LoadInfo(path, write_elf(module_of(k, compiled.object, module_name(path))), _notes(path, text, compiled))


def module_of(k: Kernel, obj: ElfObject, name: str) -> ElfObject:
    """The .ko of a .o, as a build against the kernel that runs would make it."""
    return make_module(obj, name, k.vermagic, owners(undefined(obj), k), intree=False)


def _notes(path: str, text: str, compiled: Compiled) -> list[str]:
    """What is to be said of a source beside: what the compiler warns of, and that it is no module."""
    file, name, notes = os.path.basename(path), module_name(path), []
    sections = {each.name: each.data for each in compiled.object.sections}
    if b"license=" not in sections.get(".modinfo", b"") and "__syscalls_metadata" in sections:
        notes.append(
            f"{file} is no module but a source of the kernel itself: it goes into a tree as "
            f"SystemCalls/{file}, with obj-y := {name}.o in its Makefile (help add-a-system-call)"
        )
    notes += [f"{file}:{each.line}: {each.kind}: {each.text}; try: {each.try_}" for each in compiled.warnings]
    warned = [each for each in messages_of(compiled.said, path, text) if each.kind != NOTE]
    return [*notes, *(each.head() + (f"; try: {each.try_}" if each.try_ else "") for each in warned)]
