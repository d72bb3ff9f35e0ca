"""C's types as entries of debugging information."""

from __future__ import annotations

from kshell.cc import dwarf_die as dw
from kshell.cc.dwarf_die import Die
from kshell.cc.types import ArrayType, FunctionType, IntType, Pointer, StructType, Type, VoidType

# How a debugger shows the bytes of a base type (DW_ATE_*).
_BOOLEAN, _SIGNED, _SIGNED_CHAR, _UNSIGNED, _UNSIGNED_CHAR = 2, 5, 6, 7, 8


class TypeDies:
    """The entries of the types that somebody asked for, each made once; they stand at the top of the unit."""

    def __init__(self) -> None:
        self.dies: list[Die] = []
        self._known: dict[object, Die] = {}

    def die(self, kind: Type) -> Die | None:
        """The entry of a type; void has none."""
        if isinstance(kind, VoidType):
            return None
        if isinstance(kind, Pointer) and kind.const:
            return self._made(kind, lambda: self._pointer(self._const(kind.target)))
        if isinstance(kind, StructType):
            return self._struct(kind)
        if isinstance(kind, IntType):
            return self._made(kind, lambda: _base(kind))
        if isinstance(kind, Pointer):
            return self._made(kind, lambda: self._pointer(self.die(kind.target)))
        return self._made(kind, lambda: self._array(kind) if isinstance(kind, ArrayType) else self._function(kind))

    def _made(self, key: object, make: object) -> Die:
        assert callable(make)
        if key not in self._known:
            die = self._known[key] = make()
            self.dies.append(die)
        return self._known[key]

    def _pointer(self, target: Die | None) -> Die:
        return Die(dw.POINTER_TYPE, {dw.BYTE_SIZE: 8, dw.TYPE: target})

    def _const(self, target: Type) -> Die:
        return self._made(("const", target), lambda: Die(dw.CONST_TYPE, {dw.TYPE: self.die(target)}))

    def _array(self, kind: ArrayType) -> Die:
        length = Die(dw.SUBRANGE_TYPE, {dw.COUNT: kind.length})
        return Die(dw.ARRAY_TYPE, {dw.TYPE: self.die(kind.element)}, [length])

    def _function(self, kind: FunctionType) -> Die:
        takes = [Die(dw.FORMAL_PARAMETER, {dw.TYPE: self.die(each)}) for each in kind.parameters]
        takes += [Die(dw.UNSPECIFIED_PARAMETERS, {})] * kind.variadic
        return Die(dw.SUBROUTINE_TYPE, {dw.PROTOTYPED: True, dw.TYPE: self.die(kind.result)}, takes)

    def _struct(self, kind: StructType) -> Die:
        """Known before its members are: one may point to the struct itself."""
        if kind in self._known:
            return self._known[kind]
        tag = dw.UNION_TYPE if kind.is_union else dw.STRUCTURE_TYPE
        if not kind.is_complete:
            return self._made(kind, lambda: Die(tag, {dw.NAME: kind.tag, dw.DECLARATION: True}))
        die = self._made(kind, lambda: Die(tag, {dw.NAME: kind.tag, dw.BYTE_SIZE: kind.size}))
        for field in kind.fields.values():
            values = {dw.NAME: field.name, dw.TYPE: self.die(field.type), dw.DATA_MEMBER_LOCATION: field.offset}
            die.children.append(Die(dw.MEMBER, values))
        return die


def _base(kind: IntType) -> Die:
    """char, int, ...: gcc spells ``long`` as ``long int``, which is the same type."""
    if kind.is_bool:
        encoding, name = _BOOLEAN, "_Bool"
    elif kind.size == 1:
        encoding, name = (_SIGNED_CHAR if kind.signed else _UNSIGNED_CHAR), kind.c
    else:
        encoding, name = (_SIGNED if kind.signed else _UNSIGNED), kind.c
    return Die(dw.BASE_TYPE, {dw.NAME: name, dw.BYTE_SIZE: kind.size, dw.ENCODING: encoding})
