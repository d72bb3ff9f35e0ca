"""Where the linker puts what: the addresses of a kernel's functions and variables, before it runs.

A system call's function goes by its number, so that it keeps its address when others are added; other functions and
variables follow each other in link order.

C counterpart: arch/x86/kernel/vmlinux.lds.S, and System.map.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kshell.kernel.core import layout

# What is in no file of a tree, and where it always is.
FIXED = {
    "entry_SYSCALL_64": (layout.KERNEL_TEXT, "T"),
    "do_syscall_64": (layout.KERNEL_TEXT + 0x10, "T"),
    "native_iret": (layout.KERNEL_TEXT + 0x40, "T"),
    "sys_call_table": (layout.KERNEL_RODATA, "R"),
    "__start___ex_table": (layout.EX_TABLE, "R"),
}


def place_calls(names: Iterable[str], numbers: Mapping[str, int]) -> dict[str, int]:
    """The address of each call's ``__x64_sys_``; calls without a number, or with a very large one, follow behind."""
    extra, found = layout.EXTRA_TEXT, {}
    for name in names:
        address = layout.SYSCALL_TEXT + layout.FUNCTION_SIZE * numbers.get(name, layout.EXTRA_TEXT)
        if address >= layout.EXTRA_TEXT:
            address, extra = extra, extra + layout.FUNCTION_SIZE
        found[name] = address
    return found


def place_functions() -> Iterator[int]:
    """The addresses of the other functions, in link order."""
    return iter(range(layout.OBJECT_TEXT, layout.OBJECT_TEXT_END, layout.FUNCTION_SIZE))


def place_routines() -> Iterator[int]:
    """The addresses of the copies from and to user memory."""
    return iter(range(layout.LIB_TEXT, layout.SYSCALL_TEXT, layout.FUNCTION_SIZE))


def place_variables() -> Iterator[int]:
    """The addresses of the variables, in link order: 8 bytes each, from the start of the kernel's data."""
    return iter(range(layout.KERNEL_DATA, layout.KERNEL_DATA_END, 8))


def letter_of(name: str, letter: str) -> str:
    """nm's letter for a symbol of the kernel itself: lower case for what is its file's own (C: static)."""
    return letter.lower() if name.startswith("_") else letter
