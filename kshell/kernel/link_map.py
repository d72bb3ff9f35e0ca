"""Where the linker puts what: the addresses of a kernel's functions and variables, before it runs.

A system call's function goes by its number, so that it keeps its address when others are added; other functions and
variables follow each other in link order.

C counterpart: arch/x86/kernel/vmlinux.lds.S, and System.map.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kshell.kernel import layout


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
