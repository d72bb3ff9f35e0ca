"""A type as a source in Python's spelling has it."""

from __future__ import annotations

from kshell.cc.front.primitives import TYPES
from kshell.cc.front.report import spelled
from kshell.cc.types import FunctionType, Pointer, StructType, Type


def kshell_name(kind: Type) -> str:
    """A type as a source spells it: ``Ptr[e]``."""
    if isinstance(kind, Pointer):
        if isinstance(kind.target, FunctionType):
            takes = ", ".join(kshell_name(each) for each in kind.target.parameters)
            return f"Fn[[{takes}], {kshell_name(kind.target.result)}]"
        inner = kshell_name(kind.target)
        inner = f"Const[{inner}]" if kind.const else inner
        return f"{'User' if kind.user else 'Ptr'}[{inner}]"
    if isinstance(kind, StructType):
        return kind.tag
    return next((name for name, each in TYPES.items() if each.type == kind), spelled(kind))
