"""vmlinux: what a build writes down of a kernel, and the image to boot that it is read as.

An object is one of the kernel's own, by its name, or machine code as plain values (kshell/abi/elf_plain.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from kshell.abi import syscall_tbl
from kshell.abi.elf import ElfObject
from kshell.abi.elf_plain import from_plain, to_plain
from kshell.abi.syscall_rows import Row
from kshell.kbuild.steps.ld import Object
from kshell.kbuild.steps.own_bodies import subject_named
from kshell.kernel.boot.vmlinux import Vmlinux
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.link.objects import BuiltIn

MACHINE_CODE = "object"


def outline(objects: Sequence[Object]) -> list[dict[str, Any]]:
    """The objects of an image without their machine code, by which two images can be told apart."""
    found = []
    for each in objects:
        known = {"shipped": each.built.shipped} if each.built.shipped else {"digest": each.built.digest}
        known["text"] = each.built.text
        found.append({"name": each.name, "source": each.facts.source, **known})
    return found


def with_machine_code(outlined: Mapping[str, Any], code: Mapping[str, ElfObject]) -> dict[str, Any]:
    """The image of which the objects are an outline; `code` has those of machine code by their names."""
    objects = [
        each if "shipped" in each else {**each, MACHINE_CODE: to_plain(code[each["name"]])}
        for each in outlined["objects"]
    ]
    return {**outlined, "objects": objects}


def is_image_of(image: Mapping[str, Any] | None, outlined: Mapping[str, Any]) -> bool:
    """Whether an image was made of just these objects."""
    if image is None or not isinstance(image.get("objects"), list):
        return False
    objects = [{key: value for key, value in each.items() if key != MACHINE_CODE} for each in image["objects"]]
    return {**image, "objects": objects} == outlined


def read_image(payload: Mapping[str, Any], tree: str = "") -> Vmlinux:
    """The image in a vmlinux's payload; `tree` is the folder it was built in.

    Raises KeyError, TypeError or ValueError where the payload is none.
    """
    profile = PROFILES[payload["profile"]]
    rows = [Row(int(nr), str(abi), str(name), symbol) for nr, abi, name, symbol in payload["rows"]]
    objects = [_object(each) for each in payload["objects"]]
    table, own = syscall_tbl.from_rows(rows), payload.get("rows_32")
    table_32 = None if own is None else syscall_tbl.from_rows([Row(*each) for each in own], "syscall_32.tbl")
    return Vmlinux(profile, str(payload["release"]), int(payload["build"]), table, objects, tree, table_32)


def plain_image(image: Vmlinux) -> dict[str, Any]:
    """An image as the payload that read_image reads, but for its tree."""
    rows = [[row.number, row.abi, row.name, row.symbol] for row in image.table.rows]
    objects = [
        {"name": each.name, MACHINE_CODE: to_plain(each.elf)}
        if isinstance(each, BuiltIn)
        else {"shipped": each.__name__.rpartition(".")[2]}
        for each in image.objects
    ]
    head = {"profile": image.profile.name, "release": image.release, "build": image.build}
    own = image.own_table_32
    rows_32 = None if own is None else [[*row.fields()[:5]] for row in own.rows]
    return {**head, "rows": rows, "rows_32": rows_32, "objects": objects}


def _object(plain: Mapping[str, Any]) -> ModuleType | BuiltIn:
    if "shipped" in plain:
        return subject_named(str(plain["shipped"]))
    return BuiltIn(str(plain["name"]), from_plain(plain[MACHINE_CODE]))
