"""Where programs come from: assembly source, machine code in a file, machine code as hexadecimal text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kshell.kernel.binfmt import Segment
from kshell.kernel.layout import USER_TEXT
from kshell.shell.errors import CommandError
from kshell.shell.host_files import read_bytes
from kshell.shell.views import show
from kshell.shell.words import caret

if TYPE_CHECKING:
    from kshell.machine.assembler import Image
    from kshell.machine.assembler.problems import AsmError, AsmProblem

RAW_MAX = 16 << 20


class Program(NamedTuple):
    """Something to run: its parts in memory, where it starts, its name, and the source line of each address."""

    segments: list[Segment]
    entry: int
    name: str
    lines: dict[int, int]


def from_hex(text: str) -> Program:
    """Machine code as pairs of hexadecimal digits, blanks, commas and ``\\x`` allowed.  CommandError if it is not."""
    digits = text.replace("\\x", "").replace("0x", "").replace(",", "")
    digits = "".join(digits.split())
    try:
        code = bytes.fromhex(digits)
    except ValueError:
        because = "machine code is written as pairs of hexadecimal digits"
        raise CommandError(f"run: --hex {show(text)[:60]}: not hexadecimal bytes", because, "run --hex 0f05") from None
    return from_bytes(code, "a.bin")


def from_bytes(code: bytes, name: str) -> Program:
    """Machine code that starts at its first byte.  CommandError for what cannot be that."""
    what = f"run: {show(name)}"
    if not code:
        raise CommandError(f"{what}: it is empty", "there is no first byte to start at", "run --hex b83c0000000f05")
    if code.startswith(b"\x7fELF"):
        raise CommandError(
            f"{what}: an ELF file",
            "kshell loads assembly source and plain machine code; an ELF file begins with a header",
            f"objcopy -O binary -j .text {show(name)} prog.bin  (outside kshell), then run prog.bin",
        )
    if len(code) > RAW_MAX:
        raise CommandError(f"{what}: {len(code)} bytes", f"at most {RAW_MAX} fit", "a smaller program")
    return Program([Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, name, {})


def from_file(path: str) -> Program:
    """A file of the host: source if its name says so, else machine code.  CommandError where it is neither."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".py":
        raise CommandError(f"run: {show(path)}: a Python file", "modules are loaded, not run", f"insmod {show(path)}")
    if suffix in (".c", ".h", ".cpp", ".cc"):
        because = "there is no C compiler here"
        raise CommandError(
            f"run: {show(path)}: a C file", because, "gcc -S -masm=intel  (and write the calls yourself)"
        )
    data = read_bytes("run", path)
    if suffix in (".s", ".asm", ".nasm"):
        return from_source(data.decode("utf-8-sig", "replace"), path)
    return from_bytes(data, path)


def from_source(source: str, name: str) -> Program:
    """Assemble a source.  CommandError with every mistake in it."""
    return from_image(assemble("run", source, name), name)


def from_image(image: Image, name: str) -> Program:
    """An assembled program."""
    return Program([Segment(*segment) for segment in image.segments], image.entry, name, image.lines)


def assemble(command_name: str, source: str, name: str) -> Image:
    """Assemble; CommandError with every mistake in it."""
    from kshell.machine import assembler
    from kshell.machine.assembler.problems import AsmError, KeystoneMissing

    try:
        return assembler.assemble(source, filename=name)
    except KeystoneMissing as missing:
        raise CommandError(f"{command_name}: {missing.what}", missing.because, missing.try_) from None
    except AsmError as error:
        raise refused_source(command_name, error) from None


def refused_source(command_name: str, error: AsmError) -> CommandError:
    """The first mistake of a source as the error, the others with it."""
    first, *others = error.problems
    return _mistake(first, f"{command_name}: ", [_mistake(problem) for problem in others])


def _mistake(problem: AsmProblem, prefix: str = "", more: Sequence[CommandError] = ()) -> CommandError:
    place = f"{show(problem.filename)}:{problem.line}:{problem.column}"
    details = caret(problem.text, problem.column - 1) if problem.text.strip() else []
    try_ = problem.try_
    # A suggestion that is nothing but a line of source is shown without its quotes, so that it can be copied.
    try_ = try_.strip("`") if try_.count("`") == 2 and try_[0] + try_[-1] == "``" else try_
    return CommandError(f"{prefix}{place}: {problem.what}", problem.because, try_, details=details, more=more)
