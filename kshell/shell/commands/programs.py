"""Programs in user mode: type one, run one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from kshell.abi import ptregs
from kshell.kernel.exec import Segment, load_program, run_program
from kshell.kernel.layout import USER_TEXT
from kshell.kernel.trace import Call, Tracer
from kshell.shell.arguments import Refusal, c_string
from kshell.shell.call_views import Ending, Hops, RunView, call_line
from kshell.shell.commands import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.session import BUDGET, INTERRUPTED, read_bytes
from kshell.shell.views import Table, View, show
from kshell.shell.words import BLANKS, caret

if TYPE_CHECKING:
    from kshell.kernel.exec import Outcome
    from kshell.kernel.kernel import Kernel
    from kshell.machine.asm_problems import AsmError
    from kshell.machine.assembler import Image
    from kshell.shell.session import Session
    from kshell.shell.words import Word

END = "end"
RAW_MAX = 16 << 20
FILL = "kshell-asm"


class Program(NamedTuple):
    """Something to run: its parts in memory, where it starts, its name, and the source line of each address."""

    segments: list[Segment]
    entry: int
    name: str
    lines: dict[int, int]


@command(
    "run",
    "run [--trace] FILE.s|FILE.bin [ARGS...]",
    "run [--trace] --hex BYTES [ARGS...]",
    "run",
    arguments=("file", "word*"),
    options=(("--trace", "show its system calls, as strace does"), ("--hex", "machine code as hexadecimal bytes")),
    examples=(
        ("run --hex b83c000000bf070000000f05", "exit(7), as machine code"),
        ('asm "mov eax, 60; mov edi, 3; syscall"; run', "the program that asm made last, again"),
    ),
)
def run(session: Session, words: list[Word]) -> View:
    """Run a program on the emulated CPU, in ring 3, and show how it ended.

    FILE.s is assembly in Intel syntax and starts at _start, or at its first instruction; any other file is raw
    machine code and starts at its first byte. Without a file the program that asm made last runs again.

    The program's arguments are on its stack, as the x86-64 ABI has them.
    """
    return _run(session, words, traced=session.trace_all, with_hops=False)


def run_traced(session: Session, words: list[Word]) -> View:
    """What `trace run` does."""
    with_hops = bool(words) and words[0].text == "--hops"
    return _run(session, words[1:] if with_hops else words, traced=True, with_hops=with_hops)


def _run(session: Session, words: list[Word], traced: bool, with_hops: bool) -> View:
    if words and words[0].text == "--trace":
        traced, words = True, words[1:]
    if words and words[0].text == "--hex":
        if len(words) < 2:
            raise misuse("run", "--hex needs bytes")
        program, rest = _from_hex(words[1].text), words[2:]
    elif words:
        if words[0].text.startswith("-") and not words[0].quote:
            raise misuse("run", f"unknown option {show(words[0].text)}")
        program, rest = _from_file(words[0].text), words[1:]
    elif session.program:
        program, rest = _from_source(session.program, FILL), []
    else:
        raise misuse("run", "which program?")
    return start(session, program, [word.text for word in rest], traced, with_hops)


def start(session: Session, program: Program, args: list[str], traced: bool, with_hops: bool) -> View:
    """Load a program, run it to its end, and say how that was."""
    k = session.kernel
    comm = os.path.basename(program.name)
    try:
        task = load_program(k, program.segments, program.entry, comm, [program.name, *args])
    except ValueError as error:
        raise CommandError(f"run: {show(program.name)}: {error}", "the machine has 64 MiB", "a smaller one") from None
    tracer = Tracer(with_hops)
    live = traced and not with_hops and not session.output.collects
    if live:
        tracer.on_call = lambda call: session.output.line(call_line(call))
    k.tracer, oopses = tracer, k.oopses
    try:
        ended = run_program(k, task, session.budget)
    finally:
        k.tracer = None
    session.registers = dict(zip(ptregs.NAMES, ended.task.regs.tolist(), strict=True))
    instruction = _instruction(program, session.registers["ip"])
    _stopped(program, ended.outcome, instruction)
    signal = ended.outcome.signal
    ending = Ending(ended.outcome, _instruction(program, signal.ip) if signal else "", k.oopses > oopses, comm)
    calls = [(call, _count(k, call)) for call in ended.calls]
    hops = Hops(tracer.hops or [], []) if with_hops else None
    return RunView(calls, ending, hops, traced and not live, traced)


def _count(k: Kernel, call: Call) -> int:
    """How many registers of a call are arguments."""
    definition = k.define_of(call.nr)
    return len(definition.parameters) if definition is not None else len(call.args)


def _stopped(program: Program, outcome: Outcome, instruction: str) -> None:
    """CommandError for a program that did not end by itself."""
    name = show(os.path.basename(program.name))
    if outcome.kind == "interrupted":
        raise CommandError(f"run: {name}: interrupted", f"Ctrl-C, at {instruction}", status=INTERRUPTED)
    if outcome.kind == "budget":
        raise CommandError(
            f"run: {name}: stopped after {BUDGET:,} instructions",
            f"a script may run no more, so that an endless loop ends; it was at {instruction}",
            "the same at the prompt, where Ctrl-C ends it",
        )


def _instruction(program: Program, ip: int) -> str:
    """What stands at `ip`: address, instruction, and its source line where there is one."""
    from kshell.machine.disassembler import disassemble

    for segment in program.segments:
        offset = ip - segment.address
        if 0 <= offset < segment.size and "x" in segment.prot:
            code = segment.data[offset : offset + 15]
            found = disassemble(code, ip, 1)
            where = f"   ({show(program.name)}:{program.lines[ip]})" if ip in program.lines else ""
            return f"{ip:#x}  {found[0].text}{where}" if found else f"{ip:#x}"
    return f"{ip:#x}  (outside the program)"


# Where programs come from.


def _from_hex(text: str) -> Program:
    digits = text.replace("\\x", "").replace("0x", "").replace(",", "")
    digits = "".join(digits.split())
    try:
        code = bytes.fromhex(digits)
    except ValueError:
        because = "machine code is written as pairs of hexadecimal digits"
        raise CommandError(f"run: --hex {show(text)[:60]}: not hexadecimal bytes", because, "run --hex 0f05") from None
    return _from_bytes(code, "a.bin")


def _from_bytes(code: bytes, name: str) -> Program:
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


def _from_file(path: str) -> Program:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".py":
        raise CommandError(f"run: {show(path)}: a Python file", "modules are loaded, not run", f"insmod {show(path)}")
    if suffix in (".c", ".h", ".cpp", ".cc"):
        because = "there is no C compiler here"
        raise CommandError(f"run: {show(path)}: a C file", because, "gcc -S -masm=intel  (and write the calls yourself)")
    data = read_bytes("run", path)
    if suffix in (".s", ".asm", ".nasm"):
        return _from_source(data.decode("utf-8-sig", "replace"), path)
    return _from_bytes(data, path)


def _from_source(source: str, name: str) -> Program:
    image = assemble("run", source, name)
    segments = [Segment(*segment) for segment in image.segments]
    return Program(segments, image.entry, name, image.lines)


def assemble(command_name: str, source: str, name: str) -> Image:
    """Assemble; CommandError with every mistake in it."""
    from kshell.machine import assembler
    from kshell.machine.asm_problems import AsmError, KeystoneMissing

    try:
        return assembler.assemble(source, filename=name)
    except KeystoneMissing as missing:
        raise CommandError(f"{command_name}: {missing.what}", missing.because, missing.try_) from None
    except AsmError as error:
        raise refused_source(command_name, error) from None


def refused_source(command_name: str, error: AsmError) -> CommandError:
    """The first mistake of a source as the error, and all others under it."""
    details: list[str] = []
    for number, problem in enumerate(error.problems):
        if number:
            place = f"{show(problem.filename)}:{problem.line}:{problem.column}"
            details += ["", f"{place}: {problem.what}: {problem.because}; try {problem.try_}"]
        if problem.text.strip():
            details += caret(problem.text, problem.column - 1)
    first = error.problems[0]
    place = f"{show(first.filename)}:{first.line}:{first.column}"
    return CommandError(f"{command_name}: {place}: {first.what}", first.because, first.try_, details=details)


# asm


@command(
    "asm",
    "asm [--list] [--save FILE.s]",
    "asm [--list] 'TEXT'",
    arguments=("word*",),
    options=(
        ("--list", "show the machine code instead of running it"),
        ("--save FILE.s", "keep the source in a new file of your own folder"),
    ),
    examples=(
        ('asm "mov eax, 60; mov edi, 7; syscall"', "exit(7)"),
        ('asm --list "xor eax, eax; inc rax"', "the bytes of two instructions"),
        (
            "asm 'mov eax, 1; mov edi, 1; lea rsi, [rip + msg]; mov edx, 6; syscall; mov eax, 60; xor edi, edi; "
            "syscall; msg: .ascii \"hello\\n\"'",
            "hello world",
        ),
    ),
)
def asm(session: Session, words: list[Word]) -> View:
    """Type a program in assembly (Intel syntax, with .data, .ascii, .quad, labels), and run it.

    At the prompt `asm` alone opens a small editor with the program typed last. In a script it reads the lines that
    follow, up to a line that says `end`. On one line, instructions are parted by ; and the text stands in quotes.

    The program must end by itself: with the exit system call, number 60.
    """
    listing, save, words = _asm_options(words)
    source = _typed(words) if words else _entered(session)
    image = assemble("asm", source, FILL)
    session.program = source
    if save is not None:
        _save(save, source)
    if listing:
        return _listing(image)
    program = Program([Segment(*s) for s in image.segments], image.entry, FILL, image.lines)
    return start(session, program, [], session.trace_all, False)


def _asm_options(words: list[Word]) -> tuple[bool, str | None, list[Word]]:
    listing, save = False, None
    while words and not words[0].quote and words[0].text.startswith("--"):
        option = words[0].text
        if option == "--list":
            listing, words = True, words[1:]
        elif option == "--save":
            if len(words) < 2:
                raise misuse("asm", "--save needs a file")
            save, words = words[1].text, words[2:]
        else:
            raise misuse("asm", f"unknown option {show(option)}")
    return listing, save, words


def _typed(words: list[Word]) -> str:
    """The program on the command's own line, one statement a line."""
    if len(words) == 1 and words[0].quote == '"':
        try:
            text = c_string(words[0].inside).decode("utf-8", "replace")
        except Refusal as refusal:
            raise CommandError(f"asm: {refusal.what}", refusal.because, refusal.try_) from None
    elif len(words) == 1:
        text = words[0].text
    else:
        text = " ".join(word.raw for word in words)
    out, quote = [], ""
    for at, c in enumerate(text):
        if c in "\"'" and (not quote or c == quote) and text[at - 1 : at] != "\\":
            quote = "" if quote else c
        out.append("\n" if c == ";" and not quote else c)
    return "".join(out) + "\n"


def _entered(session: Session) -> str:
    """The program on the lines that follow, or from the editor."""
    if session.following is None or session.interactive:
        if session.edit_program is None:
            raise misuse("asm", "there is no editor here")
        text = session.edit_program(session.program)
        if text is None or not text.strip():
            raise CommandError("asm: nothing was typed", "the editor was left without a program", "asm")
        return text
    lines = []
    for _, line in session.following:
        if line.strip(BLANKS) == END:
            break
        lines.append(line.rstrip("\r\n"))
    if not any(line.strip() for line in lines):
        because = f"asm reads the lines that follow it, up to one that says {END}"
        raise CommandError("asm: there is no program", because, "asm 'mov eax, 60; syscall'")
    return "\n".join(lines) + "\n"


def _save(path: str, source: str) -> None:
    try:
        with open(path, "x", encoding="utf-8", errors="replace") as file:
            file.write(source)
    except FileExistsError:
        because = "kshell never overwrites a file"
        raise CommandError(f"asm: {show(path)}: File exists", because, "another name") from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"asm: {show(path)}: {words}", "the file cannot be written", "another place") from None


def _listing(image: Image) -> View:
    """Addresses, bytes and instructions of what was assembled."""
    from kshell.machine.disassembler import disassemble
    from kshell.shell.views import Column

    names: dict[int, str] = {}
    for name, address in image.symbols.items():
        names.setdefault(address, name)
    rows: list[tuple[str, str, str]] = []
    found: list[dict[str, Any]] = []
    for address, data, size, prot in image.segments:
        if prot != "r-x":
            rows.append((f"{address:#x}", data[:8].hex(" ") + (" ..." if size > 8 else ""), f"{size} bytes of data"))
            continue
        for instruction in _instructions(image, address, data, disassemble):
            text = instruction.text + (f"   # {names[instruction.address]}" if instruction.address in names else "")
            rows.append((f"{instruction.address:#x}", instruction.code.hex(" "), text))
            found.append(
                {"address": f"{instruction.address:#x}", "bytes": instruction.code.hex(), "text": instruction.text}
            )
    columns = [Column("address", "address"), Column("bytes", "bytes"), Column("instruction", "instruction")]
    return Table(columns, rows, {"rows": found, "entry": f"{image.entry:#x}"})


def _instructions(image: Image, address: int, data: bytes, disassemble: Any) -> list[Any]:
    """The instructions that the source wrote, one by one, so that data between them is not taken for code."""
    starts = sorted(at for at in image.lines if address <= at < address + len(data))
    return [disassemble(data[at - address : at - address + 15], at, 1)[0] for at in starts]
