"""A program in assembly, typed at the shell."""

from __future__ import annotations

from kshell.shell.calls.arguments import BadValue, c_string
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.host_files import write_new
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import BLANKS, END, Word
from kshell.shell.programs.listing import FILL, listing
from kshell.shell.programs.program_files import from_source
from kshell.shell.programs.running import start
from kshell.shell.state.context import Context
from kshell.shell.views.failure import retold
from kshell.shell.views.view import View, show

EXAMPLE = "asm 'mov eax, 60; syscall'"


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
def asm(session: Context, words: list[Word]) -> View:
    """Type a program in assembly, and run it.

    The syntax is Intel's, with labels, .data, .ascii, .quad. At the prompt `asm` alone opens a small editor, in which
    the up arrow brings the last program back. In a script it reads the lines that follow, up to a line that says `end`.
    On one line, instructions are parted by ; and the text stands in quotes.

    The program must end by itself: with the exit system call, number 60.
    """
    given = take_options("asm", words, leading=True)
    words, save = given.words, given.get("--save")
    if words and not words[0].quote and words[0].text.startswith("--"):
        raise misuse("asm", f"unknown option {show(words[0].text)}")
    source = _typed(words) if words else _entered(session)
    program = from_source(source, FILL, "asm")
    session.program = source
    if save is not None:
        write_new("asm", save, source, rest="".join(f" {show(word.raw)}" for word in words))
    if "--list" in given:
        return listing(program)
    return start(session, program, [], session.trace_all, False)


def _typed(words: list[Word]) -> str:
    """The program on the command's own line, one statement a line."""
    if len(words) == 1 and words[0].quote == '"':
        try:
            text = c_string(words[0].inside).decode("utf-8", "replace")
        except BadValue as bad:
            raise retold(bad, "asm") from None
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


def _entered(session: Context) -> str:
    """The program on the lines that follow, or from the editor."""
    if session.following is None:
        if session.edit_program is None:
            raise misuse("asm", "there is no editor here")
        text = session.edit_program(session.program)
        if text is None or not text.strip():
            raise CommandError("asm: nothing was typed", "the editor was left without a program", EXAMPLE)
        return text
    lines = []
    for _, line in session.following:
        if line.strip(BLANKS) == END:
            break
        lines.append(line.rstrip("\r\n"))
    if not any(line.strip() for line in lines):
        because = f"asm reads the lines that follow it, up to one that says {END}"
        raise CommandError("asm: there is no program", because, EXAMPLE)
    return "\n".join(lines) + "\n"
