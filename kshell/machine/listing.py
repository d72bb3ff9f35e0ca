"""Machine text of the kernel's own as a listing: instructions with their bytes, names between them, and what may fault.

C counterpart: what gas makes of a .S file, and ld of its names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from kshell.machine.encode import FUNCTION_SIZE

Line = tuple[str, str]  # an instruction, and its bytes; a name is 4 bytes: a distance, or the value of a variable
_PADDING = b"\xcc"


class Label(NamedTuple):
    """A name for the next line; `kind` is nm's letter.  One that begins with a dot is no symbol."""

    name: str
    kind: str = "T"
    is_function: bool = False


class MayFault(NamedTuple):
    """The next line may fault on a user's address: the kernel then goes on at label `fixup` (C: _ASM_EXTABLE)."""

    fixup: str


Item = Line | Label | MayFault
Placed = list[tuple[int, Item]]


def items(*each: Item) -> tuple[Item, ...]:
    """Some, one after another."""
    return each


def place(listing: Iterable[Item], start: int) -> Placed:
    """Each item with its address."""
    placed: Placed = []
    at = start
    for item in listing:
        if isinstance(item, Label) and item.is_function:
            at = -(-at // FUNCTION_SIZE) * FUNCTION_SIZE
        placed.append((at, item))
        if not isinstance(item, Label | MayFault):
            at += sum(1 if len(token) == 2 else 4 for token in item[1].split())
    return placed


def labels_of(placed: Placed) -> dict[str, int]:
    """The address of each name."""
    return {item.name: at for at, item in placed if isinstance(item, Label)}


def extents(placed: Placed, end: int) -> Iterator[tuple[int, Label, int]]:
    """Each name with its address and size: a function reaches to the next one, another name to the next name."""
    labels = [(at, item) for at, item in placed if isinstance(item, Label)]
    for at, label in labels:
        behind = (other for other, each in labels if other > at and (each.is_function or not label.is_function))
        yield at, label, next(behind, end) - at


def encode(placed: Placed, start: int, names: Mapping[str, int], variables: Mapping[str, int]) -> bytes:
    """The bytes from `start` on: a distance for each of `names`, the value for each of `variables`."""
    code = b""
    for at, item in placed:
        code = code.ljust(at - start, _PADDING)
        if not isinstance(item, Label | MayFault):
            code += _bytes(item[1], at, names, variables)
    return code


def _bytes(text: str, at: int, names: Mapping[str, int], variables: Mapping[str, int]) -> bytes:
    code = b""
    for token in text.split():
        if len(token) == 2:
            code += bytes.fromhex(token)
        elif token in variables:
            code += variables[token].to_bytes(4, "little")
        else:
            code += (names[token] - (at + len(code) + 4)).to_bytes(4, "little", signed=True)
    return code
