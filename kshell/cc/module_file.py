"""What insmod is given: a source that is compiled on the spot, or a .ko that a build left behind."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from kshell.abi.errno import ENOEXEC
from kshell.abi.object_file import ELF_MAGIC, ObjectError, is_object, read_object
from kshell.cc.source import Source, SourceError, compile_module, compile_text, module_name, read_file


class Built(NamedTuple):
    """A module before it is loaded.

    `vermagic` is what it was built for, None for a source: that is compiled for the kernel that runs.  `depends` names
    the modules whose symbols it uses, None where only a look at those modules could tell.
    """

    source: Source
    name: str
    vermagic: str | None
    intree: bool
    depends: list[str] | None


def open_module(path: str) -> Built:
    """Read a .py or a .ko.  Raises SourceError, with ENOEXEC for a file that is no module."""
    if path.endswith(".py"):
        return Built(compile_module(path), module_name(path), None, False, None)
    data = read_file(path)
    if not (is_object(data) or data.startswith(ELF_MAGIC) or path.endswith((".ko", ".o"))):
        because = "kshell loads a source that ends in .py, and a .ko that its own make has built"
        raise _invalid(path, because, "module copy syscallModule  (gives you one to start from)")
    try:
        kind, payload = read_object(data, path)
    except ObjectError as error:
        raise _invalid(path, error.because, _way_out(path, data)) from None
    if kind != "module":
        raise _invalid(path, *_wrong_kind(kind, path))
    try:
        return _from_payload(path, payload)
    except (KeyError, TypeError, ValueError):
        raise _invalid(path, "it holds no module: what the build wrote is not all there", "make  (again)") from None


def _invalid(path: str, because: str, try_: str) -> SourceError:
    return SourceError(ENOEXEC, f"{os.path.basename(path)} is not a module", because, try_)


def _way_out(path: str, data: bytes) -> str:
    if data.startswith(ELF_MAGIC):
        return "insmod FILE.py, or a .ko that kshell's own make has built"
    return "make  (builds it again, from its source)"


def _wrong_kind(kind: str, path: str) -> tuple[str, str]:
    if kind == "object":
        module = os.path.splitext(path)[0] + ".ko"
        because = "it is an object file: one source, compiled, and not yet a module with its .modinfo and version magic"
        return because, f"insmod {module}  (obj-m in the Makefile makes it)"
    if kind == "vmlinux":
        return "it is a whole kernel, and a kernel is booted", "boot DIR  (the tree that it was built in)"
    return "it is a program for user mode", f"run {path}"


def _from_payload(path: str, payload: dict[str, Any]) -> Built:
    """Raises KeyError or TypeError where a part is missing, SourceError where its text does not compile."""
    texts = {key: payload[key] for key in ("source", "text", "modname", "vermagic")}
    depends = payload["depends"]
    if not all(isinstance(value, str) for value in (*texts.values(), *depends)) or not texts["modname"].isidentifier():
        raise TypeError
    place = os.path.join(os.path.dirname(path), os.path.basename(texts["source"]))
    source = compile_text(texts["text"], place, checked=True)
    return Built(source, texts["modname"], texts["vermagic"], bool(payload["intree"]), list(depends))
