"""The linked kernel, as the boot loader finds it: a table, and the object files that were linked in.

One image comes with kshell for each profile; others are built from a tree, by make.  Code in an image is what it was
when the image was built.

C counterpart: vmlinux, and what arch/x86/boot makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from kshell.abi import syscall_tbl
from kshell.abi.syscall_rows import SyscallTable
from kshell.kernel.core.object import ObjectFile
from kshell.kernel.core.profile import PROFILES, Profile
from kshell.kernel.module.declarations import run_declarations, sections_of
from kshell.kernel.syscalls import linked_in

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


class LoadedObject(NamedTuple):
    """One object of the kernel, brought to life for one boot: what its macros put into each of its `sections`, and its
    plain `functions` in the order of the source."""

    name: str
    sections: dict[str, list[Any]]
    functions: list[FunctionType]


class Vmlinux(NamedTuple):
    """A kernel that can be booted.

    `release` is what uname says, `build` the number behind the # of its version, `table` the system calls it was
    built with, `objects` what was linked into it: compiled sources, or files of kshell's own that are part of every
    process already.  `tree` is the folder it was built in, empty for the kernels that come with kshell.
    """

    profile: Profile
    release: str
    build: int
    table: SyscallTable
    objects: Sequence[ObjectFile | ModuleType]
    tree: str = ""

    @property
    def vermagic(self) -> str:
        """What a module must have been built for to be loaded."""
        return vermagic(self.profile, self.release)

    def load(self, k: Kernel) -> list[LoadedObject]:
        """Its objects in link order, fresh for each boot."""
        return [_declared(k, each) if isinstance(each, ObjectFile) else _imported(each) for each in self.objects]


def vermagic(profile: Profile, release: str) -> str:
    """The version magic of modules for a kernel (C: VERMAGIC_STRING); it ends with a blank."""
    return f"{release} SMP {'preempt ' if profile.version >= (5, 0) else ''}mod_unload "


def packaged(name: str) -> Vmlinux:
    """The image of a profile, as it comes with kshell.  KeyError for a profile that there is not."""
    profile, table = PROFILES[name], syscall_tbl.load(name)
    return Vmlinux(profile, profile.release, 1, table, linked_in(table))


def _imported(module: ModuleType) -> LoadedObject:
    namespace = vars(module)
    own = [f for f in namespace.values() if isinstance(f, FunctionType) and f.__globals__ is namespace]
    return LoadedObject(module.__name__, sections_of(namespace), own)


def _declared(k: Kernel, obj: ObjectFile) -> LoadedObject:
    namespace = run_declarations(k, obj)
    found = [namespace.get(function) for function in obj.functions]
    return LoadedObject(obj.name, sections_of(namespace), [f for f in found if isinstance(f, FunctionType)])
