"""Where programs come from: assembly source, a program that make has built, machine code in a file or as text."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.elf import is_relocatable
from kshell.abi.object_file import ObjectError, is_object, read_object
from kshell.kernel.core.layout import USER_TEXT
from kshell.kernel.task.binfmt import Segment
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, read_bytes, read_text
from kshell.shell.lines.words import caret
from kshell.shell.views.failure import retold
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.assembler.problems import AsmProblem

RAW_MAX = 16 << 20
PROTECTIONS = ("r-x", "r--", "rw-")
HELP = "help run  (with examples that work)"
_CALLS_TIME = re.compile(r"\bcall\s+(?:clock_gettime|gettimeofday|time|getcpu)\b")  # what is in time.s
_MAIN = re.compile(r"^\s*\.globa?l[ \t]+(?:[\w.$]+\s*,\s*)*main\b", re.MULTILINE)
_START = re.compile(r"^\s*_start\s*:", re.MULTILINE)


class Program(NamedTuple):
    """Something to run: its parts in memory, where it starts, its name; where there is source, the file and line of
    each instruction's address and the address of each label; and notes on it for the person."""

    segments: list[Segment]
    entry: int
    name: str
    places: dict[int, tuple[str, int]] = {}  # noqa: RUF012  a NamedTuple's default, never changed
    symbols: dict[str, int] = {}  # noqa: RUF012
    notes: tuple[str, ...] = ()

    def place(self, address: int) -> str:
        """``FILE:LINE, in LABEL`` of an instruction, as much of it as is known."""
        if address not in self.places:
            return ""
        file, line = self.places[address]
        labels = ((at, name) for name, at in self.symbols.items() if at <= address and not name.startswith("."))
        near = max(labels, default=None)
        return f"{show(file)}:{line}" + (f", in {show(near[1])}" if near is not None else "")


def from_hex(text: str) -> Program:
    """Machine code as pairs of hexadecimal digits, blanks, commas and ``\\x`` allowed.  CommandError if it is not."""
    try:
        code = bytes.fromhex("".join(text.replace("\\x", "").replace("0x", "").replace(",", "").split()))
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
        raise CommandError(f"{what}: {len(code)} bytes", f"at most {RAW_MAX} fit", HELP)
    return Program([Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, name)


def from_file(path: str) -> Program:
    """A file of the host: source if its name says so, else machine code.  CommandError where it is neither."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".py":
        raise CommandError(f"run: {show(path)}: a Python file", "modules are loaded, not run", f"insmod {show(path)}")
    if suffix in (".c", ".h", ".cpp", ".cc"):
        because = "cc compiles C for the kernel; a program here is assembly, which makes its system calls itself"
        beside = os.path.splitext(path)[0] + ".s"
        try_ = f"run {named(beside)}" if os.path.isfile(beside) else "help run  (what NAME.s looks like)"
        raise CommandError(f"run: {show(path)}: a C file", because, try_)
    data = read_bytes("run", path)
    if suffix in (".s", ".asm", ".nasm"):
        return from_source(data.decode("utf-8-sig", "replace"), path)
    if is_relocatable(data):
        raise _not_a_program("module" if path.endswith(".ko") else "object", path)
    return from_object(data, path) if is_object(data) else from_bytes(data, path)


def from_source(source: str, name: str, command: str = "run") -> Program:
    """Assemble a source; for `run` also the library beside it, if it has a `main` for it.  CommandError with every
    mistake."""
    from kshell import assembler
    from kshell.assembler.problems import AsmError, KeystoneMissing

    library = _library(source, name) if command == "run" else []
    try:
        if library:
            from kshell.kbuild.steps.userprog import build_program

            return from_object(build_program([(name, source), *library]), name)
        image = assembler.assemble(source, filename=name)
    except KeystoneMissing as missing:
        raise retold(missing, command) from None
    except AsmError as error:
        first, *others = error.problems
        raise _mistake(first, f"{command}: ", [_mistake(problem) for problem in others]) from None
    return Program([Segment(*part) for part in image.segments], image.entry, name, image.places, image.symbols)


def _library(source: str, name: str) -> list[tuple[str, str]]:
    """libc.s and what goes with it, if they lie beside a source that has a `main` but no `_start`."""
    if not _MAIN.search(source) or _START.search(source):
        return []
    from kshell.kbuild.steps.userprog import LIBRARY, TIME

    paths = [os.path.join(os.path.dirname(name), file) for file in LIBRARY]
    if not all(os.path.isfile(path) for path in paths):
        return []
    time = os.path.join(os.path.dirname(name), TIME)
    paths += [time] if _CALLS_TIME.search(source) and os.path.isfile(time) else []
    return [(path, read_bytes("run", path).decode("utf-8-sig", "replace")) for path in paths]


def from_object(data: bytes, path: str) -> Program:
    """A program that make has built.  CommandError for other things that make builds, and for a damaged file."""
    try:
        kind, payload = read_object(data, path)
        if kind != "program":
            raise _not_a_program(kind, path)
        folder = os.path.dirname(path)
        return Program(
            [_segment(*part) for part in payload["segments"]],
            int(payload["entry"]),
            path,
            {int(at): (os.path.join(folder, file), int(line)) for at, (file, line) in payload["lines"].items()},
            {str(name): int(at) for name, at in payload["symbols"].items()},
            tuple(_changes(payload["sources"], path)),
        )
    except ObjectError as error:
        raise retold(error, "run") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        because = "it says that it is a program, but not all of one is in it"
        raise CommandError(f"run: {show(path)}: Exec format error", because, _make(path)) from None


def _segment(address: int, code: str, size: int, prot: str) -> Segment:
    data = bytes.fromhex(code)
    if prot not in PROTECTIONS or not 0 <= len(data) <= size or address < 0:
        raise ValueError
    return Segment(address, data, size, prot)


def _make(path: str) -> str:
    return f"make -C {show(os.path.dirname(path) or '.')}"


def _not_a_program(kind: str, path: str) -> CommandError:
    because, try_ = {
        "module": ("it is a kernel module: the kernel loads it", f"insmod {show(path)}"),
        "vmlinux": (
            "it is a kernel: the machine boots it",
            f"boot {named(os.path.dirname(path) or '.')}  (the tree, after make install)",
        ),
    }.get(kind, ("it is an object file: a part of something that is not linked yet", _make(path)))
    return CommandError(f"run: {show(path)}: cannot execute binary file: Exec format error", because, try_)


def _changes(sources: dict[str, str], path: str) -> list[str]:
    """What to say of each source that is not any more what the program was made of."""
    from kshell.kbuild.steps.userprog import digest

    folder, program = os.path.split(path)
    notes = []
    for name, known in sources.items():
        beside = os.path.join(folder, os.path.basename(name))
        try:
            text = read_text("run", beside)
        except CommandError:  # gone, or not ours to read: nothing can be said about it
            continue
        if digest(text) != known:
            notes.append(f"{show(name)} has changed since {show(program)} was assembled: {_make(path)}")
    return notes


def _mistake(problem: AsmProblem, prefix: str = "", more: Sequence[CommandError] = ()) -> CommandError:
    place = f"{show(problem.filename)}:{problem.line}:{problem.column}"
    details = caret(problem.text, problem.column - 1) if problem.text.strip() else []
    try_ = problem.try_
    # A suggestion that is nothing but a line of source is shown without its quotes, so that it can be copied.
    try_ = try_.strip("`") if try_.count("`") == 2 and try_[0] + try_[-1] == "``" else try_
    return CommandError(f"{prefix}{place}: {problem.what}", problem.because, try_, details=details, more=more)
