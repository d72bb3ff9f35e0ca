"""What a function returns: a positive errno, an address in its own frame, and what its caller must look at."""

from __future__ import annotations

import ast

from kshell.abi.errno import ERRNO
from kshell.cc.finding import WARNING
from kshell.cc.front.scope import Scope
from kshell.cc.tree import AddressOf, Call, Cast, Local, Member, Value

NUMBERS = {name: number for number, (name, _) in ERRNO.items()}
MUST_CHECK = ("copy_from_user", "copy_to_user", "strncpy_from_user", "clear_user")


def check_errno(scope: Scope, node: ast.expr) -> None:
    """Look at what a return says."""
    for value in (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,):
        if isinstance(value, ast.Name) and value.id in NUMBERS and value.id not in scope.variables:
            number = NUMBERS[value.id]
            text = f"'{scope.name}' returns {value.id}, which is {number}: a result, not an error"
            because = "a kernel function tells an error by a negative number, and a C compiler says nothing either"
            try_ = f"return -{value.id}  (did you mean that?)"
            scope.report.add(WARNING, value, text, because, try_, len(value.id))


def check_frame(scope: Scope, node: ast.expr, said: Value) -> None:
    """The address of what ends with the function."""
    while isinstance(said, Cast):
        said = said.operand
    place = said.place if isinstance(said, AddressOf) else None
    while isinstance(place, Member):
        place = place.place
    if isinstance(place, Local):
        because = "the frame of a function is gone when it returns, and the next call writes over it"
        try_ = "kmalloc, or memory of the caller's"
        scope.report.warn("return-local-addr", node, "function returns address of local variable", because, try_)


def check_used(scope: Scope, node: ast.Call, value: Value) -> None:
    """A call whose result nobody looks at, though Linux declares it as __must_check."""
    if isinstance(value, Call) and value.function in MUST_CHECK and isinstance(node.func, ast.Name):
        name, said = node.func.id, scope.report.source_of(node) or ast.unparse(node)
        text = f"ignoring return value of '{name}' declared with attribute 'warn_unused_result'"
        because = "it says whether the copy was made: a user's pointer may lead anywhere"
        failed = f"{said} < 0" if name == "strncpy_from_user" else said
        scope.report.warn("unused-result", node, text, because, f"if {failed}: return -EFAULT", len(name))
