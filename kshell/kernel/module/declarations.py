"""Making the declarations of an object, in a namespace that one kernel has of its own; and what they were."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.module_macros import Param
from kshell.kernel.core.pointers import ORIGIN, Origin
from kshell.kernel.core.sections import SECTIONS, Stub
from kshell.kernel.module.ticks import TICK, make_tick

if TYPE_CHECKING:
    from kshell.kernel.core.object import ObjectFile
    from kshell.kernel.kernel import Kernel

# What the macros put into each section; a file that tampers with its sections gets nothing else in.
ENTRIES: dict[str, type | tuple[type, ...]] = {
    ".init": FunctionType,
    ".exit": FunctionType,
    ".bss": Stub,
    ".data": Stub,
    ".extern": Stub,
    "__ksymtab": (Stub, FunctionType),
    "__ksymtab_gpl": (Stub, FunctionType),
    "__param": Param,
    ".syscalls": SyscallDefinition,
    ".modinfo": tuple,
}
EXPORTS = {"__ksymtab": "EXPORT_SYMBOL", "__ksymtab_gpl": "EXPORT_SYMBOL_GPL"}


def run_declarations(k: Kernel, obj: ObjectFile, owner: object = None) -> dict[str, Any]:
    """The namespace after the top level has run; `owner` is the module, None for what is linked into the kernel.

    Whatever a file may raise there comes out of it, SystemExit and SoftLockup too.
    """
    origin = Origin(obj.name if owner is not None else "", obj.text)
    namespace: dict[str, Any] = {"__name__": obj.name, "__file__": obj.source, "__this_module__": owner}
    namespace |= {ORIGIN: origin, TICK: make_tick(k)}
    k.start_tick_budget()
    exec(obj.code, namespace)
    return namespace


def sections_of(namespace: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What the macros have declared by now; it stays so, whatever the file does to its namespace later."""
    declared = namespace.get(SECTIONS)
    found: dict[str, list[Any]] = {}
    for name, kind in ENTRIES.items():
        entries = declared.get(name) if isinstance(declared, dict) else None
        found[name] = [each for each in entries if isinstance(each, kind)] if isinstance(entries, list) else []
    return found


def variables_of(sections: Mapping[str, list[Any]]) -> list[Stub[Any]]:
    """What has memory of its own: pointers, then variables."""
    return [*sections[".bss"], *sections[".data"]]


def exported_by(sections: Mapping[str, list[Any]], thing: object) -> str | None:
    """The macro that exports `thing`, if one does."""
    return next((macro for name, macro in EXPORTS.items() if any(each is thing for each in sections[name])), None)
