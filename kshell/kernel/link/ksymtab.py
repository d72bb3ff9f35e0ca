"""What the kernel exports of its own, beside the files of a tree: the functions that machine code calls by name.

C counterpart: the section __ksymtab of vmlinux.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from kshell.abi.kconfig import options_of
from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.pointers import Function, function_at
from kshell.kernel.core.sections import section
from kshell.kernel.elf.kernel_param import SINCE as PARAM_SINCE
from kshell.kernel.elf.kernel_param import TYPES
from kshell.kernel.elf.tables import EXPORTS
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib import (
    cr0,
    kallsyms,
    kmem_cache,
    kstrtox,
    list_debug,
    refcount_t,
    set_memory,
    slab_calls,
    sleep,
    string,
    string_find,
    timekeeping,
    usercopy,
    vprintk,
    vsprintf,
)
from kshell.kernel.mm import fixup
from kshell.kernel.module import refcount
from kshell.kernel.module.symbols import NOT_EXPORTED_SINCE

LIBRARY = (
    usercopy,
    vprintk,
    vsprintf,
    string,
    slab_calls,
    sleep,
    refcount,
    set_memory,
    cr0,
    kallsyms,
    fixup,
    list_debug,
    refcount_t,
    string_find,
    kstrtox,
    timekeeping,
    kmem_cache,
)
# The first release that has a name, and the first one that has it no more.
SINCE = {"_printk": (5, 15)}
UNTIL = {"printk": (5, 15), "strlcpy": (6, 8), "ex_handler_default": (5, 16), "ex_handler_fault": (5, 16)}
# What only a kernel has that was built with an option.
OPTIONS = dict.fromkeys(("__list_add_valid", "__list_del_entry_valid"), "CONFIG_DEBUG_LIST")
PARAM_OPS_SIZE = 32  # C: sizeof(struct kernel_param_ops)


@cache
def library(version: tuple[int, int], options: frozenset[str] = frozenset()) -> list[Function]:
    """Each function that a release has, built with `options`, at its address."""
    return [function_at(at, *each) for at, each in zip(layout.ROUTINES, _exports(version, options), strict=False)]


def _exports(version: tuple[int, int], options: frozenset[str]) -> Iterator[tuple[str, Callable[..., Any], str | None]]:
    """The name of each, its body, and the macro that exports it, if it does."""
    for file in LIBRARY:
        for table, macro in EXPORTS.items():
            for body in section(vars(file), table):
                name = body.__name__
                if OPTIONS.get(name, "") not in ("", *options):
                    continue
                if SINCE.get(name, version) <= version and not _reached(UNTIL, name, version):
                    yield name, body, None if _reached(NOT_EXPORTED_SINCE, name, version) else macro


def _reached(first: Mapping[str, tuple[int, int]], name: str, version: tuple[int, int]) -> bool:
    return name in first and version >= first[name]


def param_ops(version: tuple[int, int]) -> list[str]:
    """The objects that a struct kernel_param points to: one for each type of parameter."""
    return [f"param_ops_{kind}" for kind in TYPES if PARAM_SINCE.get(kind, version) <= version]


def place_library(k: Kernel) -> None:
    """Give each function its address, and each object its place."""
    k.define_functions(*library(k.profile.version, options_of(k.release)))
    ops = param_ops(k.profile.version)
    k.memory.map(layout.PARAM_OPS, len(ops) * PARAM_OPS_SIZE, writable=True)
    for at, name in enumerate(ops):
        address = layout.PARAM_OPS + at * PARAM_OPS_SIZE
        k.memory.write(address, struct.pack("<QQQQ", 0, 0, 0, 0))
        k.symbols.add(Symbol(name, address, "R", PARAM_OPS_SIZE, exported="EXPORT_SYMBOL"))
    k.memory.set_writable(layout.PARAM_OPS, len(ops) * PARAM_OPS_SIZE, False)
