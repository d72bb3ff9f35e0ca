"""One call from its row to its body, as `inspect` shows it: what each step is, and where it stands in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from kshell.abi.fcntl import O_ACCMODE
from kshell.abi.ptregs import ARGUMENTS, NAMES
from kshell.abi.symbolic import flags_text
from kshell.abi.syscall_32_tbl import entry_32
from kshell.abi.syscall_rows import Row
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.fs.file import FilesStruct
from kshell.kernel.ia32.compat import SLOTS
from kshell.kernel.kernel import Kernel
from kshell.kernel.proc.proc_pid import path_of
from kshell.shell.calls.target import Target
from kshell.shell.views.view import Line, show, span

STEP, TEXT = 9, 54  # columns of a step's name, and of what it is
Step = tuple[str, str, str]  # the step, what it is, and the address


def steps(k: Kernel, row: Row, target: Target, is_32: bool) -> list[Step]:
    """Row, slot, entry, wrapper and body, as far as the call has them."""
    written = entry_32(row) if is_32 else row.entry
    found: list[Step] = [("row", f"{row.number}  {row.abi}  {row.name}  {written or '(no entry)'}", "")]
    found.append(_slot(k, target.nr, is_32))
    if target.address is None:
        return found
    found.append(("entry", k.symbols.describe(target.address), f"{target.address:#x}"))
    definition = target.definition
    if definition is None:
        return [*found, ("body", "none: it answers -ENOSYS", "")]
    found.append(("wrapper", definition.macro, ""))
    slots = SLOTS if is_32 else ARGUMENTS
    for slot, parameter in zip(slots, definition.parameters, strict=False):
        register = f"e{NAMES[slot]}" if is_32 else NAMES[slot]
        found.append(("", f"{register:<4} -> {parameter}", ""))
    return [*found, _body(k, definition)]


def _slot(k: Kernel, nr: int, is_32: bool) -> Step:
    name, switch = ("ia32_sys_call_table", "ia32_sys_call") if is_32 else ("sys_call_table", "x64_sys_call")
    if not k.dispatches_by_table:
        return ("switch", f"{switch}: case {nr}", "")
    at = (k.ia32.sys_call_table if is_32 else k.sys_call_table) + 8 * nr
    try:
        return ("slot", f"{name}[{nr}] holds {k.memory.load(at):#x}", f"{at:#x}")
    except KernelFault:
        return ("slot", f"{name}[{nr}] is not mapped any more", f"{at:#x}")


def _body(k: Kernel, definition: SyscallDefinition) -> Step:
    if definition.body is not None:
        code = definition.body.__code__
        parts = code.co_filename.split(os.sep)
        place = "/".join(parts[parts.index("kernel") :]) if "kernel" in parts else parts[-1]
        return ("body", f"{definition.signature}  ({place}:{code.co_firstlineno})", "")
    symbol = k.symbols.lookup(f"__do_sys_{definition.name}")
    return ("body", definition.signature, "" if symbol is None else f"{symbol.address:#x}")


def step_lines(found: list[Step]) -> Iterator[Line]:
    """The steps in columns."""
    for name, what, address in found:
        line: Line = [(f"  {name:<{STEP}}", "dim"), (what, "symbol" if name == "entry" else "")]
        if address:
            line += [(" " * max(2, TEXT - len(what)), ""), (address, "address")]
        yield line


def descriptors(files: FilesStruct) -> list[dict[str, Any]]:
    """A task's descriptors: the number, and the open file that it means; `same_as` is the first that means it
    too."""
    first: dict[int, int] = {}
    return [
        {
            "fd": fd,
            "path": path_of(file.dentry).decode("utf-8", "replace"),
            "flags": flags_text(file.flags & O_ACCMODE, "open_flags"),
            "pos": file.pos,
            "same_as": None if first.setdefault(id(file), fd) == fd else first[id(file)],
        }
        for fd, file in files.items()
    ]


def descriptor_lines(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Line]:
    """Both tables, number by number; what has changed is marked."""
    old, new = {each["fd"]: each for each in before}, {each["fd"]: each for each in after}
    yield span("  fd   before                          after", "heading")
    for fd in sorted({*old, *new}):
        left, right = (_told(each.get(fd)) for each in (old, new))
        changed = left != right
        yield [
            (f"  {fd:<4} ", "number"),
            (f"{left:<31} ", ""),
            (right, "good" if changed else ""),
            ("  <- changed" if changed else "", "note"),
        ]


def _told(each: dict[str, Any] | None) -> str:
    if each is None:
        return "-"
    same = f" (the file of {each['same_as']})" if each["same_as"] is not None else ""
    at = f", at {each['pos']}" if each["pos"] else ""
    return f"{show(each['path'])}{at}{same}"
