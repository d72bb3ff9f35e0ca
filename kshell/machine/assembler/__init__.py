"""The assembler: source text in, an image to load out. Keystone encodes instructions; it is loaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kshell.machine.assembler.problems import AsmError, AsmProblem, KeystoneMissing
    from kshell.machine.assembler.program import Item, Program

__all__ = ["AsmError", "AsmProblem", "Image", "KeystoneMissing", "assemble", "available"]

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
        from kshell.machine.assembler import problems

        return getattr(problems, name)
    raise AttributeError(name)


class Image:
    """An assembled program.

    text      the bytes of its text section
    entry     where it starts: `_start`, else the first byte of text
    segments  (address, bytes, size in memory, "r-x" | "r--" | "rw-"), rising, each on a page of its own
    symbols   address of every label
    lines     address of every instruction -> line of the source
    """

    __slots__ = ("entry", "lines", "segments", "symbols", "text")

    def __init__(
        self,
        text: bytes,
        entry: int,
        segments: list[tuple[int, bytes, int, str]],
        symbols: dict[str, int],
        lines: dict[int, int],
    ) -> None:
        self.text, self.entry, self.segments, self.symbols, self.lines = text, entry, segments, symbols, lines


def available() -> bool:
    """Whether Keystone can be loaded here."""
    from kshell.machine.assembler.problems import KeystoneMissing

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
            from kshell.machine.assembler.problems import KeystoneMissing

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
    from kshell.machine.assembler.problems import AsmError

    if base % PAGE:
        raise ValueError(f"base {base:#x} is not a page boundary")
    _engine()
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    problems: list[AsmProblem] = []
    program = _read(source, filename, problems)
    texts = _spell(program, source, filename, problems)
    image = _build(program, texts, base) if not problems else None
    if image is not None:
        return image
    _find_errors(program, texts, source, filename, problems)
    problems.sort(key=lambda problem: (problem.line, problem.column))
    told = {(problem.line, problem.column, problem.what): problem for problem in problems}  # `times` repeats its own
    raise AsmError([*told.values()][:MAX_PROBLEMS])


def _problem(source: str, filename: str, line: int, column: int, refused: Any) -> AsmProblem:
    from kshell.machine.assembler.problems import AsmProblem

    text = source.split("\n")[line - 1] if line else ""
    column += refused.column or 0
    return AsmProblem(filename, line, column, text, refused.what, refused.because, refused.try_)


def _read(source: str, filename: str, problems: list[AsmProblem]) -> Program:
    from kshell.machine.assembler.problems import Refused
    from kshell.machine.assembler.program import Program
    from kshell.machine.assembler.statements import read_statement
    from kshell.machine.assembler.text import is_gas, is_nasm, statements

    program = Program(gas=False, nasm=False)
    if len(source) > MAX_SOURCE:
        refused = Refused("the source is too long", f"it has {len(source)} characters", "split it, or use `.skip`")
        problems.append(_problem(source, filename, 1, 1, refused))
        return program
    for at, character in enumerate(source):
        if character < " " and character not in "\t\n\f":
            line = source.count("\n", 0, at) + 1
            because = f"it holds the byte {ord(character):#04x}"
            refused = Refused("this is not text", because, "give machine code as FILE.bin")
            problems.append(_problem(source, filename, line, at - source.rfind("\n", 0, at), refused))
            return program
    program.gas, program.nasm = is_gas(source), is_nasm(source)
    found = statements(source)
    for number, statement in enumerate(found):
        try:
            if number >= MAX_STATEMENTS:
                raise Refused("the program is too long", f"it has {len(found)} statements", "use a loop")
            read_statement(program, statement)
        except Refused as refused:
            if len(problems) < MAX_PROBLEMS:  # the rest is read nevertheless, for the labels it defines
                problems.append(_problem(source, filename, statement.line, statement.column, refused))
            if number >= MAX_STATEMENTS:
                break
    if not problems and not any(program.items.values()):
        because = "the source holds no instruction and no data"
        empty = Refused("there is no program", because, "`mov eax, 60`, `syscall`")
        problems.append(_problem(source, filename, 1, 1, empty))
    return program


def _spell(program: Program, source: str, filename: str, problems: list[AsmProblem]) -> dict[Item, str]:
    """What Keystone is to read for each item."""
    from kshell.machine.assembler.operands import spell_instruction
    from kshell.machine.assembler.problems import Refused

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
                problems.append(_problem(source, filename, item.statement.line, item.statement.column, refused))
    return texts


def _listing(program: Program, texts: dict[Item, str]) -> tuple[list[str], list[str]]:
    """The lines for Keystone, and the labels whose addresses its output is to end with."""
    lines: list[str] = []
    wanted: list[str] = []
    seen: set[int] = set()
    for section, items in program.items.items():
        lines += [".balign 4096, 0", f"kX{section}:"]
        wanted += [f"kX{section}", f"kE{section}"]
        for item in items:
            if item.serial not in seen:
                seen.add(item.serial)
                lines.append(f"kS{item.serial}:")
            if item.kind == "code":
                lines.append(f"kI{len(lines)}:")
                wanted.append(lines[-1][:-1])
            lines.append(texts[item])
        lines.append(f"kE{section}:")
    wanted += [symbol.internal for symbol in program.symbols.values() if symbol.is_label]
    return lines, wanted


def _build(program: Program, texts: dict[Item, str], base: int) -> Image | None:
    lines, wanted = _listing(program, texts)
    tail = [f".quad {_MARK:#x}", *(f".quad {name}" for name in wanted), f".quad {_MARK:#x}"]
    code, _ = _encode("\n".join(lines + tail), base)
    size = 8 * len(tail)
    table = [int.from_bytes(code[at : at + 8], "little") for at in range(len(code) - size, len(code), 8)]
    if len(code) < size or table[0] != _MARK or table[-1] != _MARK:
        return None
    address = dict(zip(wanted, table[1:-1], strict=True))
    segments = []
    for section in program.items:
        start, end = address[f"kX{section}"], address[f"kE{section}"]
        if not base <= start <= end <= base + len(code):
            return None
        data = b"" if section == "bss" else code[start - base : end - base]
        if end > start:
            segments.append((start, data, end - start, _PROT[section]))
    instructions = [item for items in program.items.values() for item in items if item.kind == "code"]
    places = [value for name, value in address.items() if name.startswith("kI")]
    symbols = {symbol.name: address[symbol.internal] for symbol in program.symbols.values() if symbol.is_label}
    text = next((data for _, data, _, prot in segments if prot == "r-x"), b"")
    return Image(
        text,
        symbols.get("_start", base),
        segments,
        symbols,
        {place: item.statement.line for place, item in zip(places, instructions, strict=True)},
    )


def _find_errors(
    program: Program, texts: dict[Item, str], source: str, filename: str, problems: list[AsmProblem]
) -> None:
    """Keystone refuses the whole without saying where: ask it about each statement by itself."""
    from kshell.machine.assembler.diagnose import wrong_statements
    from kshell.machine.assembler.problems import Refused

    found: set[tuple[int, int]] = set()
    for item, refused in wrong_statements(program, texts, lambda text: _encode(text, 0x401000)[1]):
        place = item.statement.line, item.statement.column
        if place not in found:
            found.add(place)
            problems.append(_problem(source, filename, *place, refused))
        if len(found) >= MAX_PROBLEMS:
            return
    if not problems:
        refused = Refused(
            "the program does not fit together",
            "each statement is fine by itself, but an address does not reach its label, or a constant is circular",
            "use [rip + label] or `lea`, and define constants before they are used",
        )
        problems.append(_problem(source, filename, 1, 1, refused))
