"""What a person may write as the argument of a system call, and which call a name or number means.

Numbers are C's (42, 0x2a, 052, 0b101010, 0o52, -1), characters and strings are C's ('a', "text\\n"), constants have
their names and may be joined (O_RDWR|O_CREAT), ``buf:64`` is room that is shown afterwards, ``NULL`` is 0, and
``&name`` or ``&name+8`` is the address of a kernel symbol.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kshell.shell.errors import CommandError, did_you_mean
from kshell.shell.views import show

if TYPE_CHECKING:
    from kshell.kernel.declare import SyscallDefinition
    from kshell.kernel.exec import Buffer
    from kshell.kernel.kernel import Kernel
    from kshell.shell.words import Word

BUFFER_MAX = 1 << 20
MOST_ARGUMENTS = 6
OPTIONAL = {"open": 1, "openat": 1, "fcntl": 1}  # the last argument is "..." in C's prototype of these
EXTRA = {"NULL": 0, "STDIN_FILENO": 0, "STDOUT_FILENO": 1, "STDERR_FILENO": 2, "true": 1, "false": 0}

_NUMBER = re.compile(r"([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)[uUlL]{0,3}\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)


class Refusal(Exception):
    """An argument that makes no sense; the caller adds which call it was for."""

    def __init__(self, what: str, because: str, try_: str) -> None:
        super().__init__(what)
        self.what, self.because, self.try_ = what, because, try_


def number(text: str) -> int | None:
    """The value of a number in any of C's spellings; None if the text is none, Refusal if a digit is wrong."""
    match = _NUMBER.match(text)
    if match is None:
        return None
    sign, digits = match[1], match[2].replace("_", "").lower()
    if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
        if not set(digits) <= set("01234567"):
            raise Refusal(
                f"{text} is not a number",
                "a number that begins with 0 is octal, as in C, and octal has the digits 0 to 7",
                text.replace("0", "", 1) if digits.lstrip("0") else "0",
            )
        digits = "0o" + digits
    if len(digits) > 400:
        raise Refusal(f"{text[:20]}... does not fit", "a register holds 64 bits", "at most 0xffffffffffffffff")
    value = int(digits, 0)
    return -value if sign == "-" else value


def register_value(text: str) -> int | None:
    """As `number`, but Refusal for what does not fit into 64 bits."""
    value = number(text)
    if value is not None and not -(1 << 63) <= value < 1 << 64:
        raise Refusal(
            f"{text} does not fit into a register",
            "an argument is passed in 64 bits: -9223372036854775808 to 18446744073709551615",
            "-1  (all 64 bits set)" if value > 0 else "-9223372036854775808  (the smallest)",
        )
    return value


def c_string(inside: str) -> bytes:
    """The bytes of a C string literal, without its final NUL."""
    out = bytearray()
    at = 0
    for match in _ESCAPE.finditer(inside):
        out += inside[at : match.start()].encode("utf-8", "surrogateescape")
        hexadecimal, octal, letter = match.groups()
        if hexadecimal:
            out.append(int(hexadecimal, 16))
        elif octal:
            out.append(int(octal, 8) & 0xFF)
        elif letter in _ESCAPES:
            out.append(_ESCAPES[letter])
        elif letter in "\"'\\?":
            out += letter.encode()
        else:
            known = '\\n \\t \\r \\0 \\a \\b \\f \\v \\e \\\\ \\" \\x41 \\101'
            raise Refusal(f"unknown escape \\{letter}", f"C knows {known}", f"\\\\{letter}  (a backslash and {letter})")
        at = match.end()
    rest = inside[at:]
    if rest.endswith("\\"):
        raise Refusal("the text ends in a lone backslash", "a backslash begins an escape, as in C", "\\\\")
    return bytes(out + rest.encode("utf-8", "surrogateescape"))


def argument(k: Kernel, word: Word) -> int | bytes | Buffer:
    """The value of one argument.  Refusal if it has none."""
    text = word.text
    if word.quote == '"':
        return c_string(word.inside)
    if word.quote == "'":
        return _character(word.inside)
    if not word.raw:
        raise Refusal("an argument is empty", "nothing stands there", '""  (an empty string)')
    if text.startswith("buf:") or text == "buf":
        return _buffer(text)
    if text.startswith("&"):
        return symbol_address(k, text[1:])
    value = 0
    for term in text.split("|"):
        value |= _term(k, term, text)
    return value


def _character(inside: str) -> int:
    data = c_string(inside)
    if len(data) != 1:
        what = f"'{show(inside)}' is not a character"
        because = "single quotes hold one byte, as in C" if data else "there is nothing between the quotes"
        raise Refusal(what, because, f'"{show(inside)}"  (a string)')
    return data[0]


def _buffer(text: str) -> Buffer:
    from kshell.kernel.exec import Buffer

    size = register_value(text[4:])
    if size is None or not 0 < size <= BUFFER_MAX:
        because = f"buf:N is room for N bytes, 1 to {BUFFER_MAX}"
        raise Refusal(f"{show(text)} is not a buffer", because, "buf:64")
    return Buffer(size)


def _term(k: Kernel, term: str, whole: str) -> int:
    value = register_value(term)
    if value is not None:
        return value
    from kshell.abi.symbolic import SYMBOLS

    known = {**SYMBOLS, **EXTRA}
    if term in known:
        return known[term]
    raise _no_value(k, term, whole, known)


def _no_value(k: Kernel, term: str, whole: str, known: dict[str, int]) -> Refusal:
    shown = show(term)
    if not term:
        return Refusal(f"{show(whole)}: a flag is missing", "| joins two flags", "O_RDWR|O_CREAT")
    if whole.endswith((",", ")")):
        bare = show(whole.rstrip(",)")) or f'"{show(whole)}"'
        return Refusal(f"{show(whole)} is not an argument", "arguments are parted by blanks, without commas", bare)
    if not _NAME.match(term):
        if term[:1].isdigit() or term[:1] in "+-.":
            return Refusal(f"{shown} is not a number", "numbers are 42, 0x2a, 052, 0b101010 or -1", "0x2a")
        return Refusal(f"{shown} is not a value", "a string stands between double quotes", f'"{show(whole)}"')
    if term.upper() in known:
        return Refusal(f"unknown constant {shown}", "constants are written in capitals, as in C", term.upper())
    if term.isupper() or "_" in term:
        close = did_you_mean(term, known)
        if close:
            return Refusal(f"unknown constant {shown}", "no header that kshell knows defines it", f"{close[0]}")
    if k.symbols.lookup(term) is not None:
        return Refusal(f"{shown} is a kernel symbol", "its address is written with &, as in C", f"&{term}")
    if term.isupper():
        return Refusal(f"unknown constant {shown}", "no header that kshell knows defines it", "its number")
    return Refusal(f"{shown} is not a value", "a string stands between double quotes", f'"{show(whole)}"')


def symbol_address(k: Kernel, text: str) -> int:
    """The address of ``name``, ``name+0x10`` or ``name[3]`` (an array of pointers).  Refusal if there is none."""
    match = re.match(r"([A-Za-z_]\w*)(?:\[([^\]]*)\]|([+-].*))?\Z", text, re.ASCII)
    if match is None:
        raise Refusal(f"{show(text)} is not an address", "a symbol's name belongs there", "sys_call_table")
    name, index, offset = match.groups()
    symbol = k.symbols.lookup(name)
    if symbol is None:
        close = did_you_mean(name, [s.name for s in k.symbols])
        because = "neither the kernel nor a loaded module defines it (kallsyms lists what there is)"
        raise Refusal(f"no symbol {show(name)}", because, close[0] if close else f"kallsyms {name}")
    address = symbol.address
    for part, scale in ((index, 8), (offset, 1)):
        if part is None:
            continue
        value = register_value(part)
        if value is None:
            raise Refusal(f"{show(part)} is not a number", "an offset is a number", f"{name}+0x10")
        address += value * scale
    return address & (1 << 64) - 1


# Which call.


def call_number(k: Kernel, word: Word) -> int:
    """The number of the call that a word names: a number, or a name of the kernel's table.  CommandError otherwise."""
    text = word.text
    try:
        value = register_value(text)
    except Refusal as refusal:
        raise CommandError(f"syscall: {refusal.what}", refusal.because, refusal.try_) from None
    if value is not None:
        return value
    name = _bare(text)
    row = k.table.by_name.get(name)
    if row is None:
        row = next((r for r in k.table.rows if r.symbol and _bare(r.symbol) == name and r.abi != "x32"), None)
    if row is not None:
        return row.number
    raise unknown_call(k, text)


def _bare(text: str) -> str:
    """``write`` for write, __NR_write, SYS_write, sys_write and __x64_sys_write."""
    for prefix in ("__NR_", "SYS_", "__x64_", "__do_", "__se_"):
        text = text.removeprefix(prefix)
    return text.removeprefix("sys_")


def unknown_call(k: Kernel, text: str) -> CommandError:
    """What to answer where the table has no call of that name."""
    what = f"no system call is named {show(text)}"
    if "(" in text:
        return CommandError(what, "arguments stand after the name, without parentheses", 'syscall write 1 "hi\\n" 3')
    because = f"the table of kernel {k.profile.name} has no such row"
    if text == "test_call":
        because += "; it is compiled into the course kernel only"
        return CommandError(what, because, "boot course  (a kernel that has it)")
    close = did_you_mean(text, k.table.by_name, 3)
    return CommandError(
        what, because, f"{', '.join(close)}  (did you mean that?)" if close else "table  (lists them all)"
    )


def call_arguments(
    k: Kernel, name: str, words: list[Word], definition: SyscallDefinition | None, raw: bool
) -> list[int | bytes | Buffer]:
    """The arguments of the call typed as `name`.  CommandError, with its signature, if one is wrong."""
    values = []
    for position, word in enumerate(words):
        try:
            values.append(argument(k, word))
        except Refusal as refusal:
            parameter = (
                definition.parameters[position] if definition and position < len(definition.parameters) else None
            )
            place = f"argument {position + 1}" + (f" ({parameter})" if parameter else "")
            because = refusal.because + (f"\nthe call is {definition.signature}" if definition else "")
            try_ = _corrected(name, words, position, refusal.try_)
            raise CommandError(f"syscall: {place}: {refusal.what}", because, try_) from None
    _check_count(name, values, definition, raw)
    return values


def _corrected(name: str, words: list[Word], position: int, better: str) -> str:
    """The whole command with a better word in place of a wrong one; a hint that is no word stays as it is."""
    if " " in better and better[0] not in "\"'":
        return better
    typed = [show(word.raw) for word in words]
    typed[position] = better
    return " ".join(["syscall", show(name), *typed])


def _check_count(
    name: str, values: list[int | bytes | Buffer], definition: SyscallDefinition | None, raw: bool
) -> None:
    given = len(values)
    if given > MOST_ARGUMENTS:
        because = f"a system call has six registers for arguments, and {given} were given"
        raise CommandError("syscall: too many arguments", because, "leave out all after the sixth")
    if definition is None or raw:
        return
    wanted = len(definition.parameters)
    if wanted - OPTIONAL.get(definition.name, 0) <= given <= wanted:
        return
    because = f"the call is {definition.signature}: it takes {wanted or 'none'}, and {given or 'none'} "
    because += "was given" if given == 1 else "were given"
    names = " ".join(p.name.upper() for p in definition.parameters)
    try_ = f"syscall {name} {names}".rstrip()
    word = "few" if given < wanted else "many"
    raise CommandError(f"syscall: too {word} arguments", because, f"{try_}  (--raw makes the call all the same)")
