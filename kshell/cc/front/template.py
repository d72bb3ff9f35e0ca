"""Source that a macro stands for, with what it is told put in, as if it stood where the macro does."""

from __future__ import annotations

import ast
import re

from kshell.cc.front.scope import Scope


def filled(scope: Scope, node: ast.expr, template: str, *given: ast.expr, name: str = "") -> ast.expr:
    """``{0}`` is the first argument, ``{name}`` a name, ``{k}`` the kernel."""
    text = template.format(*(f"({ast.unparse(each)})" for each in given), name=name, k=scope.kernel)
    made = ast.parse(text, mode="eval").body
    for part in ast.walk(made):
        if isinstance(part, ast.expr):
            ast.copy_location(part, node)
    for each in re.findall(r"(?<![{\w])[A-Za-z_]\w*", template):
        _include(scope, each)
    return made


def _include(scope: Scope, name: str) -> None:
    """A macro's header includes what the macro needs."""
    if name not in scope.variables and name not in scope.file.names:
        found = (scope.file.include("kshell.linux") or {}).get(name)
        if found is not None:
            scope.file.names[name] = found
