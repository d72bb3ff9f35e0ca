"""Programs in user mode: type one, run one."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from kshell.abi import ptregs
from kshell.kernel.core.trace import MOST_CALLS, Call
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.shell.calls.arguments import Refusal, c_string
from kshell.shell.calls.call_views import Ending, Hops, RunView, call_line
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.host_files import write_new
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import BLANKS
from kshell.shell.programs.program_files import Program, assemble, from_file, from_hex, from_image, from_source
from kshell.shell.programs.program_trace import ProgramTracer, instruction_at, stopped_at
from kshell.shell.session import BUDGET, INTERRUPTED
from kshell.shell.trees.tree_running import enosys_note, remind, remind_of_course
from kshell.shell.views.view import Line, Table, View, show

if TYPE_CHECKING:
    from kshell.kernel.entry.run import Outcome
    from kshell.kernel.kernel import Kernel
    from kshell.shell.lines.words import Word
    from kshell.shell.session import Session

END = "end"
FILL = "kshell-asm"
TARGET = re.compile("^(?:call|j[a-z]+) (0x[0-9a-f]+)$")
PAIR = re.compile("[0-9a-fA-F]{2}")


@command(
    "run",
    "run [--trace] FILE|FILE.s|FILE.bin [ARGS...]",
    "run [--trace] --hex BYTES [ARGS...]",
    "run --list FILE|FILE.s|FILE.bin",
    "run",
    group="Programs",
    arguments=(Argument("file", "FILE|FILE.s|FILE.bin"), Argument("word", "[ARGS...]")),
    options=(
        Option("--trace", "show its system calls, as strace does"),
        Option("--list", "show its machine code instead of running it"),
        Option("--hex", "machine code as hexadecimal bytes", "BYTES"),
    ),
    examples=(
        ("run --hex b83c000000bf070000000f05", "exit(7), as machine code"),
        ('asm "mov eax, 60; mov edi, 3; syscall"; run', "the program that asm made last, again"),
    ),
)
def run(session: Session, words: list[Word]) -> View:
    """Run a program on the emulated CPU, and show how it ended.

    FILE is a program that make has built, or FILE.s: assembly in Intel syntax, which starts at _start or at its first
    instruction. If FILE.s has a main instead, and libc.s lies beside it, the two are assembled together. Any other
    file is raw machine code and starts at its first byte. Without a file the program that asm made last runs again.

    BYTES may be typed with blanks between them, two digits each: run --hex 0f 05. If the program is to have
    arguments too, BYTES are one word: run --hex 0f05 x, or run --hex "0f 05" x.

    The program's arguments are on its stack, as the x86-64 ABI has them.
    """
    return _run(session, words, traced=session.trace_all, with_hops=False)


def run_traced(session: Session, words: list[Word]) -> View:
    """What `trace run` does."""
    with_hops = bool(words) and words[0].text == "--hops"
    return _run(session, words[1:] if with_hops else words, traced=True, with_hops=with_hops)


def _run(session: Session, words: list[Word], traced: bool, with_hops: bool) -> View:
    given = take_options("run", words, leading=True)
    traced, words = traced or "--trace" in given, given.words
    if "--hex" in given:
        first = given.values["--hex"]
        spaced = PAIR.fullmatch(first.raw) is not None
        text = " ".join(word.text for word in (first, *words)) if spaced else first.text
        program, rest = from_hex(text), [] if spaced else words
    elif words:
        if words[0].text.startswith("-") and not words[0].quote:
            raise misuse("run", f"unknown option {show(words[0].text)}")
        program, rest = from_file(words[0].text), words[1:]
    elif session.program:
        program, rest = from_source(session.program, FILL), []
    else:
        raise misuse("run", "which program?")
    if "--list" in given:
        return _listing(program)
    return start(session, program, [word.text for word in rest], traced, with_hops)


def start(session: Session, program: Program, args: list[str], traced: bool, with_hops: bool) -> View:
    """Load a program, run it to its end, and say how that was."""
    k = session.kernel
    comm = os.path.basename(program.name)
    for note in program.notes:
        k.note(note)
    try:
        task = load_program(k, program.segments, program.entry, comm, [program.name, *args])
    except ValueError as error:
        raise CommandError(f"run: {show(program.name)}: {error}", "the machine has 64 MiB", "a smaller one") from None
    live = traced and not session.output.collects

    def show_line(line: Line) -> None:
        session.tty.line(line, stop=False)

    show_call = (lambda call: show_line(call_line(call))) if live else None
    hops_wanted, asked = with_hops or (traced and session.output.collects), traced or session.output.collects
    k.tracer = tracer = ProgramTracer(
        k, program, hops_wanted, asked, show_call, show_line if live and with_hops else None
    )
    oopses = k.oopses
    try:
        ended = run_program(k, task, session.budget)
    finally:
        k.tracer = None
    if tracer.full:
        k.note(f"the program made more than {MOST_CALLS:,} system calls: the rest are not kept here")
    session.registers = dict(zip(ptregs.NAMES, ended.task.regs.tolist(), strict=True))
    if ended.outcome.kind in ("interrupted", "budget"):
        raise _stopped(program, ended.outcome, instruction_at(program, session.registers["ip"]))
    signal = ended.outcome.signal
    instruction = instruction_at(program, stopped_at(program, signal)) if signal and signal.ip else ""
    ending = Ending(ended.outcome, instruction, k.oopses > oopses, comm)
    calls = [(call, _count(k, call)) for call in ended.calls]
    failed = tracer.last_failed(traced)
    session.last_call = failed or session.last_call
    enosys_note(session, failed)
    remind(session)
    remind_of_course(session, called="test_call" in {*tracer.names, *(call.name for call in tracer.calls)})
    hops = Hops(tracer.hops, []) if tracer.hops is not None else None
    return RunView(calls, ending, hops, traced and not live, with_hops and not live)


def _count(k: Kernel, call: Call) -> int:
    """How many registers of a call are arguments."""
    definition = k.define_of(call.nr)
    return len(definition.parameters) if definition is not None else len(call.args)


def _stopped(program: Program, outcome: Outcome, instruction: str) -> CommandError:
    """What to say of a program that did not end by itself."""
    name = show(os.path.basename(program.name))
    if outcome.kind == "interrupted":
        because = f"Ctrl-C was pressed; it was at {instruction}"
        return CommandError(f"run: {name}: interrupted", because, "regs  (its registers)", status=INTERRUPTED)
    return CommandError(
        f"run: {name}: stopped after {BUDGET:,} instructions",
        f"a script may run no more, so that an endless loop ends; it was at {instruction}",
        "the same at the prompt, where Ctrl-C ends it",
    )


# asm


@command(
    "asm",
    "asm [--list] [--save FILE.s]",
    "asm [--list] 'TEXT'",
    group="Programs",
    arguments=(Argument("word", "'TEXT'..."),),
    options=(
        Option("--list", "show the machine code instead of running it"),
        Option("--save FILE.s", "keep the source in a new file of your own folder"),
    ),
    examples=(
        ('asm "mov eax, 60; mov edi, 7; syscall"', "exit(7)"),
        ('asm --list "xor eax, eax; inc rax"', "the bytes of two instructions"),
        (
            "asm 'mov eax, 1; mov edi, 1; lea rsi, [rip + msg]; mov edx, 6; syscall; mov eax, 60; xor edi, edi; "
            'syscall; msg: .ascii "hello\\n"\'',
            "hello world",
        ),
    ),
)
def asm(session: Session, words: list[Word]) -> View:
    """Type a program in assembly, and run it.

    The syntax is Intel's, with labels, .data, .ascii, .quad. At the prompt `asm` alone opens a small editor with
    the program typed last. In a script it reads the lines that follow, up to a line that says `end`. On one line,
    instructions are parted by ; and the text stands in quotes.

    The program must end by itself: with the exit system call, number 60.
    """
    given = take_options("asm", words, leading=True)
    words, save = given.words, given.get("--save")
    if words and not words[0].quote and words[0].text.startswith("--"):
        raise misuse("asm", f"unknown option {show(words[0].text)}")
    source = _typed(words) if words else _entered(session)
    image = assemble("asm", source, FILL)
    session.program = source
    if save is not None:
        write_new("asm", save, source)
    if "--list" in given:
        return _listing(from_image(image, FILL))
    return start(session, from_image(image, FILL), [], session.trace_all, False)


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
    if session.following is None:
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


def _listing(program: Program) -> View:
    """Addresses, bytes and instructions of a program, with its labels; of a file also the line each comes from."""
    from kshell.machine.disassembler import disassemble
    from kshell.shell.views.view import Column

    names: dict[int, str] = {}
    for name, address in program.symbols.items():
        names.setdefault(address, name)
    rows: list[tuple[str, ...]] = []
    found: list[dict[str, Any]] = []
    with_places = bool(program.places) and program.name != FILL
    for segment in program.segments:
        address, data = segment.address, segment.data
        if segment.prot != "r-x":
            shown = data[:8].hex(" ") + (" ..." if segment.size > 8 else "")
            rows.append((f"{address:#x}", shown, f"{segment.size} bytes of data", ""))
            continue
        for instruction in _instructions(program, address, data, disassemble):
            at, code = instruction.address, instruction.code
            target = TARGET.search(instruction.text)
            text = instruction.text + (
                f" <{names[int(target[1], 16)]}>" if target and int(target[1], 16) in names else ""
            )
            text += f"   # {names[at]}" if at in names else ""
            file, line = program.places.get(at, ("", 0))
            place = f"{os.path.basename(file)}:{line}" if with_places and file else None
            rows.append((f"{at:#x}", code.hex(" "), text, show(place or "")))
            found.append({"address": f"{at:#x}", "bytes": code.hex(), "text": instruction.text})
            if place:
                found[-1] |= {"symbol": names.get(at), "source": place}
    columns = [Column("address", "address"), Column("bytes", "bytes", spare=1), Column("instruction", "instruction")]
    if with_places:
        columns.append(Column("source", "dim"))
    shown_rows = [row[: len(columns)] for row in rows]
    return Table(columns, shown_rows, {"rows": found, "entry": f"{program.entry:#x}"})


def _instructions(program: Program, address: int, data: bytes, disassemble: Any) -> list[Any]:
    """The instructions that the source wrote, one by one, so that data between them is not taken for code."""
    if not program.places:
        return list(disassemble(data, address, len(data)))
    starts = sorted(at for at in program.places if address <= at < address + len(data))
    return [disassemble(data[at - address : at - address + 15], at, 1)[0] for at in starts]
