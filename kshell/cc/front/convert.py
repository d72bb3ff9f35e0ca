"""A value where another type is wanted: what C converts by itself, and what its compiler says about it."""

from __future__ import annotations

import ast
from typing import NamedTuple

from kshell.cc.front.arithmetic import cast, decayed
from kshell.cc.front.report import Report, spelled
from kshell.cc.front.spelling import kshell_name
from kshell.cc.tree import Deref, Global, Local, Member, Number, Text, Value
from kshell.cc.types import BOOL, ULONG, FunctionType, IntType, Pointer, StructType, Type, VoidType


class Want(NamedTuple):
    """Where a value goes: `kind` is "init", "assign", "argument" or "return", `name` the function or variable;
    `because` and `try_` are for the case that it does not go there, "" for the usual ones."""

    kind: str
    name: str = ""
    number: int = 0
    try_: str = ""
    because: str = ""


def convert(report: Report, node: ast.expr, value: Value, to: Type, want: Want) -> Value:
    """`value` as C's assignment makes it a `to`.  Raises WrongError where it cannot."""
    value = decayed(value)
    source = value.type
    if isinstance(source, VoidType):
        because = "the function answers nothing"
        report.fail(node, "void value not ignored as it ought to be", because, "call it in a line of its own")
    if isinstance(source, StructType) or isinstance(to, StructType | FunctionType):
        _impossible(report, node, source, to, want)
    if isinstance(source, IntType) and isinstance(to, IntType):
        if isinstance(value, Number):
            _overflow(report, node, value, to)
        return cast(value, to)
    if isinstance(to, Pointer) and isinstance(source, Pointer):
        literal = isinstance(value, Text)  # a string literal is a char [], whatever C does to who writes to it
        _pointers(report, node, source._replace(const=False) if literal else source, to, want)
    elif isinstance(to, Pointer):
        if not (isinstance(value, Number) and value.value == 0):
            because = want.because or f"'{spelled(source)}' is a number, and a pointer is wanted here"
            text = _words(want, source, to, "makes pointer from integer without a cast")
            report.warn(
                "int-conversion", node, text, because, want.try_ or _pointer_line(report, node, value, to, want)
            )
    elif isinstance(source, Pointer) and to != BOOL:
        _number(report, node, source, to, want)
    return cast(value, to)


def _number(report: Report, node: ast.expr, source: Pointer, to: Type, want: Want) -> None:
    """A pointer where a number is wanted."""
    because, try_ = "a pointer is an address, and a number is wanted here", want.try_ or _cast_line(report, node, to)
    if source.target == to and not source.user and not want.try_:
        try_ = f"{_pointed(report, node)}  (the number that it points to)"
    elif isinstance(to, IntType) and to.size < 8 and not want.try_:
        try_ = f"{kshell_name(to)}({_cast_line(report, node, ULONG)})"
    if isinstance(node, ast.Constant) and node.value is not None:
        source = source._replace(const=False)  # a string of C is a char [], whatever happens to who writes to it
        if len(str(node.value)) == 1 and want.kind != "return":
            because, try_ = "in C it is a text, and ends with a NUL; a character is its number", f"ord({node.value!r})"
        elif want.kind == "return":
            because = "a kernel function answers with a number: a text is printed, or copied to the caller's memory"
            try_ = f"k.printk(KERN_INFO, {report.source_of(node)})  and  return 0"
    elif ast.unparse(node) in ("None", "NULL"):
        because, try_ = "NULL is an address, and a number is wanted here", "0"
    text = _words(want, source, to, "makes integer from pointer without a cast")
    report.warn("int-conversion", node, text, because, try_)


def _pointed(report: Report, node: ast.expr) -> str:
    """What a pointer points to: ``p[0]``, and of ``addr(x)`` x itself."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "addr":
        return report.source_of(node.args[0])
    return f"{report.source_of(node) or 'p'}[0]"


def _pointer_line(report: Report, node: ast.expr, value: Value, to: Pointer, want: Want) -> str:
    """The pointer that is meant by a number: its address, where it is a variable, or the number as one."""
    copies = isinstance(to.target, VoidType) and want.name.startswith(("copy_", "mem"))
    if isinstance(value, Local | Global | Member | Deref) and (to.target == value.type or copies) and not to.user:
        return f"addr({report.source_of(node) or 'x'})"
    if isinstance(value, Number) or (isinstance(value.type, IntType) and value.type.size == 8):
        return _cast_line(report, node, to)
    return f"{kshell_name(to)}({_cast_line(report, node, ULONG)})"


def _cast_line(report: Report, node: ast.expr, to: Type) -> str:
    return f"{kshell_name(to)}({report.source_of(node) or ast.unparse(node)})"


def _overflow(report: Report, node: ast.expr, value: Number, to: IntType) -> None:
    bits = 8 * to.size
    if to.is_bool or -(1 << bits - 1) <= value.value < 1 << bits:
        return
    became = to.wrap(value.value)
    text = f"overflow in conversion from '{spelled(value.type)}' to '{spelled(to)}' changes value from "
    because = f"{spelled(to)} has {bits} bits"
    report.warn("overflow", node, f"{text}'{value.value}' to '{became}'", because, "a wider type, or a smaller number")


def is_compatible(source: Pointer, to: Pointer) -> bool:
    """Whether one pointer stands for the other without a word (but for const and __user)."""
    if isinstance(source.target, VoidType) or isinstance(to.target, VoidType):
        return True
    if isinstance(source.target, IntType) and isinstance(to.target, IntType):  # -Wno-pointer-sign
        one, other = source.target, to.target
        return one.size == other.size and one.rank == other.rank and one.is_bool == other.is_bool
    if isinstance(source.target, Pointer) and isinstance(to.target, Pointer):
        return source.target._replace(const=False) == to.target._replace(const=False)
    return source.target == to.target


def _pointers(report: Report, node: ast.expr, source: Pointer, to: Pointer, want: Want) -> None:
    if source.user != to.user:
        because = "one of the two belongs to user space: the kernel never follows it, it copies  (help uaccess)"
        text = f"incorrect type in {WHERE[want.kind]} (different address spaces)"
        report.warn("address-space", node, text, because, "copy_from_user, copy_to_user, get_user or put_user")
    elif not is_compatible(source, to):
        because, try_ = "what they point to has different types", want.try_ or _cast_line(report, node, to)
        if isinstance(source.target, FunctionType) and isinstance(to.target, FunctionType):
            because, try_ = _functions(node, source.target, to.target, want)
        text = _incompatible(want, source, to)
        report.warn("incompatible-pointer-types", node, text, because, try_)
    elif source.const and not to.const:
        because = "what it points to is only to be read, and here it could be written"
        text = _words(want, source, to, "discards 'const' qualifier from pointer target type")
        report.warn("discarded-qualifiers", node, text, because, "copy it: strscpy, memcpy")


def _functions(node: ast.expr, source: FunctionType, to: FunctionType, want: Want) -> tuple[str, str]:
    """Why one function cannot stand for another, and the def line that can."""
    name = node.id if isinstance(node, ast.Name) else "f"
    result = "None" if isinstance(to.result, VoidType) else kshell_name(to.result)
    takes = ", ..." if to.parameters else ""
    because = f"{name} answers {spelled(source.result)}, and {spelled(to.result)} is wanted"
    if source.parameters != to.parameters:
        because = f"{name} takes other arguments"
    return because, want.try_ or f"def {name}(k: Kernel{takes}) -> {result}:"


WHERE = {"init": "initializer", "assign": "assignment", "argument": "argument", "return": "return expression"}


def _words(want: Want, source: Type, to: Type, what: str) -> str:
    """gcc's sentence for where it is."""
    if want.kind == "argument":
        return f"passing argument {want.number} of '{want.name}' {what}"
    if want.kind == "return":
        return f"returning '{spelled(source)}' from a function with return type '{spelled(to)}' {what}"
    start = "initialization of" if want.kind == "init" else "assignment to"
    return f"{start} '{spelled(to)}' from '{spelled(source)}' {what}"


def _incompatible(want: Want, source: Type, to: Type) -> str:
    if want.kind == "argument":
        return f"passing argument {want.number} of '{want.name}' from incompatible pointer type"
    if want.kind == "return":
        return f"returning '{spelled(source)}' from a function with incompatible return type '{spelled(to)}'"
    start = "initialization of" if want.kind == "init" else "assignment to"
    return f"{start} '{spelled(to)}' from incompatible pointer type '{spelled(source)}'"


def _impossible(report: Report, node: ast.expr, source: Type, to: Type, want: Want) -> None:
    text = f"incompatible types when assigning to type '{spelled(to)}' from type '{spelled(source)}'"
    if want.kind == "argument":
        text = f"incompatible type for argument {want.number} of '{want.name}'"
    elif want.kind == "return":
        text = f"incompatible types when returning type '{spelled(source)}' but '{spelled(to)}' was expected"
    because, name = "a struct is no number and no pointer", report.source_of(node) or "v"
    try_ = f"addr({name})  (its address)"
    if isinstance(source, Pointer):
        try_ = f"{name}[0]  (what is there)"
    report.fail(node, text, because, try_)
