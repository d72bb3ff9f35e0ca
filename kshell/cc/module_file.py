"""What insmod is given: a source that is compiled on the spot, or a .ko that a build left behind."""

from __future__ import annotations

import os
from typing import Any

from kshell.abi.errno import ENOEXEC
from kshell.abi.object_file import ELF_MAGIC, ObjectError, is_object, read_object
from kshell.abi.problem import Problem
from kshell.cc.source import Source, compile_module, compile_text, read_file
from kshell.cc.source_error import SourceError
from kshell.kernel.core.object import ObjectFile
from kshell.kernel.module.load_info import LoadInfo


def open_module(path: str) -> ObjectFile | LoadInfo:
    """Read a .py, a .ko or a .o.  Raises SourceError, with ENOEXEC for a file that is no module; an ELF file is handed
    to the kernel as it is, which looks at it itself."""
    if path.endswith(".py"):
        return _noted(compile_module(path))
    data = read_file(path)
    if data.startswith(ELF_MAGIC):
        return LoadInfo(path, data)
    if not (is_object(data) or path.endswith((".ko", ".o"))):
        because = "kshell loads a source that ends in .py, and a .ko that its own make has built"
        raise _invalid(path, because, "module copy syscallModule  (gives you one to start from)")
    try:
        kind, payload = read_object(data, path)
    except ObjectError as error:
        raise _invalid(path, error.because, "make  (builds it again, from its source)") from None
    if kind != "module":
        raise _invalid(path, *_wrong_kind(kind, path))
    try:
        return _from_payload(path, payload)
    except (KeyError, TypeError, ValueError):
        raise _invalid(path, "it holds no module: what the build wrote is not all there", "make  (again)") from None


def _invalid(path: str, because: str, try_: str) -> SourceError:
    return SourceError(ENOEXEC, Problem(f"{os.path.basename(path)} is not a module", because, try_))


def _wrong_kind(kind: str, path: str) -> tuple[str, str]:
    if kind == "object":
        module = os.path.splitext(path)[0] + ".ko"
        because = "it is an object file: one source, compiled, and not yet a module with its .modinfo and version magic"
        return because, f"insmod {module}  (obj-m in the Makefile makes it)"
    if kind == "vmlinux":
        return "it is a whole kernel, and a kernel is booted", "boot DIR  (the tree that it was built in)"
    return "it is a program for user mode", f"run {path}"


def _from_payload(path: str, payload: dict[str, Any]) -> ObjectFile:
    """Raises KeyError or TypeError where a part is missing, SourceError where its text does not compile."""
    texts = {key: payload[key] for key in ("source", "text", "modname", "vermagic")}
    depends = payload["depends"]
    if not all(isinstance(value, str) for value in (*texts.values(), *depends)) or not texts["modname"].isidentifier():
        raise TypeError
    place = os.path.join(os.path.dirname(path), os.path.basename(texts["source"]))
    source = compile_text(texts["text"], place, checked=True)
    built_for, intree = texts["vermagic"], bool(payload["intree"])
    obj = source.object._replace(name=texts["modname"], path=path, vermagic=built_for, intree=intree)
    return _noted(source._replace(object=obj._replace(depends=list(depends))))


def _noted(source: Source) -> ObjectFile:
    """The object, with what is to be said of it beside."""
    obj, notes = source.object, []
    file = os.path.basename(obj.source)
    if "license" not in dict(obj.info) and any(name.startswith("SYSCALL_DEFINE") for name in obj.headers):
        notes.append(
            f"{file} is no module but a source of the kernel itself: it goes into a tree as "
            f"SystemCalls/{obj.name}.py, with obj-y := {obj.name}.o in its Makefile (help add-a-system-call)"
        )
    notes += [f"{file}:{found.line}: warning: {found.text}; try: {found.try_}" for found in source.warnings]
    return obj._replace(notes=tuple(notes))
