"""What a build writes: which files are its own, so that nothing of a student's is ever overwritten or removed."""

from __future__ import annotations

import os
import re
import stat
from typing import Any, NoReturn

from kshell.abi.elf import is_relocatable
from kshell.abi.object_file import ObjectError, is_object, read_object, write_object
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.tree.sources import Sources
from kshell.kbuild.tree.tree_files import TreeError, is_assembler_text, keep_copy, write_whole
from kshell.kbuild.tree.tree_paths import GENERATED, GENERATED_32

TEXTS = {"System.map", "Module.symvers", ".version"}
HEAD = 64
SEAL = "seal"


def is_output(name: str) -> bool:
    """Whether a build makes files of that name; the contents decide whether one is a build's."""
    return name.endswith((".o", ".ko", ".s")) or name in {*TEXTS, "vmlinux"} or is_record(name)


def record_path(target: str) -> str:
    """Where the record of an output is: ``d/.x.o.cmd`` for ``d/x.o``."""
    folder, slash, name = target.rpartition("/")
    return f"{folder}{slash}.{name}.cmd"


def is_record(name: str) -> bool:
    """Whether a file of that name says what an output was made of."""
    return name.startswith(".") and name.endswith((".o.cmd", ".ko.cmd"))


def is_ours(path: str, head: bytes) -> bool:
    """Whether a file with these first bytes was made by a build, so that it may be written over or removed.

    An empty file holds nothing that could be lost.
    """
    if is_object(head) or not head:
        return True
    name = os.path.basename(path)
    if name.endswith((".o", ".ko")):
        return is_relocatable(head)
    if name.endswith(".s"):
        return is_assembler_text(head)
    if name == ".version":
        return head.strip().isdigit()
    if name == "modules.dep":
        return b".ko:" in head
    if name == "Module.symvers":
        return head.startswith(b"0x00000000\t")
    if name.startswith("System.map"):
        return re.match(rb"[0-9a-f]{16} \w ", head) is not None
    return path.endswith((GENERATED, GENERATED_32)) and b"__SYSCALL" in head


def in_the_way(sources: Sources, path: str) -> str:
    """Why a build must leave alone what stands at `path`; "" if nothing is there, or what an earlier build made."""
    if not sources.is_inside(path):
        return "the path leads out of the folder that is built, and a build writes nothing outside it"
    try:
        mode = os.lstat(sources.full(path)).st_mode
        if not stat.S_ISREG(mode):
            kind = "a link" if stat.S_ISLNK(mode) else "a directory" if stat.S_ISDIR(mode) else "no plain file"
            return f"{kind} of that name is there already, and no build made it: it may be yours"
        with open(sources.full(path), "rb") as file:
            head = file.read(HEAD)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"a file of that name is there already and cannot be read ({reason}): it may be yours"
    return "" if is_ours(path, head) else "a file of that name is there already, and no build made it: it may be yours"


def check_output(sources: Sources, path: str) -> None:
    """Whether a build may write `path`; a file where only builds write gets another name first.

    Raises BuildFailed where something else is in its way.
    """
    because = in_the_way(sources, path)
    if because and _is_a_builds_place(path) and os.path.isfile(sources.full(path)):
        _set_aside(sources, path)
        because = in_the_way(sources, path)
    if because:
        _fail(path, "File exists", because, f"rename {path}, or take it out")


def write_output(sources: Sources, path: str, data: bytes) -> None:
    """Write a file of the build's own, whole or not at all; one that is so already is left alone.

    Raises BuildFailed where something else is in its way.
    """
    check_output(sources, path)
    if sources.read_bytes(path) != data:
        write_hidden(sources, path, data)


def _is_a_builds_place(path: str) -> bool:
    """Whether nobody writes a file of that path by hand: what is there and is none of ours is a damaged one of ours."""
    return path in (GENERATED, GENERATED_32) or path.startswith("boot/") or is_record(os.path.basename(path))


def _set_aside(sources: Sources, path: str) -> None:
    """Keep a file under another name, all the same."""
    try:
        if sources.is_inside(path) and not os.path.islink(sources.full(path)):
            keep_copy(sources.full(path))
            os.remove(sources.full(path))
    except (TreeError, OSError):
        return  # then it is in the way, and check_output says so


def write_hidden(sources: Sources, path: str, data: bytes) -> None:
    """Write a file that is the build's own by its place, as those in .kshell are.  Raises BuildFailed."""
    if not sources.is_inside(path):
        _fail(path, "File exists", "a link on its way leads out of the folder that is built", "take the link out")
    try:
        write_whole(sources.full(path), data)
    except TreeError as error:
        _fail(path, error.what.partition(": ")[2], error.because, error.try_)


def remove_output(sources: Sources, path: str) -> bool:
    """Remove a file if a build made it, and the record beside it; whether it did so.  Raises BuildFailed where it may
    not."""
    if in_the_way(sources, path):
        return False
    try:
        os.remove(sources.full(path))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        because = f"the file could not be removed: {error.strerror}"
        _fail(path, error.strerror or str(error), because, "look at the permissions of the folder that it is in")
    if path.endswith((".o", ".ko")):
        remove_output(sources, record_path(path))
    return True


def write_sealed(sources: Sources, path: str, kind: str, payload: dict[str, Any]) -> None:
    """Write an object file that says itself whether it is still as it was written.  Raises BuildFailed."""
    write_output(sources, path, write_object(kind, payload | {SEAL: _seal(payload)}))


def read_sealed(sources: Sources, path: str, kind: str) -> dict[str, Any] | None:
    """The payload that write_sealed wrote there; None if the file is missing, damaged, or another."""
    data = sources.read_bytes(path)
    try:
        found, payload = read_object(data, path) if data is not None else ("", {})
    except ObjectError:
        return None
    return unseal(payload) if found == kind else None


def unseal(payload: dict[str, Any]) -> dict[str, Any] | None:
    """A payload without its seal; None if it is not what was sealed."""
    seal = payload.get(SEAL)
    rest = {key: value for key, value in payload.items() if key != SEAL}
    return rest if seal == _seal(rest) else None


def _seal(payload: dict[str, Any]) -> str:
    import json
    from hashlib import sha256

    return sha256(json.dumps(payload, sort_keys=True).encode("ascii")).hexdigest()


def _fail(path: str, why: str, because: str, try_: str) -> NoReturn:
    raise BuildFailed([BuildMessage(ERROR, f"{path}: {why}", "", 0, 0, (), because, try_, verbatim=True)])
