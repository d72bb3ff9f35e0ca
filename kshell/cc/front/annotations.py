"""Types as a source writes them: ``Int``, ``Ptr[e]``, ``Stub[[int]]``."""

from __future__ import annotations

import ast

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.c_declarations import kshell_type
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.headers_index import header_of
from kshell.cc.front.primitives import TYPES
from kshell.cc.front.symbols import Macro, TypeName
from kshell.cc.front.undeclared import SPELLINGS, explain
from kshell.cc.types import LONG, VOID, FunctionType, IntType, Pointer, Type, VoidType, c_declaration

POINTERS = ("Ptr", "User", "Const", "Stub", "Fn")
TEXT_MAX = 200  # characters of a type in quotes


def is_type(file: FileScope, node: ast.expr) -> bool:
    """Whether an expression names a type, so that calling it is a cast."""
    if isinstance(node, ast.Subscript):
        node = node.value
        found = file.lookup(node.id) if isinstance(node, ast.Name) else None
        return isinstance(found, Macro) and found.name in POINTERS
    return isinstance(node, ast.Name) and isinstance(file.lookup(node.id), TypeName)


UNKNOWN = "unknown type name '{}'"
IN_A_MACRO = "'{}' undeclared here (not in a function)"  # where SYSCALL_DEFINEn casts to it


def read_type(file: FileScope, node: ast.expr | None, unknown: str = UNKNOWN) -> Type:
    """The type that an annotation says.  Raises WrongError."""
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return VOID
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return read_type(file, _quoted(file, node, node.value))
    if isinstance(node, ast.Name):
        found = file.lookup(node.id)
        if isinstance(found, TypeName):
            return found.type
        if isinstance(found, Macro) and found.name in (*POINTERS, "Array"):
            try_ = {"Stub": "Stub[[int]]", "Fn": "Fn[[Int], Long]"}.get(found.name, f"{found.name}[Int]")
            file.report.fail(node, f"'{node.id}' needs the type that it points to", "a pointer has a target", try_)
        _unknown(file, node, node.id, unknown)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        found = file.lookup(node.value.id)
        if isinstance(found, Macro):
            return _subscript(file, node, found.name)
        _unknown(file, node.value, node.value.id)
    if isinstance(node, ast.BinOp) and ast.unparse(node.right) == "None":  # Ptr[e] | None
        return read_type(file, node.left)
    return _unknown(file, node, ast.unparse(node)[:40])


def _quoted(file: FileScope, node: ast.Constant, text: str) -> ast.expr:
    tree: ast.expr = node
    try:
        tree = ast.parse(text[:TEXT_MAX], mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        _unknown(file, node, text[:40])
    for each in ast.walk(tree):
        if isinstance(each, ast.expr):
            each.lineno, each.end_lineno = node.lineno, node.lineno
            each.col_offset, each.end_col_offset = node.col_offset, node.end_col_offset
    return tree


def _unknown(file: FileScope, node: ast.expr, name: str, unknown: str = UNKNOWN) -> Type:
    names = [*(each for each, known in file.names.items() if isinstance(known, TypeName)), "int"]
    because, try_ = explain(name, names)
    known = try_ in SPELLINGS.values() or try_.startswith("from ")
    close = "" if known else "".join(did_you_mean(name, [*TYPES, *names]))
    if name == "Kernel" and name in file.names:
        because, try_, close = "k is no value, and nothing of this type is in the machine code", "take it out", ""
    spelled_here = kshell_type(name) or ("" if header_of(name) else kshell_type(name.lower()))
    if name in SPELLINGS or spelled_here:
        because, try_ = f"{name} is spelled in another way here  (help c-to-kshell)", spelled_here or try_
    elif close and "(did you mean" not in try_ and not header_of(name):
        try_ = f"{close}  (did you mean that?)"
    file.report.fail(node, unknown.format(name), because, try_, len(name))


def _subscript(file: FileScope, node: ast.Subscript, name: str) -> Type:
    inside = node.slice
    if name in ("Ptr", "User"):
        const = isinstance(inside, ast.Subscript) and ast.unparse(inside.value) == "Const"
        target = read_type(file, inside.slice if isinstance(inside, ast.Subscript) and const else inside)
        return Pointer(target, const, name == "User")
    if name == "Const":
        return read_type(file, inside)
    if name == "Stub":
        return Pointer(FunctionType(LONG, _parameters(file, node, inside)))
    if name == "Fn":
        if not isinstance(inside, ast.Tuple) or len(inside.elts) != 2:
            because = "a function has arguments and a result"
            file.report.fail(node, "'Fn' needs two things in its brackets", because, "Fn[[Int, Long], Int]")
        return Pointer(FunctionType(read_type(file, inside.elts[1]), _parameters(file, node, inside.elts[0])))
    if name == "Array":
        element = ast.unparse(inside)
        because = "C reserves the memory when it compiles"
        file.report.fail(node, "array size missing", because, f"= Array({element}, 64)  (behind the name)")
    return _unknown(file, node, ast.unparse(node)[:40])


def _parameters(file: FileScope, node: ast.expr, inside: ast.expr) -> tuple[Type, ...]:
    if not isinstance(inside, ast.List):
        right = f"[[{ast.unparse(inside)}]]"
        because = "the arguments of a function are a list of types"
        file.report.fail(node, f"expected '[' before '{ast.unparse(inside)[:40]}'", because, f"Stub{right}")
    return tuple(read_type(file, each) for each in inside.elts)


def trace_spelling(file: FileScope, node: ast.expr | None, kind: Type) -> str:
    """A parameter's type as the system call's metadata has it: ``umode_t``, ``const char __user *``."""
    found = file.lookup(node.id) if isinstance(node, ast.Name) else None
    if isinstance(found, TypeName) and found.c:
        return found.c
    return c_declaration(kind, "")


def is_complete(kind: Type) -> bool:
    """Whether a variable can be of this type."""
    return not isinstance(kind, VoidType | FunctionType) and (isinstance(kind, IntType | Pointer) or _has_size(kind))


def _has_size(kind: Type) -> bool:
    from kshell.cc.types import ArrayType, StructType

    if isinstance(kind, ArrayType):
        return is_complete(kind.element)
    return isinstance(kind, StructType) and kind.is_complete
