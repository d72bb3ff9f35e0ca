"""C's types, as the debugging information of an object describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kshell.abi.debug_info import text

_BASE, _POINTER, _STRUCT, _UNION, _ARRAY = "base", "pointer", "struct", "union", "array"
_ENUM, _FUNCTION, _VOID = "enum", "function", "void"
_KINDS = {
    "DW_TAG_base_type": _BASE,
    "DW_TAG_pointer_type": _POINTER,
    "DW_TAG_structure_type": _STRUCT,
    "DW_TAG_union_type": _UNION,
    "DW_TAG_array_type": _ARRAY,
    "DW_TAG_enumeration_type": _ENUM,
    "DW_TAG_subroutine_type": _FUNCTION,
}
_TAGGED = {"DW_TAG_structure_type": "struct ", "DW_TAG_union_type": "union ", "DW_TAG_enumeration_type": "enum "}
_QUALIFIERS = {"DW_TAG_const_type": "const", "DW_TAG_volatile_type": "volatile"}
_ALIASES = (*_QUALIFIERS, "DW_TAG_typedef", "DW_TAG_restrict_type", "DW_TAG_atomic_type")
# How the bytes of a base type are meant (DW_ATE_*).
_BOOLEAN, _CHARS, _SIGNED = 2, (6, 8), (5, 6)


class DebugType:
    """A type; a typedef and a qualifier are seen through, and stand in the text alone.

    text      as C spells it: ``int``, ``const char *``, ``struct node``, ``char [64]``
    kind      "base", "pointer", "struct", "union", "array", "enum", "function" or "void"
    size      in bytes, 0 where it is not known
    signed    whether a number has a sign
    is_char, is_bool    of a base type
    target    what a pointer points to, an array consists of, a function answers
    length    of an array, 0 where it is not known
    fields    of a struct or union: (name, offset in bytes, type)
    """

    def __init__(self, kind: str) -> None:
        self.kind, self.text, self.size, self.length = kind, "void", 0, 0
        self.signed = self.is_char = self.is_bool = False
        self.target: DebugType | None = None
        self.fields: list[tuple[str, int, DebugType]] = []

    def __repr__(self) -> str:
        return self.text


def integer(text: str, size: int, signed: bool, is_char: bool = False) -> DebugType:
    """The type of a number, from its spelling, its size in bytes and whether it has a sign; or of a character."""
    found = DebugType(_BASE)
    found.text, found.size, found.signed, found.is_char = text, size, signed, is_char
    return found


def address(text: str) -> DebugType:
    """The type of a pointer that nobody follows."""
    found = DebugType(_POINTER)
    found.text, found.size = text, 8
    return found


class TypeReader:
    """Makes each type of an object once: one may contain itself.  `children` are the entries inside of each entry, by
    its offset."""

    def __init__(self, children: Mapping[int, list[Any]]) -> None:
        self.children = children
        self._known: dict[int, DebugType] = {}

    def type_of(self, die: Any) -> DebugType:
        """The type that an entry refers to; none is void."""
        target = _referred(die)
        return DebugType(_VOID) if target is None else self.read(target)

    def read(self, die: Any) -> DebugType:
        """The type that an entry is."""
        if die.offset in self._known:
            return self._known[die.offset]
        if die.tag in _ALIASES:
            return self._alias(die)
        found = self._known[die.offset] = DebugType(_KINDS.get(die.tag, _VOID))
        found.size = number(die, "DW_AT_byte_size")
        found.text = self.spelled(die)
        if found.kind in (_POINTER, _ARRAY, _FUNCTION):
            found.target = self.type_of(die)
        if found.kind in (_BASE, _ENUM):
            encoding = number(die, "DW_AT_encoding")
            found.signed, found.is_char = encoding in _SIGNED, encoding in _CHARS
            found.is_bool = encoding == _BOOLEAN
        if found.kind in (_STRUCT, _UNION):
            members = [each for each in self.children[die.offset] if each.tag == "DW_TAG_member"]
            found.fields += [
                (name_of(each), number(each, "DW_AT_data_member_location"), self.type_of(each)) for each in members
            ]
        if found.kind == _ARRAY:
            return self._array(found, die)
        return found

    def _alias(self, die: Any) -> DebugType:
        """What it stands for under another text; the fields, which may still have to come, are one list."""
        target = self.type_of(die)
        found = DebugType(target.kind)
        found.__dict__.update(target.__dict__)
        found.text = self.spelled(die)
        self._known[die.offset] = found
        return found

    def _array(self, found: DebugType, die: Any) -> DebugType:
        """An array of arrays has several lengths in one entry: the outermost is first."""
        assert found.target is not None
        lengths = self.array_lengths(die)
        element = found.target
        for length in reversed(lengths[1:]):
            inner = DebugType(_ARRAY)
            inner.target, inner.length, inner.size = element, length, length * element.size
            inner.text = f"{element.text} [{length}]"
            element = inner
        found.target, found.length = element, lengths[0] if lengths else 0
        found.size = found.length * element.size
        return found

    def array_lengths(self, die: Any) -> list[int]:
        """The number of elements in each direction, 0 where it is not known."""
        found = []
        for each in self.children[die.offset]:
            if each.tag == "DW_TAG_subrange_type":
                bound = number(each, "DW_AT_upper_bound") + 1 if "DW_AT_upper_bound" in each.attributes else 0
                found.append(number(each, "DW_AT_count") or bound)
        return found

    def spelled(self, die: Any, declared: str = "") -> str:
        """How C spells the type that an entry is, around what is declared with it."""
        target = _referred(die)
        inner = _KINDS.get(target.tag) if target is not None else None
        if die.tag == "DW_TAG_pointer_type":
            return self._around(target, f"(*{declared})" if inner in (_ARRAY, _FUNCTION) else f"*{declared}")
        if die.tag == "DW_TAG_array_type":
            lengths = "".join(f"[{length or ''}]" for length in self.array_lengths(die))
            return self._around(target, declared + lengths)
        if die.tag == "DW_TAG_subroutine_type":
            return self._around(target, f"{declared}({self._parameters(die)})")
        if die.tag in _QUALIFIERS and inner == _POINTER:
            return self._around(target, f"{_QUALIFIERS[die.tag]} {declared}".rstrip())
        if die.tag in _QUALIFIERS and inner != _ARRAY:  # of an array it is that of its elements too
            return f"{_QUALIFIERS[die.tag]} {self._around(target, declared)}"
        if die.tag in _ALIASES and die.tag != "DW_TAG_typedef":
            return self._around(target, declared)
        name = name_of(die) or ("{...}" if die.tag in _TAGGED else "void")
        return f"{_TAGGED.get(die.tag, '')}{name} {declared}".rstrip()

    def _parameters(self, die: Any) -> str:
        """What a function takes, between its brackets."""
        found = []
        for each in self.children[die.offset]:
            if each.tag == "DW_TAG_formal_parameter":
                found.append(self._around(_referred(each), ""))
            elif each.tag == "DW_TAG_unspecified_parameters":
                found.append("...")
        return ", ".join(found) or "void"

    def _around(self, target: Any, declared: str) -> str:
        return f"void {declared}".rstrip() if target is None else self.spelled(target, declared)


def number(die: Any, name: str) -> int:
    """An attribute that is a number, 0 where it is not there or is none."""
    value = die.attributes[name].value if name in die.attributes else 0
    return value if isinstance(value, int) else 0


def name_of(die: Any) -> str:
    """The name of an entry; what is made of another one is called as that is."""
    for reference in ("DW_AT_abstract_origin", "DW_AT_specification"):
        if "DW_AT_name" not in die.attributes and reference in die.attributes:
            return name_of(die.get_DIE_from_attribute(reference))
    return text(die.attributes["DW_AT_name"].value) if "DW_AT_name" in die.attributes else ""


def _referred(die: Any) -> Any:
    return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None
