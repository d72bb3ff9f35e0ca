"""A struct or a union of the source: its fields, one by one, with what C says of each."""

from __future__ import annotations

import ast

from kshell.cc.front.annotations import read_type
from kshell.cc.front.calls import is_macro
from kshell.cc.front.expressions import Expressions
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.initial import array_type
from kshell.cc.front.report import WrongError
from kshell.cc.front.symbols import Macro, TypeName
from kshell.cc.front.undeclared import explain
from kshell.cc.types import FunctionType, StructType, Type, VoidType

STRUCT_MAX = 1 << 20


def declare_struct(file: FileScope, scope: Expressions, node: ast.ClassDef) -> None:
    """Give a ``class x(Struct):`` of the file, or a Union, its meaning, its fields laid out."""
    base = node.bases[0] if len(node.bases) == 1 and not node.keywords and not node.decorator_list else None
    found = file.lookup(base.id) if isinstance(base, ast.Name) else None
    if not isinstance(found, Macro) or found.name not in ("Struct", "Union"):
        because, try_ = "C has no classes; a struct has fields and nothing else", f"class {node.name}(Struct):"
        if isinstance(base, ast.Name) and base.id in ("Struct", "Union") and found is None:
            because, try_ = explain(base.id, ())
        file.report.fail(node, "expected identifier or '(' before 'class'", because, try_)
    kind = StructType(node.name, found.name == "Union")
    file.declare(node, node.name, TypeName(kind))
    members: list[tuple[str, Type]] = []
    for each in node.body:
        if isinstance(each, ast.Pass) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)):
            continue
        try:
            members.append(_member(file, scope, each, kind, members))
        except WrongError:
            continue
    kind.lay_out(members)
    if kind.size > STRUCT_MAX:
        file.report.error(node, f"size of '{kind}' is too large", f"{STRUCT_MAX >> 20} MiB are the most", "less")
    file.structs.append(kind)


def _member(
    file: FileScope, scope: Expressions, node: ast.stmt, kind: StructType, before: list[tuple[str, Type]]
) -> tuple[str, Type]:
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        because = "a struct has fields and nothing else"
        file.report.fail(node, "expected specifier-qualifier-list", because, "nr: ULong")
    name = node.target.id
    if node.value is not None and is_macro(scope, node.value, "Array"):
        assert isinstance(node.value, ast.Call)
        member: Type = array_type(scope, node.value)
    else:
        member = read_type(file, node.annotation)
        if node.value is not None:
            file.report.fail(
                node.value, "expected ';' before '=' token", "C's fields begin with no value", f"{name}: Int"
            )
    if isinstance(member, StructType | VoidType | FunctionType) and (
        member is kind or not isinstance(member, StructType) or not member.is_complete
    ):
        because = "nothing says how large it is"
        file.report.fail(node, f"field '{name}' has incomplete type", because, f'{name}: Ptr["{member}"]')
    if any(name == each for each, _ in before):
        file.report.fail(node, f"duplicate member '{name}'", "a field has one name", "another name", len(name))
    return name, member
