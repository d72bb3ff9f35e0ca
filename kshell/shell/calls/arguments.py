"""What a person may write as the argument of a system call.

Numbers are C's (42, 0x2a, 052, 0b101010, 0o52, -1), characters and strings are C's ('a', "text\\n"), constants have
their names and may be joined (O_RDWR|O_CREAT), ``buf:64`` is room that is shown afterwards, ``NULL`` is 0, and
``&name`` or ``&name+8`` is the address of a kernel symbol, and ``file:NAME`` the bytes of a file of the host.
``int:5`` and ``struct:a=1`` are memory with numbers in it (typed_memory.py).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import ProblemError
from kshell.shell.errors import CommandError
from kshell.shell.host_files import read_bytes
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.abi.debug_types import DebugType
    from kshell.kernel.entry.exec import Buffer
    from kshell.kernel.kernel import Kernel
    from kshell.shell.lines.words import Word

BUFFER_MAX = 1 << 20
FILE = "file:"
ALL_SYMBOLS = "kallsyms  (lists them all)"  # where no symbol is like what was typed
EXTRA = {"NULL": 0, "STDIN_FILENO": 0, "STDOUT_FILENO": 1, "STDERR_FILENO": 2, "true": 1, "false": 0}

# Compiled when one is needed.
TYPED = r"(?:u?(?:char|short|int|long)|struct):"
_NUMBER = r"(?a)([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)[uUlL]{0,3}\Z"
_NAME = r"(?a)[A-Za-z_]\w*\Z"
_PRODUCT = r"(?:0[xX][0-9a-fA-F_]+|[0-9]+)(?:\*(?:0[xX][0-9a-fA-F_]+|[0-9]+))*"
_TERM = rf"(?a)([+-]?)({_PRODUCT})"
_TOTAL = rf"(?a)[+-]?{_PRODUCT}(?:[+-]{_PRODUCT})*\Z"
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27}
_ESCAPE = r"(?s)\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))"


class BadValue(ProblemError):
    """An argument that makes no sense; the caller adds which call it was for."""


def number(text: str) -> int | None:
    """The value of a number in any of C's spellings; None if the text is none, BadValue if a digit is wrong."""
    match = re.match(_NUMBER, text)
    if match is None:
        return None
    sign, digits = match[1], match[2].replace("_", "").lower()
    if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
        if not set(digits) <= set("01234567"):
            raise BadValue(
                f"{text} is not a number",
                "a number that begins with 0 is octal, as in C, and octal has the digits 0 to 7",
                text.replace("0", "", 1) if digits.lstrip("0") else "0",
            )
        digits = "0o" + digits
    if len(digits) > 400:
        raise BadValue(f"{text[:20]}... does not fit", "a register holds 64 bits", "0xffffffffffffffff  (the largest)")
    value = int(digits, 0)
    return -value if sign == "-" else value


def register_value(text: str) -> int | None:
    """As `number`, but BadValue for what does not fit into 64 bits."""
    value = number(text)
    if value is not None and not -(1 << 63) <= value < 1 << 64:
        raise BadValue(
            f"{text} does not fit into a register",
            "an argument is passed in 64 bits: -9223372036854775808 to 18446744073709551615",
            "-1  (all 64 bits set)" if value > 0 else "-9223372036854775808  (the smallest)",
        )
    return value


def c_string(inside: str) -> bytes:
    """The bytes of a C string literal, without its final NUL."""
    out = bytearray()
    at = 0
    for match in re.finditer(_ESCAPE, inside):
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
            better = inside[: match.start()] + "\\" + inside[match.start() :]
            known = '\\n \\t \\r \\0 \\a \\b \\f \\v \\e \\\\ \\" \\x41 \\101'
            raise BadValue(f"unknown escape \\{letter}", f"C knows {known}", f'"{better}"  (a backslash and {letter})')
        at = match.end()
    rest = inside[at:]
    if rest.endswith("\\"):
        raise BadValue("the text ends in a lone backslash", "a backslash begins an escape, as in C", f'"{inside}\\"')
    return bytes(out + rest.encode("utf-8", "surrogateescape"))


def argument(k: Kernel, word: Word, pointed: DebugType | None = None) -> int | bytes | Buffer:
    """The value of one argument, for a parameter that points to a type, if it does.  BadValue if it has none."""
    text = word.text
    if word.quote == '"':
        return c_string(word.inside)
    if word.quote == "'":
        return _character(word.inside)
    if not word.raw:
        raise BadValue("an argument is empty", "nothing stands there", '""  (an empty string)')
    if text.startswith("buf:") or text == "buf":
        return _buffer(text)
    if re.match(TYPED, text):
        from kshell.shell.calls.typed_memory import typed_memory

        return typed_memory(text, pointed)
    if text.startswith(FILE):
        return _file(text)
    if text.startswith("&"):
        return _address_of(k, text)
    value = 0
    for term in text.split("|"):
        value |= _term(k, term, text)
    return value


def _address_of(k: Kernel, text: str) -> int:
    try:
        return symbol_address(k, text[1:])
    except BadValue as bad:
        raise BadValue(bad.what, bad.because, bad.try_ if bad.try_ == ALL_SYMBOLS else f"&{bad.try_}") from None


def _character(inside: str) -> int:
    data = c_string(inside)
    if len(data) != 1:
        what = f"'{show(inside)}' is not a character"
        because = "single quotes hold one byte, as in C" if data else "there is nothing between the quotes"
        raise BadValue(what, because, f'"{show(inside)}"  (a string)')
    return data[0]


def _buffer(text: str) -> Buffer:
    from kshell.kernel.entry.exec import Buffer

    size = register_value(text[4:])
    if size is None or not 0 < size <= BUFFER_MAX:
        because = f"buf:N is room for N bytes, 1 to {BUFFER_MAX}"
        raise BadValue(f"{show(text)} is not a buffer", because, "buf:64")
    return Buffer(size)


def _file(text: str) -> bytes:
    """What a file of the host holds."""
    try:
        data = read_bytes("syscall", text.removeprefix(FILE))
    except CommandError as error:
        raise BadValue(error.what.removeprefix("syscall: "), error.because, "buf:64  (room for 64 bytes)") from None
    if not 0 < len(data) <= BUFFER_MAX:
        because = f"a buffer has 1 to {BUFFER_MAX} bytes, and the file {len(data)}"
        raise BadValue(f"{show(text)} is no buffer", because, "buf:64")
    return data


def _term(k: Kernel, term: str, whole: str) -> int:
    value = register_value(term)
    if value is not None:
        return value
    from kshell.abi.symbolic import SYMBOLS

    known = {**SYMBOLS, **EXTRA}
    if term in known:
        return known[term]
    raise _no_value(k, term, whole, known)


def _no_value(k: Kernel, term: str, whole: str, known: dict[str, int]) -> BadValue:
    shown = show(term)
    if not term:
        return BadValue(f"{show(whole)}: a flag is missing", "| joins two flags", "O_RDWR|O_CREAT")
    if whole.endswith((",", ")")):
        bare = show(whole.rstrip(",)")) or f'"{show(whole)}"'
        return BadValue(f"{show(whole)} is not an argument", "arguments are parted by blanks, without commas", bare)
    if not re.match(_NAME, term):
        if term[:1].isdigit() or term[:1] in "+-.":
            return BadValue(f"{shown} is not a number", "numbers are 42, 0x2a, 052, 0b101010 or -1", "0x2a")
        return BadValue(f"{shown} is not a value", "a string stands between double quotes", f'"{show(whole)}"')
    if term.upper() in known:
        return BadValue(f"unknown constant {shown}", "constants are written in capitals, as in C", term.upper())
    close = did_you_mean(term, known) if term.isupper() or "_" in term else []
    if close:
        return BadValue(f"unknown constant {shown}", "no header that kshell knows defines it", close[0])
    if k.symbols.lookup(term) is not None:
        return BadValue(f"{shown} is a kernel symbol", "its address is written with &, as in C", f"&{term}")
    if term.isupper():
        return BadValue(f"unknown constant {shown}", "no header that kshell knows defines it", "0  (its number)")
    return BadValue(f"{shown} is not a value", "a string stands between double quotes", f'"{show(whole)}"')


def symbol_address(k: Kernel, text: str, kinds: str = "") -> int:
    """The address of ``name``, ``name+0x10``, ``name+3*8`` or ``name[3]`` (an array of pointers).  BadValue if there is
    none.

    A system call's name means its function.  `kinds` are the letters of the symbols to suggest, all if there are none.
    """
    match = re.match(r"([A-Za-z_]\w*)(?:\[([^\]]*)\]|([+-].*))?\Z", text, re.ASCII)
    if match is None:
        raise BadValue(f"{show(text)} is not an address", "a symbol's name belongs there", "sys_call_table")
    name, index, offset = match.groups()
    symbol = k.symbols.lookup(name) or k.symbols.lookup(f"__x64_sys_{name.removeprefix('sys_')}")
    if symbol is None:
        raise _no_symbol(k, name, text, kinds)
    address = symbol.address
    for part, scale in ((index, 8), (offset, 1)):
        if part is None:
            continue
        value = total(part)
        if value is None:
            raise BadValue(f"{show(part)} is not a number", "an offset is a number", f"{name}+0x10")
        address += value * scale
    return address & (1 << 64) - 1


def total(text: str) -> int | None:
    """What a sum of products comes to: ``8``, ``+335*8``, ``-0x10+2*4``; None if the text is none."""
    if not re.match(_TOTAL, text):
        return None
    result = 0
    for sign, product in re.findall(_TERM, text):
        value = 1
        for factor in product.split("*"):
            value *= register_value(factor) or 0
        result += -value if sign == "-" else value
    return result


def _no_symbol(k: Kernel, name: str, text: str, kinds: str) -> BadValue:
    """What to answer where `text` names a symbol that is not there."""
    row = k.table.by_name.get(name)
    if row is not None and k.syscall_state(row.number) != "built":
        because = f"{name} is a system call that is not built here: it has no code"
        return BadValue(f"no symbol {show(name)}", because, text.replace(name, "sys_ni_syscall", 1))
    known = [s.name for s in k.symbols if not kinds or s.kind in kinds]
    known += [n.removeprefix("__x64_sys_") for n in known if n.startswith("__x64_sys_")]
    close = did_you_mean(name, known)
    because = "neither the kernel nor a loaded module defines it (kallsyms lists what there is)"
    return BadValue(f"no symbol {show(name)}", because, text.replace(name, close[0], 1) if close else ALL_SYMBOLS)
