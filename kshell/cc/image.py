"""A kernel that a build wrote (see kshell.abi.object_file): its sources become objects, and those an image to boot."""

from __future__ import annotations

from typing import Any

from kshell.abi import syscall_tbl
from kshell.abi.syscall_rows import Row
from kshell.cc.source import compile_text
from kshell.cc.source_error import SourceError
from kshell.kernel.boot.vmlinux import Vmlinux
from kshell.kernel.core.object import ObjectFile
from kshell.kernel.core.profile import PROFILES


def read_image(payload: dict[str, Any], tree: str = "") -> Vmlinux:
    """The image in a vmlinux's payload; `tree` is the folder it was built in.

    Raises KeyError, TypeError or ValueError where the payload is none; its code runs only when it is booted.
    """
    profile = PROFILES[payload["profile"]]
    rows = [Row(int(nr), str(abi), str(name), symbol) for nr, abi, name, symbol in payload["rows"]]
    objects = [_object(str(each["name"]), str(each["source"]), str(each["text"])) for each in payload["objects"]]
    return Vmlinux(profile, str(payload["release"]), int(payload["build"]), syscall_tbl.from_rows(rows), objects, tree)


def _object(name: str, source: str, text: str) -> ObjectFile:
    try:
        return compile_text(text, source, builtin=True, checked=True).object._replace(name=name)
    except SourceError as error:
        raise ValueError(error.what) from None
