"""The listing of an object beside its source: lines for a screen, and a file of assembler text.

C counterpart: objdump -S, and gcc -S -fverbose-asm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from kshell.abi.elf import STB_GLOBAL, STT_FUNC, ElfObject
from kshell.cc.listing import Listed, list_code

Span = tuple[str, str]  # a text, and what it is: "symbol", "dim", "comment", "address", "bytes", "instruction" or ""
_JUMP = re.compile(r"(call|j[a-z]+) 0x([0-9a-f]+)")


def listing_lines(obj: ElfObject, path: str, text: str) -> Iterator[list[Span]]:
    """Each function with the lines of its source, `text`, which is the file `path`; under each line its
    instructions."""
    source = _Source(path, text)
    for number, (function, listed) in enumerate(groupby(list_code(obj), lambda each: each.function)):
        if number:
            yield []
        yield [(function, "symbol"), (":", "")]
        for (file, line), instructions in groupby(listed, lambda each: (each.file, each.line)):
            if line:
                known = source.line(file, line)
                yield [(f"{line:4d} | ", "dim"), (known, "")] if known is not None else [(f"{file}:{line}", "comment")]
            for each in instructions:
                code = f"{each.code.hex(' '):<26}  "
                yield [(f"  {each.offset:6x}:  ", "address"), (code, "bytes"), (each.text, "instruction")]


def assembler_text(obj: ElfObject, path: str, text: str) -> str:
    """The same as a file: labels, instructions, and each line of the source as a comment before its own."""
    source, labels = _Source(path, text), _labels(obj)
    written = [f'\t.file\t"{path}"\n', "\t.intel_syntax noprefix\n"]
    before = Listed("", 0, b"", "", "", "", "", 0)
    for each in list_code(obj):
        if each.section != before.section:
            written.append("\t.text\n" if each.section == ".text" else f'\t.section {each.section},"ax",@progbits\n')
        label = labels.get((each.section, each.offset))
        if label is not None:
            is_function = not label.startswith(".")
            written += ["\n"] * is_function + [f"\t.globl\t{label}\n"] * (label in _global(obj)) + [f"{label}:\n"]
        if each.line and (each.function, each.file, each.line) != (before.function, before.file, before.line):
            written.append(f"# {each.file}:{each.line}: {source.line(each.file, each.line) or ''}".rstrip() + "\n")
        written.append(f"\t{_with_label(each, labels)}\n")
        before = each
    return "".join(written)


class _Source:
    """The lines of a source, as they are counted in gcc."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.lines = path, text.replace("\r\n", "\n").split("\n")

    def line(self, file: str, line: int) -> str | None:
        """A line for a screen; None where it is of another file, or of none."""
        is_known = file == self.path and 0 < line <= len(self.lines)
        return self.lines[line - 1].replace("\t", "    ") if is_known else None


def _global(obj: ElfObject) -> set[str]:
    return {each.name for each in obj.symbols if each.type == STT_FUNC and each.binding == STB_GLOBAL}


def _target(each: Listed) -> tuple[str, int] | None:
    """Where a jump leads inside its own section."""
    jump = _JUMP.fullmatch(each.text) if not each.wanted else None
    return (each.section, int(jump[2], 16)) if jump is not None else None


def _labels(obj: ElfObject) -> dict[tuple[str, int], str]:
    """What each place is called that is a function, or that a jump leads to."""
    listed = list_code(obj)
    places = {(each.section, each.offset) for each in listed}
    targets = sorted({target for each in listed if (target := _target(each)) in places and target is not None})
    labels = {target: f".L{number}" for number, target in enumerate(targets, 1)}
    for _, instructions in groupby(listed, lambda each: each.function):
        first = next(instructions)
        labels[first.section, first.offset] = first.function
    return labels


def _with_label(each: Listed, labels: dict[tuple[str, int], str]) -> str:
    """The text of an instruction as an assembler takes it: a name by itself would be what is there, not its address."""
    target = _target(each)
    label = labels.get(target) if target is not None else None
    if label is not None:
        return f"{each.text.split()[0]} {label}"
    is_address = each.wanted and each.text.endswith(f", {each.wanted}")
    return f"{each.text.removesuffix(each.wanted)}offset {each.wanted}" if is_address else each.text
