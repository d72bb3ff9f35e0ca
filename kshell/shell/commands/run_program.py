"""Programs in user mode: run one."""

from __future__ import annotations

import re
from functools import partial

from kshell.shell.calls.stat import STAT, counted
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.programs.listing import FILL, listing
from kshell.shell.programs.program_files import from_file, from_hex, from_source
from kshell.shell.programs.running import start
from kshell.shell.state.context import Context
from kshell.shell.views.view import View, show

PROPAGATE = Option("--propagate", "its exit status is the command's: 128+N if signal N ended it")
PAIR = re.compile("[0-9a-fA-F]{2}")


@command(
    "run",
    "run [--trace] [--stat] [--propagate] FILE|FILE.s|FILE.bin [ARGS...]",
    "run [--trace] [--stat] [--propagate] --hex BYTES [ARGS...]",
    "run --list FILE|FILE.s|FILE.bin",
    "run",
    group="Programs",
    arguments=(Argument("file", "FILE|FILE.s|FILE.bin"), Argument("word", "[ARGS...]")),
    options=(
        Option("--trace", "show its system calls, as strace does"),
        STAT,
        PROPAGATE,
        Option("--list", "show its machine code instead of running it"),
        Option("--hex", "machine code as hexadecimal bytes", "BYTES"),
    ),
    examples=(
        ("run --hex b83c000000bf070000000f05", "exit(7), as machine code"),
        ('asm "mov eax, 60; mov edi, 3; syscall"; run', "the program that asm made last, again"),
        ("run --stat --hex b83c000000bf070000000f05", "three instructions in user mode"),
    ),
)
def run(session: Context, words: list[Word]) -> View:
    """Run a program on the emulated CPU, and show how it ended.

    FILE is a program that make has built, or FILE.s: assembly in Intel syntax, which starts at _start or at its first
    instruction. If FILE.s has a main instead, and libc.s lies beside it, the two are assembled together, with time.s
    too if it calls clock_gettime and the like. Any other file is raw machine code and starts at its first byte.
    Without a file the program that asm made last runs again.

    BYTES may be typed with blanks between them, two digits each: run --hex 0f 05. If the program is to have
    arguments too, BYTES are one word: run --hex 0f05 x, or run --hex "0f 05" x.

    The program's arguments are on its stack, as the x86-64 ABI has them.

    A program that fails is no failure of run, for that has shown how it ended. With --propagate it is: a script ends
    there, and kshell with the program's exit status.

    --stat counts what the CPU executes; the run is the same, but slower. In the kernel that is machine code alone: what
    has a body in Python is not counted.
    """
    return _run(session, words, traced=session.trace_all, with_hops=False)


def run_traced(session: Context, words: list[Word], detail: str = "", drawn: bool = False) -> View:
    """What `trace run` does; `detail` is what is told of machine code in ring 0, and makes it tell every hop.  Where a
    picture is `drawn` of it, nothing is shown before."""
    with_hops = bool(words) and words[0].text == "--hops"
    all_hops = with_hops or drawn or bool(detail)
    return _run(session, words[1:] if with_hops else words, True, all_hops, detail, drawn)


def _run(
    session: Context, words: list[Word], traced: bool, with_hops: bool, detail: str = "", drawn: bool = False
) -> View:
    given = take_options("run", words, leading=True)
    if STAT.key in given:
        again = partial(_run, session, traced=traced, with_hops=with_hops, detail=detail, drawn=drawn)
        return counted(session.kernel, "run", words, again)
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
        return listing(program)
    args = [word.text for word in rest]
    return start(session, program, args, traced, with_hops, detail, PROPAGATE.key in given, drawn)
