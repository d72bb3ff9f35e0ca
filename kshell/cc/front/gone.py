"""Functions of headers that some releases have no more: their compiler knows no such name."""

from __future__ import annotations

import ast

from kshell.cc.front.report import Report, WrongError

# Since when each is gone, and what took its place.
GONE = {"strlcpy": ((6, 8), "strscpy")}


def check_there(report: Report, node: ast.Call, name: str) -> None:
    """Refuse a call of what the release has no more, in the compiler's words."""
    since, instead = GONE.get(name, ((999, 0), ""))
    if report.version < since:
        return
    because = f"{name} is gone since {since[0]}.{since[1]}: {instead} took its place"
    right = report.line_with(node.func, instead)
    text = f"implicit declaration of function '{name}'"
    report.warn("implicit-function-declaration", node, text, because, right, len(name))
    raise WrongError
