"""Memory for a pointer that a call takes, with numbers in it: ``int:5``, ``int:1,2,3``, ``struct:a=1,name=text``.

It is shown afterwards, as a ``buf:N`` is.
"""

from __future__ import annotations

import re

from kshell.abi.c_types import INTEGERS, pointed_to
from kshell.abi.debug_types import DebugType, integer
from kshell.abi.did_you_mean import did_you_mean
from kshell.kernel.entry.exec import Buffer
from kshell.shell.calls.arguments import BUFFER_MAX, BadValue, register_value
from kshell.shell.views.view import show

SIZES = {"char": 1, "short": 2, "int": 4, "long": 8}
NUMBERS = {prefix + name: size for prefix in ("", "u") for name, size in SIZES.items()}
STRUCT = "struct"
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[\d+\])*\Z", re.ASCII)


def typed_memory(text: str, pointed: DebugType | None) -> Buffer:
    """What such a word stands for; `pointed` is what the call's parameter points to, if that is known.  BadValue."""
    word, _, values = text.partition(":")
    if word == STRUCT:
        return _struct(text, values, pointed)
    kind = integer(word, NUMBERS[word], not word.startswith("u"))
    data = b"".join(_number(each or "0", kind) for each in values.split(","))
    if len(data) > BUFFER_MAX:
        raise BadValue(f"{show(text[:20])}... is too long", f"a buffer has {BUFFER_MAX} bytes at the most", f"{word}:0")
    return Buffer(len(data), data)


def example_word(c: str) -> str:
    """A word that can stand where a call takes the pointer type `c`."""
    target = pointed_to(c)
    if target in INTEGERS:
        size, signed = INTEGERS[target]
        return f"{'' if signed else 'u'}{next(name for name, each in SIZES.items() if each == size)}:0"
    return f"{STRUCT}:" if target.startswith(("struct ", "union ")) else "buf:8"


def _number(text: str, kind: DebugType) -> bytes:
    value, bits = register_value(text), 8 * kind.size
    if value is None:
        raise BadValue(f"{show(text)} is not a number", f"{kind.text} holds a number", f"{kind.text}:5")
    if not -(1 << bits - 1) <= value < 1 << bits:
        raise BadValue(f"{show(text)} does not fit", f"{kind.text} has {bits} bits", f"long:{value}")
    return (value & (1 << bits) - 1).to_bytes(kind.size, "little")


def _struct(text: str, values: str, kind: DebugType | None) -> Buffer:
    """``struct:a=1,b=2``: what is not named is 0."""
    if kind is None or kind.kind not in ("struct", "union"):
        because = "the call says of no struct here what is in it, so nobody knows how long it is"
        raise BadValue(f"{show(text)} has no type", because, "buf:64  (room of so many bytes)")
    data = bytearray(kind.size)
    for each in values.split(",") if values else ():
        path, equals, value = each.partition("=")
        if not equals or not _PATH.match(path):
            raise BadValue(f"{show(each)} is no member", "a member is given as NAME=NUMBER", f"struct:{_first(kind)}=1")
        member, at = _member(kind, path)
        data[at : at + member.size] = _value(path, value, member)
    return Buffer(len(data), bytes(data))


def _member(kind: DebugType, path: str) -> tuple[DebugType, int]:
    """What ``a``, ``inner.b`` or ``row[2]`` names, and how far into the struct it is."""
    at = 0
    for part in re.findall(r"\w+", path):
        fields = {name: (each, offset) for name, offset, each in kind.fields} if kind.kind != "array" else {}
        if part in fields:
            kind, offset = fields[part]
        elif kind.target is not None and kind.kind == "array" and part.isdecimal() and int(part) < kind.length:
            offset = int(part) * kind.target.size
            kind = kind.target
        else:
            close = [*did_you_mean(part, fields), *fields]
            known = f"it has {', '.join(fields)}" if fields else f"it is {kind.text}"
            try_ = f"struct:{close[0]}=1" if close else "struct:"
            raise BadValue(f"{kind.text} has no member {show(part)}", known, try_)
        at += offset
    return kind, at


def _value(path: str, text: str, kind: DebugType) -> bytes:
    if kind.kind == "array" and kind.target is not None and kind.target.is_char:
        data = text.encode("utf-8", "surrogateescape")
        if len(data) > kind.size:
            raise BadValue(f"{show(text)} does not fit", f"{path} has {kind.size} bytes", f"struct:{path}={text[:4]}")
        return data.ljust(kind.size, b"\0")
    if kind.kind not in ("base", "enum", "pointer") or not kind.size:
        raise BadValue(f"{path} is no number", f"it is {kind.text}", f"struct:{path}{_inside(kind)}=1")
    return _number(text, kind)


def _inside(kind: DebugType) -> str:
    return "[0]" if kind.kind == "array" else f".{_first(kind)}"


def _first(kind: DebugType) -> str:
    """The name of the first member."""
    return kind.fields[0][0] if kind.fields else "a"
