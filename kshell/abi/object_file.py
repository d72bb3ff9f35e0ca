"""Object files of kshell's own: what the build leaves on disk beside ELF objects, and what boot and run read.

A line ``kshell-object 1 KIND`` and JSON under it.  The kinds are "vmlinux", "program", and "record" (what an ELF object
was made of).  What is inside was frozen when it was built: the source on disk may have changed since.
"""

from __future__ import annotations

import os
import re
from typing import Any

from kshell.abi.problem import ProblemError

MAGIC = b"kshell-object "
VERSION = 1
KINDS = ("vmlinux", "program", "record")
ELF_MAGIC = b"\x7fELF"
MODULE_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,55}")  # C: MODULE_NAME_LEN


class ObjectError(ProblemError):
    """A file that should be an object file and is none."""


def anew(path: str) -> str:
    """What builds again, from its sources, what lies at `path`."""
    folder = os.path.dirname(path) or "."
    return f"make -C {folder} clean; make -C {folder}"


def is_object(data: bytes) -> bool:
    """Whether the bytes begin as an object file of kshell's own does."""
    return data.startswith(MAGIC)


def write_object(kind: str, payload: dict[str, Any]) -> bytes:
    """The bytes of an object file; the same payload gives the same bytes."""
    import json

    if kind not in KINDS:
        raise ValueError(f"no kind of object file: {kind!r}")
    text = json.dumps(payload, ensure_ascii=True, sort_keys=True, indent=0)
    return MAGIC + f"{VERSION} {kind}\n{text}\n".encode("ascii")


def read_object(data: bytes, path: str) -> tuple[str, dict[str, Any]]:
    """The kind and the payload of an object file.  Raises ObjectError for anything else; `path` is for its words."""
    import json

    if data.startswith(ELF_MAGIC):
        because = "it is an ELF file, and a kernel or a program that kshell builds is none"
        raise ObjectError(f"{path}: file format not recognized", because, anew(path))
    head, _, body = data.partition(b"\n")
    words = head.split()
    if not is_object(data) or len(words) != 3 or words[2].decode("ascii", "replace") not in KINDS:
        because = "kshell's build did not make it" if data else "it is empty"
        raise ObjectError(f"{path}: file format not recognized", because, anew(path))
    if words[1] != str(VERSION).encode():
        because = f"another version of kshell made it (format {words[1].decode('ascii', 'replace')}, this is {VERSION})"
        raise ObjectError(f"{path}: file format not recognized", because, anew(path))
    try:
        payload = json.loads(body)
        if not isinstance(payload, dict):
            raise ValueError
    except (ValueError, RecursionError):
        because = "what follows its first line is damaged"
        raise ObjectError(f"{path}: file truncated", because, anew(path)) from None
    return words[2].decode("ascii"), payload
