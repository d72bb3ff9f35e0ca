"""The structs of a unit in an order that C can read: what one holds stands before it."""

from __future__ import annotations

from collections.abc import Iterable

from kshell.cc.types import ArrayType, FunctionType, Pointer, StructType, Type


def structs_of(kind: Type) -> list[StructType]:
    """The structs that a type is made of, or points to."""
    if isinstance(kind, StructType):
        return [kind]
    if isinstance(kind, Pointer):
        return structs_of(kind.target)
    if isinstance(kind, ArrayType):
        return structs_of(kind.element)
    if isinstance(kind, FunctionType):
        return [struct for each in (kind.result, *kind.parameters) for struct in structs_of(each)]
    return []


def in_order(structs: Iterable[StructType]) -> list[StructType]:
    """These structs and all that they lead to, each once, and behind those that it holds."""
    waiting = list(structs)
    reached: dict[StructType, None] = {}
    while waiting:
        struct = waiting.pop(0)
        if struct not in reached:
            reached[struct] = None
            waiting += [each for field in struct.fields.values() for each in structs_of(field.type)]
    placed: dict[StructType, None] = {}
    rest = list(reached)
    while rest:  # no struct holds itself, so each round places one at least
        ready = [each for each in rest if all(inner in placed for inner in _held(each))]
        placed.update(dict.fromkeys(ready))
        rest = [each for each in rest if each not in placed]
    return list(placed)


def _held(struct: StructType) -> list[StructType]:
    """The structs that lie inside of one."""
    kinds = [field.type for field in struct.fields.values()]
    while any(isinstance(kind, ArrayType) for kind in kinds):
        kinds = [kind.element if isinstance(kind, ArrayType) else kind for kind in kinds]
    return [kind for kind in kinds if isinstance(kind, StructType)]
