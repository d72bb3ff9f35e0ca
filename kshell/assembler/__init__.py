"""The assembler: source text in, an image to load out, or every mistake with its place.

It is built around Keystone, which is loaded on first use and is not there on every machine.  It may import `abi`, and
must not know the machine, which needs it for nothing, nor the kernel that loads the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kshell.assembler.problems import AsmError, AsmProblem, KeystoneMissing
    from kshell.assembler.program import AsmProgram
    from kshell.assembler.symbols import Item

__all__ = ["AsmError", "AsmProblem", "Image", "KeystoneMissing", "assemble", "assemble_files", "available"]

PAGE = 4096
MAX_SOURCE = 1 << 20
MAX_STATEMENTS = 50_000
MAX_PROBLEMS = 20
_PROT = {"text": "r-x", "rodata": "r--", "data": "rw-", "bss": "rw-"}
_MARK = 0x6B7368656C6C2121

_keystone: Any = None


def __getattr__(name: str) -> Any:
    """The error classes, loaded when somebody asks: a session that never assembles pays for none of this."""
    if name in ("AsmError", "AsmProblem", "KeystoneMissing"):
        from kshell.assembler import problems

        return getattr(problems, name)
    raise AttributeError(name)


class Image:
    """An assembled program.

    text      the bytes of its text section
    entry     where it starts: `_start`, else the first byte of text
    segments  (address, bytes, size in memory, "r-x" | "r--" | "rw-"), rising, each on a page of its own
    symbols   address of every label
    places    address of every instruction -> (source file, line)
    """

    __slots__ = ("entry", "places", "segments", "symbols", "text")

    def __init__(
        self,
        text: bytes,
        entry: int,
        segments: list[tuple[int, bytes, int, str]],
        symbols: dict[str, int],
        places: dict[int, tuple[str, int]],
    ) -> None:
        self.text, self.entry, self.segments, self.symbols, self.places = text, entry, segments, symbols, places

    @property
    def lines(self) -> dict[int, int]:
        """Address of every instruction -> line of its source."""
        return {address: line for address, (_, line) in self.places.items()}


def available() -> bool:
    """Whether Keystone can be loaded here."""
    from kshell.assembler.problems import KeystoneMissing

    try:
        _engine()
    except KeystoneMissing:
        return False
    return True


def _engine() -> Any:
    global _keystone
    if _keystone is None:
        try:
            from keystone import KS_ARCH_X86, KS_MODE_64, Ks
        except ImportError:  # also what the binding raises when its library does not load
            from kshell.assembler.problems import KeystoneMissing

            raise KeystoneMissing from None
        _keystone = Ks(KS_ARCH_X86, KS_MODE_64)
    return _keystone


def _encode(text: str, base: int) -> tuple[bytes, int]:
    """(code, 0), or (b"", Keystone's error number); -1 if it gave up without saying why."""
    from keystone import KsError

    try:
        code, _ = _engine().asm(text, base, as_bytes=True)
    except KsError as error:
        return b"", int(error.errno)
    return (bytes(code), 0) if code is not None else (b"", -1)


def assemble(source: str, base: int = 0x401000, filename: str = "program.s") -> Image:
    """Assemble Intel-syntax source, GAS's or NASM's dialect of it, to stand at `base` (a page boundary).

    Raises AsmError with every mistake found, or KeystoneMissing; no other exception, whatever the text is.
    """
    return assemble_files([(filename, source)], base)


def assemble_files(sources: Sequence[tuple[str, str]], base: int = 0x401000) -> Image:
    """Assemble several sources (name, text) as one program, as `as` for each and then `ld` would.

    A file sees the labels that another declares `.globl`; all others are its own.  Their sections follow one another
    in the order of the files.  Raises what `assemble` raises; each mistake names its file.
    """
    from kshell.assembler.link import link
    from kshell.assembler.problems import AsmError

    if base % PAGE:
        raise ValueError(f"base {base:#x} is not a page boundary")
    _engine()
    problems: list[AsmProblem] = []
    programs: list[AsmProgram] = []
    for filename, source in sources:
        text = source.replace("\r\n", "\n").replace("\r", "\n")
        program = _new_program(filename, text, programs, alone=len(sources) == 1)
        programs.append(program)
        _read(program, problems)
    if not problems:
        link(programs, problems)
    texts: dict[Item, str] = {}
    for program in programs:
        texts |= _spell(program, problems)
    image = _build(programs, texts, base) if not problems else None
    if image is not None:
        return image
    for program in programs:
        _find_errors(program, texts, problems)
    order = {program.filename: number for number, program in reversed([*enumerate(programs)])}
    if not problems:
        problems.append(_does_not_fit(programs[0]))
    problems.sort(key=lambda problem: (order[problem.filename], problem.line, problem.column))
    told = {(p.filename, p.line, p.column, p.what): p for p in problems}  # `times` repeats its own
    raise AsmError([*told.values()][:MAX_PROBLEMS])


def _new_program(filename: str, source: str, before: list[AsmProgram], alone: bool) -> AsmProgram:
    from kshell.assembler.program import AsmProgram

    program = AsmProgram(gas=False, nasm=False, filename=filename, source=source, alone=alone)
    if before:
        program.follow(before[-1])
    return program


def _read(program: AsmProgram, problems: list[AsmProblem]) -> None:
    from kshell.assembler.problems import Refused
    from kshell.assembler.statements import read_statement
    from kshell.assembler.text import is_gas, is_nasm, statements

    source = program.source
    if len(source) > MAX_SOURCE:
        because = f"it has {len(source)} characters"
        problems.append(program.problem(1, 1, Refused("the source is too long", because, "split it, or use `.skip`")))
        return
    for at, character in enumerate(source):
        if character < " " and character not in "\t\n\f":
            line = source.count("\n", 0, at) + 1
            because = f"it holds the byte {ord(character):#04x}"
            refused = Refused("this is not text", because, "give machine code as FILE.bin")
            problems.append(program.problem(line, at - source.rfind("\n", 0, at), refused))
            return
    program.gas, program.nasm = is_gas(source), is_nasm(source)
    found = statements(source)
    for number, statement in enumerate(found):
        try:
            if number >= MAX_STATEMENTS:
                raise Refused("the program is too long", f"it has {len(found)} statements", "use a loop")
            read_statement(program, statement)
        except Refused as refused:
            if len(problems) < MAX_PROBLEMS:  # the rest is read nevertheless, for the labels it defines
                problems.append(program.problem(statement.line, statement.column, refused))
            if number >= MAX_STATEMENTS:
                break


def _spell(program: AsmProgram, problems: list[AsmProblem]) -> dict[Item, str]:
    """What Keystone is to read for each item."""
    from kshell.assembler.operands import spell_instruction
    from kshell.assembler.problems import Refused

    texts: dict[Item, str] = {}
    found = 0
    for item in sorted((item for items in program.items.values() for item in items), key=lambda item: item.serial):
        program.look_from(item)
        try:
            if item.kind == "code":
                text = spell_instruction(program, item)
            elif item.kind == "label":
                text = item.text + ":"
            elif item.kind == "set":
                text = f".set {item.text}, {program.spell(item.tokens, item)}"
            elif item.kind == "value":
                text = f"{item.text} {program.spell(item.tokens, item)}"
            else:
                text = item.text
            texts[item] = text
        except Refused as refused:
            found += 1
            if found <= MAX_PROBLEMS:
                problems.append(program.problem(item.statement.line, item.statement.column, refused))
    return texts


def _listing(programs: list[AsmProgram], texts: dict[Item, str]) -> tuple[list[str], list[str]]:
    """The lines for Keystone, and the labels whose addresses its output is to end with."""
    lines: list[str] = []
    wanted: list[str] = []
    seen: set[int] = set()
    for section in _PROT:
        lines += [".balign 4096, 0", f"kX{section}:"]
        wanted += [f"kX{section}", f"kE{section}"]
        for item in (item for program in programs for item in program.items[section]):
            if item.serial not in seen:
                seen.add(item.serial)
                lines.append(f"kS{item.serial}:")
            if item.kind == "code":
                lines.append(f"kI{len(lines)}:")
                wanted.append(lines[-1][:-1])
            lines.append(texts[item])
        lines.append(f"kE{section}:")
    wanted += [symbol.internal for program in programs for symbol in program.symbols.values() if symbol.is_label]
    return lines, wanted


def _build(programs: list[AsmProgram], texts: dict[Item, str], base: int) -> Image | None:
    lines, wanted = _listing(programs, texts)
    tail = [f".quad {_MARK:#x}", *(f".quad {name}" for name in wanted), f".quad {_MARK:#x}"]
    code, _ = _encode("\n".join(lines + tail), base)
    size = 8 * len(tail)
    table = [int.from_bytes(code[at : at + 8], "little") for at in range(len(code) - size, len(code), 8)]
    if len(code) < size or table[0] != _MARK or table[-1] != _MARK:
        return None
    address = dict(zip(wanted, table[1:-1], strict=True))
    segments = []
    for section, prot in _PROT.items():
        start, end = address[f"kX{section}"], address[f"kE{section}"]
        if not base <= start <= end <= base + len(code):
            return None
        data = b"" if section == "bss" else code[start - base : end - base]
        if end > start:
            segments.append((start, data, end - start, prot))
    instructions = [
        (program.filename, item.statement.line)
        for section in _PROT
        for program in programs
        for item in program.items[section]
        if item.kind == "code"
    ]
    starts = [value for name, value in address.items() if name.startswith("kI")]
    symbols: dict[str, int] = {}
    for program in programs:  # a name that several files have for themselves stands for the first of them
        for symbol in program.symbols.values():
            if symbol.is_label and (symbol.name in program.exported or symbol.name not in symbols):
                symbols[symbol.name] = address[symbol.internal]
    text = next((data for _, data, _, prot in segments if prot == "r-x"), b"")
    places = dict(zip(starts, instructions, strict=True))
    return Image(text, symbols.get("_start", base), segments, symbols, places)


def _find_errors(program: AsmProgram, texts: dict[Item, str], problems: list[AsmProblem]) -> None:
    """Keystone refuses the whole without saying where: ask it about each statement of a file by itself."""
    from kshell.assembler.diagnose import wrong_statements

    mine = {item: texts[item] for items in program.items.values() for item in items if item in texts}
    found: set[tuple[int, int]] = set()
    for item, refused in wrong_statements(program, mine, lambda text: _encode(text, 0x401000)[1]):
        place = item.statement.line, item.statement.column
        if place not in found:
            found.add(place)
            problems.append(program.problem(*place, refused))
        if len(found) >= MAX_PROBLEMS:
            return


def _does_not_fit(program: AsmProgram) -> AsmProblem:
    from kshell.assembler.problems import Refused

    refused = Refused(
        "the program does not fit together",
        "each statement is fine by itself, but an address does not reach its label, or a constant is circular",
        "use [rip + label] or `lea`, and define constants before they are used",
    )
    return program.problem(1, 1, refused)
