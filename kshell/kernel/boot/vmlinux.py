"""The linked kernel, as the boot loader finds it: a table, and the object files that were linked in.

One image comes with kshell for each profile; others are built from a tree, by make.  Code in an image is what it was
when the image was built.

C counterpart: vmlinux, and what arch/x86/boot makes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from kshell.abi import syscall_tbl
from kshell.abi.syscall_rows import Row, SyscallTable
from kshell.kernel.core.declare import SECTIONS
from kshell.kernel.core.profile import PROFILES, Profile
from kshell.kernel.syscalls import linked_in

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


class LoadedObject:
    """One object file of the kernel, brought to life for one boot: its `name`, what its macros put into each of its
    `sections`, and its plain `functions` in the order of the source."""

    __slots__ = ("functions", "name", "sections")

    def __init__(self, name: str, namespace: dict[str, Any], functions: list[FunctionType]) -> None:
        self.name, self.functions = name, functions
        self.sections: dict[str, list[Any]] = namespace.get(SECTIONS, {})

    def section(self, name: str) -> list[Any]:
        """The entries of one section, none if the file has no such section."""
        return self.sections.get(name, [])


class Vmlinux:
    """A kernel that can be booted.

    `release` is what uname says, `build` the number behind the # of its version, `table` the system calls it was
    built with.  `load` gives its objects in link order, fresh for each boot.  `tree` is the folder it was built in,
    empty for the kernels that come with kshell.
    """

    __slots__ = ("build", "load", "profile", "release", "table", "tree")

    def __init__(
        self,
        profile: Profile,
        release: str,
        build: int,
        table: SyscallTable,
        load: Callable[[Kernel], list[LoadedObject]],
        tree: str = "",
    ) -> None:
        self.profile, self.release, self.build, self.table, self.load, self.tree = (
            profile,
            release,
            build,
            table,
            load,
            tree,
        )

    @property
    def vermagic(self) -> str:
        """What a module must have been built for to be loaded."""
        return vermagic(self.profile, self.release)


def vermagic(profile: Profile, release: str) -> str:
    """The version magic of modules for a kernel (C: VERMAGIC_STRING); it ends with a blank."""
    return f"{release} SMP {'preempt ' if profile.version >= (5, 0) else ''}mod_unload "


def packaged(name: str) -> Vmlinux:
    """The image of a profile, as it comes with kshell.  KeyError for a profile that there is not."""
    profile, table = PROFILES[name], syscall_tbl.load(name)

    def load(k: Kernel) -> list[LoadedObject]:
        return [_from_module(module.__name__, vars(module)) for module in linked_in(table)]

    return Vmlinux(profile, profile.release, 1, table, load)


def _from_module(name: str, namespace: dict[str, Any]) -> LoadedObject:
    own = [f for f in namespace.values() if isinstance(f, FunctionType) and f.__globals__ is namespace]
    return LoadedObject(name, namespace, own)


def from_payload(payload: dict[str, Any], tree: str = "") -> Vmlinux:
    """The image that a build wrote (see kshell.abi.object_file).

    Raises KeyError, TypeError or ValueError where the payload is none; its code runs only when it is booted.
    """
    profile = PROFILES[payload["profile"]]
    rows = [Row(int(nr), str(abi), str(name), symbol) for nr, abi, name, symbol in payload["rows"]]
    objects = [(str(each["name"]), str(each["source"]), str(each["text"])) for each in payload["objects"]]

    def load(k: Kernel) -> list[LoadedObject]:
        return [_load_object(k, name, source, text) for name, source, text in objects]

    table = syscall_tbl.from_rows(rows)
    return Vmlinux(profile, str(payload["release"]), int(payload["build"]), table, load, tree)


def _load_object(k: Kernel, name: str, source: str, text: str) -> LoadedObject:
    """Run the declarations of a built-in source, in a namespace of this kernel's own."""
    from kshell.cc.source import compile_text
    from kshell.kernel.core.pointers import ORIGIN, Origin
    from kshell.kernel.module.ticks import TICK, make_tick

    compiled = compile_text(text, source, builtin=True, checked=True)
    namespace: dict[str, Any] = {"__name__": name, "__file__": source, ORIGIN: Origin("", text), TICK: make_tick(k)}
    k.start_tick_budget()
    exec(compiled.code, namespace)
    found = [namespace.get(function) for function in compiled.functions]
    return LoadedObject(name, namespace, [f for f in found if isinstance(f, FunctionType)])
