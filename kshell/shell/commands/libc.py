"""The C library's part in a system call: -1 and errno, made of what the kernel left in rax."""

from __future__ import annotations

import re

from kshell.abi.c_types import U64, to_signed64
from kshell.abi.errno import MAX_ERRNO, errno_name, is_error, strerror
from kshell.shell.commands.registry import command, misuse
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Text, View, labelled, show, span

NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+)", re.ASCII)
RULE = f"rax from -{MAX_ERRNO} to -1 is an error: -1, errno = -rax; every other value is the result itself"


@command(
    "libc",
    "libc",
    "libc on|off",
    "libc VALUE",
    group="The C library",
    arguments=(Argument("word", "on|off|VALUE"),),
    examples=(
        ("syscall test_call 5; libc", "the two faces of the last result"),
        ("libc off; syscall test_call 5", "results as the kernel leaves them in rax"),
        ("libc on", "results as a C program gets them"),
        ("libc -5000", "a value that is negative and no error"),
    ),
)
def libc(session: Context, words: list[Word]) -> View:
    """Show the two faces of a result: rax, and libc's -1 with errno.

    The kernel has one register for its answer, and an error is -errno in it. The wrapper in the C library, which a
    program calls instead of making the call itself, turns that into -1 and puts the number into errno.

    With `libc on`, as at the start, syscall shows what the wrapper makes of a result below zero. With `libc off` it
    shows the register, of every result. The call's own line is strace's in both, which prints the library's face.

    `libc` alone is about the last call: the one that syscall made, or the one that failed in the program that ran.
    `libc VALUE` is about any number that might stand in rax.
    """
    if len(words) > 1:
        raise misuse("libc", "one word at most")
    if not words:
        return _last(session)
    text = words[0].text
    if text in ("on", "off"):
        session.libc = text == "on"
        return _last(session)
    if not NUMBER.fullmatch(text) or not -(1 << 63) <= int(text, 0 if "x" in text.lower() else 10) <= U64:
        raise misuse("libc", f"{show(text)} is neither on nor off nor a number of 64 bits")
    value = to_signed64(int(text, 0 if "x" in text.lower() else 10) & U64)
    return Text(_faces(value), _json(session, value))


def _last(session: Context) -> View:
    """Which face is shown, and the two of the last call."""
    state = "on: syscall shows results as a C program gets them" if session.libc else "off: syscall shows rax"
    lines: list[Line] = [span(f"libc is {state}")]
    call = session.last_call
    if call is None or call.ret is None:
        lines += [span(RULE, "dim")]
        return Text(lines, _json(session, None))
    lines.append([(show(call.text), "name")])
    return Text([*lines, *_faces(call.ret)], _json(session, call.ret))


def _faces(value: int) -> list[Line]:
    """Both faces of one value of rax, and the rule that leads from one to the other."""
    kernel = f"rax = {value & U64:#018x} = {value}"
    if is_error(value):
        name = errno_name(-value)
        wrapper = f"returns -1, errno = {name + ' = ' if not name.isdigit() else ''}{-value} ({strerror(-value)})"
    else:
        wrapper = f"returns {value}, errno stays as it was"
    why = RULE if value >= -MAX_ERRNO else f"{value} is below -{MAX_ERRNO}: negative, but no error\n{RULE}"
    return [
        [("  kernel: ", "dim"), (kernel, "number")],
        [("  libc:   ", "dim"), (wrapper, "errno" if is_error(value) else "good")],
        *labelled("because", why),
    ]


def _json(session: Context, value: int | None) -> dict[str, object]:
    """`libc`: what it is set to; of the value, if there is one, rax and what the wrapper returns and puts in errno."""
    found: dict[str, object] = {"libc": session.libc, "rax": None, "ret": None, "errno": None}
    if value is not None:
        failed = is_error(value)
        found |= {"rax": f"{value & U64:#x}", "ret": -1 if failed else value}
        found["errno"] = errno_name(-value) if failed else None
    return found
