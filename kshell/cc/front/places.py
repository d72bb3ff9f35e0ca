"""Places in memory: elements, fields, and what is assigned to."""

from __future__ import annotations

import ast
from typing import NoReturn, TypeGuard

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.front.arithmetic import cast, decayed, is_text
from kshell.cc.front.kernel_use import no_member, not_global
from kshell.cc.front.operators import is_null, step_size
from kshell.cc.front.report import WrongError, spelled
from kshell.cc.front.scope import Scope
from kshell.cc.front.spelling import kshell_name
from kshell.cc.front.symbols import Define, Object, TypeName, as_variable
from kshell.cc.front.tasks import current, declared_name
from kshell.cc.tree import Deref, Global, Local, Member, Number, Place, PointerAdd, Value
from kshell.cc.types import LONG, ArrayType, Field, FunctionType, IntType, Pointer, StructType, Type, VoidType


def follow(scope: Scope, node: ast.expr, pointer: Value) -> Place:
    """``*pointer``"""
    kind = pointer.type
    source = scope.report.source_of(node) or "p"
    if not isinstance(kind, Pointer):
        because = f"{source} is '{spelled(kind)}', a number"
        scope.report.fail(
            node, f"invalid type argument of unary '*' (have '{spelled(kind)}')", because, f"Ptr[Long]({source})[0]"
        )
    if kind.user:
        because = "it points into user space: the page may be missing, or be the kernel's own, and nobody checks"
        try_ = f"copy_from_user(k, addr(v), {source}, sizeof(v)), or get_user(k, addr(v), {source})"
        scope.report.fail(node, "dereference of noderef expression", because, try_)
    if isinstance(kind.target, VoidType):
        because = "void says nothing of what is there"
        scope.report.fail(node, "dereferencing 'void *' pointer", because, f"Ptr[Long]({source})[0]")
    if isinstance(kind.target, FunctionType):
        scope.report.fail(node, "invalid use of a function", "a function has no bytes to be read", f"{source}(k, ...)")
    if isinstance(kind.target, StructType):
        step_size(scope, node, kind)
    return Deref(pointer)


def element(scope: Scope, node: ast.Subscript) -> Value:
    """``a[i]``, ``p[i]``"""
    if isinstance(node.slice, ast.Slice | ast.Tuple):
        because = "an element has one number, and C copies no part of an array by itself"
        scope.report.fail(node, "expected ']' before ':' token", because, "memcpy(k, to, addr(a[2]), n), or a loop")
    base = scope.any(node.value)
    pointer = decayed(base)
    if not isinstance(pointer.type, Pointer):
        source = scope.report.source_of(node.value) or "x"
        because = f"{source} is '{spelled(pointer.type)}'"
        scope.report.fail(
            node, "subscripted value is neither array nor pointer nor vector", because, "a[i] of an Array or a Ptr"
        )
    index = scope.value(node.slice)
    if not isinstance(index.type, IntType):
        scope.report.fail(node.slice, "array subscript is not an integer", f"it is '{spelled(index.type)}'", "a number")
    if isinstance(base.type, ArrayType) and isinstance(index, Number) and not 0 <= index.value < base.type.length:
        where = "below" if index.value < 0 else "above"
        text = f"array subscript {index.value} is {where} array bounds of '{spelled(base.type)}'"
        because = f"it has {base.type.length} elements, the first is 0; what lies beside it in memory is something else"
        scope.report.warn("array-bounds", node, text, because, f"0 to {base.type.length - 1}")
    if isinstance(index, Number) and index.value == 0:
        return follow(scope, node.value, pointer)
    if pointer.type.user or isinstance(pointer.type.target, VoidType | FunctionType):
        follow(scope, node.value, pointer)
    scale = step_size(scope, node, pointer.type)
    return follow(scope, node.value, PointerAdd(pointer, cast(index, LONG), scale, pointer.type))


def field(scope: Scope, node: ast.Attribute) -> Value:
    """``v.field`` and ``p.field`` (C: p->field)"""
    if scope.is_kernel(node.value):
        return current(scope) if node.attr == "current" and isinstance(node.ctx, ast.Load) else no_member(scope, node)
    base = scope.any(node.value)
    if is_text(decayed(base).type):
        _no_method(scope, node)
    if isinstance(base.type, Pointer):
        if isinstance(base.type.target, VoidType):
            _field_of_void(scope, node)
        base = follow(scope, node.value, base)
    kind = base.type
    if not isinstance(kind, StructType) or not isinstance(base, Local | Global | Deref | Member):
        text = f"request for member '{node.attr}' in something not a structure or union"
        because = f"{scope.report.source_of(node.value) or 'it'} is '{spelled(kind)}'"
        scope.report.fail(node, text, because, "a Ptr to a Struct has fields")
    return Member(base, member(scope, node, kind, node.attr))


def _field_of_void(scope: Scope, node: ast.Attribute) -> None:
    """``p.nr`` where nothing says that p is a pointer to the one struct with such a field."""
    kinds = [each.type for each in scope.file.names.values() if isinstance(each, TypeName)]
    own = {kind.tag for kind in kinds if _has(kind, node.attr)}
    if len(own) != 1:
        return
    source, tag = scope.report.source_of(node.value) or "p", own.pop()
    because = f"void says nothing of what is there; {node.attr} is a field of struct {tag}"
    try_ = scope.report.line_with(node.value, f"Ptr[{tag}]({source})") + f"  (or p: Ptr[{tag}] where it is declared)"
    scope.report.fail(node.value, "dereferencing 'void *' pointer", because, try_)


def _has(kind: Type, name: str) -> TypeGuard[StructType]:
    """Whether a type is a struct with such a field."""
    return isinstance(kind, StructType) and name in kind.fields


def _no_method(scope: Scope, node: ast.Attribute) -> NoReturn:
    """``"n is {}".format(n)``, ``name.strip()``"""
    source = scope.report.source_of(node.value) or "it"
    text = f"request for member '{node.attr}' in something not a structure or union"
    because = f"{source} is 'char *', an address of bytes, and has no methods"
    try_ = "strscpy, strlen, strcmp, snprintf, or a loop over the bytes"
    if node.attr == "format":
        filled = source.strip("\"'")
        for value in _given(scope, node):
            filled = filled.replace("{}", f"{{{value}}}", 1)
        printed = f'f"{filled}"'
        try_ = f"{scope.kernel}.printk(KERN_INFO, {printed}), or snprintf(k, buf, sizeof(buf), {printed})"
    scope.report.fail(node, text, because, try_)


def _given(scope: Scope, node: ast.Attribute) -> list[str]:
    """The arguments in the parentheses behind a method's name, as they stand in the source."""
    behind = scope.report.lines[node.lineno - 1][node.end_col_offset :].decode(errors="replace")
    for end in (at for at, character in enumerate(behind, 1) if character == ")"):
        try:
            call = ast.parse("f" + behind[:end], mode="eval").body
        except (SyntaxError, ValueError):
            continue
        return [ast.unparse(each) for each in call.args] if isinstance(call, ast.Call) else []
    return []


def member(scope: Scope, node: ast.expr, kind: StructType, name: str) -> Field:
    """A field of a struct by its name."""
    found = kind.fields.get(declared_name(scope, node, kind, name))
    if found is None:
        close = "".join(did_you_mean(name, kind.fields))
        because = f"{kind} has {', '.join(list(kind.fields)[:12])}"
        scope.report.fail(
            node,
            f"'{kind}' has no member named '{name}'",
            because,
            f"{close}  (did you mean that?)" if close else "one of them",
        )
    return found


def target(scope: Scope, node: ast.Name, value: Value, line: int) -> Place:
    """The variable that ``name = value`` stores in; where there is none, it declares one of the value's type."""
    name, report = node.id, scope.report
    if name in scope.globals:
        found = scope.file.lookup(name)
        if found is None:
            raise WrongError  # `global`, or its declaration, has been told
        if isinstance(found, Object):
            return Global(found.symbol, found.type)
        if isinstance(found, Define):
            because = f"{name} is a constant (C: #define)"
            report.fail(
                node,
                "lvalue required as left operand of assignment",
                because,
                as_variable(name, found),
                len(name),
            )
        report.fail(node, f"assignment to '{name}'", "it is no variable", "a name of its own", len(name))
    if scope.is_kernel(node):
        report.fail(node, f"assignment of read-only parameter '{name}'", "k is the kernel", "another name", len(name))
    variable = scope.variables.get(name)
    if variable is None:
        if isinstance(scope.file.names.get(name), Object):
            not_global(scope, node)
        variable = scope.add(name, new_type(scope, node, value), line)
        scope.inferred.add(variable)
    else:
        check_counter(scope, node)
        if variable in scope.maybe:
            scope.set_again.add(variable)
        if variable in scope.inferred:
            _check_width(scope, node, value, variable.type)
    scope.ended.discard(variable)
    scope.assigned(variable)
    return Local(variable)


def check_counter(scope: Scope, node: ast.Name) -> None:
    """The counter of a `for` belongs to the loop."""
    if scope.variables.get(node.id) in scope.counters:
        because = f"in Python {node.id} has its next value whatever the body does; in C the loop would go on from it"
        scope.report.error(node, f"assignment to the counter '{node.id}' of its loop", because, "while", len(node.id))


def new_type(scope: Scope, node: ast.expr, value: Value) -> Type:
    """The type of a variable that its first value declares."""
    kind = value.type
    if isinstance(kind, Pointer) and isinstance(kind.target, VoidType) and is_null(value):
        because = "NULL does not say what the pointer will point to"
        scope.report.fail(node, "pointer of unknown type", because, f"{ast.unparse(node)}: Ptr[e] = NULL")
    return kind


def _check_width(scope: Scope, node: ast.Name, value: Value, kind: Type) -> None:
    """A wider value in a variable whose type nobody has written down."""
    new = value.type
    if not isinstance(kind, IntType) or not isinstance(new, IntType) or new.size <= kind.size:
        return
    if isinstance(value, Number) and kind.wrap(value.value) == value.value:
        return
    text = f"conversion from '{spelled(new)}' to '{spelled(kind)}' may change value [-Werror=conversion]"
    because = f"the first value of {node.id} has made it '{spelled(kind)}'"
    scope.report.error(node, text, because, f"declare it: {node.id}: {kshell_name(new)} = 0", len(node.id))
