"""The linked kernel, as the boot loader finds it: a table, and the object files that were linked in.

One image comes with kshell for each profile; others are built from a tree, by make.  Code in an image is what
it was when the image was built.

C counterpart: vmlinux, and what arch/x86/boot makes of it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

from kshell.abi import syscall_tbl
from kshell.abi.elf_plain import from_plain
from kshell.abi.syscall_32_tbl import load_32
from kshell.abi.syscall_rows import SyscallTable
from kshell.kernel.core.profile import COURSE, PROFILES, Profile
from kshell.kernel.link.objects import BuiltIn
from kshell.kernel.syscalls import linked_in

TEST_CALL = os.path.join(os.path.dirname(__file__), "test_call.o.json")


class Vmlinux(NamedTuple):
    """A kernel that can be booted.

    `release` is what uname says, `build` the number behind the # of its version, `table` the system calls it was
    built with, `objects` what was linked into it: files of kshell's own, which are part of every process already, and
    files of machine code.  `tree` is the folder it was built in, empty for the kernels that come with kshell.
    `own_table_32` is what it has of the system calls of 32-bit programs, if that is another table than its profile's.
    """

    profile: Profile
    release: str
    build: int
    table: SyscallTable
    objects: Sequence[ModuleType | BuiltIn]
    tree: str = ""
    own_table_32: SyscallTable | None = None

    @property
    def table_32(self) -> SyscallTable:
        """The system calls of 32-bit programs."""
        return load_32(self.profile.name) if self.own_table_32 is None else self.own_table_32

    @property
    def vermagic(self) -> str:
        """What a module must have been built for to be loaded."""
        return vermagic(self.profile, self.release)

    @property
    def bodies(self) -> list[ModuleType]:
        """The files of kshell's own that are part of it, in link order."""
        return [each for each in self.objects if isinstance(each, ModuleType)]

    @property
    def machine_code(self) -> list[BuiltIn]:
        """The files of it that are no bodies in Python, in link order."""
        return [each for each in self.objects if isinstance(each, BuiltIn)]


def vermagic(profile: Profile, release: str) -> str:
    """The version magic of modules for a kernel (C: VERMAGIC_STRING); it ends with a blank."""
    return f"{release} SMP {'preempt ' if profile.version >= (5, 0) else ''}mod_unload "


@cache
def packaged(name: str) -> Vmlinux:
    """The image of a profile, as it comes with kshell.  KeyError for a profile that there is not."""
    profile, table = PROFILES[name], syscall_tbl.load(name)
    objects: list[ModuleType | BuiltIn] = [*linked_in(table)]
    return Vmlinux(profile, profile.release, 1, table, [*objects, _test_call()] if profile is COURSE else objects)


@cache
def _test_call() -> BuiltIn:
    """The course's own call, as `python -m kshell.kbuild.course_kernel` has compiled it."""
    import json  # which the kernels of other profiles need not

    with open(TEST_CALL, encoding="ascii") as file:
        return BuiltIn("SystemCalls/test_call.o", from_plain(json.load(file)))
