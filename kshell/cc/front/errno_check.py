"""An errno that is returned without its minus: C says nothing, and the caller sees a success."""

from __future__ import annotations

import ast

from kshell.abi.errno import ERRNO
from kshell.cc.finding import WARNING
from kshell.cc.front.scope import Scope

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
