"""What a function returns: a positive errno, an address in its own frame."""

from __future__ import annotations

import ast

from kshell.abi.errno import ERRNO
from kshell.cc.finding import WARNING
from kshell.cc.front.scope import Scope
from kshell.cc.tree import AddressOf, Cast, Local, Member, Value

NUMBERS = {name: number for number, (name, _) in ERRNO.items()}


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
