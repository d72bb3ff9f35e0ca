"""Macros that say what a variable begins with: each stands for a new struct or array (LIST_HEAD, ATOMIC_INIT, ...)."""

from __future__ import annotations

import ast

from kshell.cc.front.scope import Scope
from kshell.cc.front.template import filled

# What each stands for: {name} is the variable, {0} the macro's first argument.
TEMPLATES = {
    "LIST_HEAD": "list_head(next=addr({name}), prev=addr({name}))",
    "LIST_HEAD_INIT": "list_head(next=addr({0}), prev=addr({0}))",
    "HLIST_HEAD": "hlist_head(first=None)",
    "ATOMIC_INIT": "atomic_t(counter={0})",
    "ATOMIC64_INIT": "atomic64_t(counter={0})",
    "REFCOUNT_INIT": "refcount_t(refs=atomic_t(counter={0}))",
    "RB_ROOT": "rb_root(rb_node=None)",
    "DECLARE_BITMAP": "Array(ULong, BITS_TO_LONGS({0}), [])",
    "DEFINE_HASHTABLE": "Array(hlist_head, 1 << {0}, [])",
}
PLAIN = ("RB_ROOT",)  # which take no parentheses


def spelled_out(scope: Scope, node: ast.expr, name: str = "") -> ast.expr:
    """What an initial value of the variable `name` says in full; the same expression where it is no such macro."""
    macro = _macro_of(scope, node)
    if not macro:
        return node
    template, given = TEMPLATES[macro], node.args if isinstance(node, ast.Call) else []
    wanted = int("{0}" in template)
    if "{name}" in template and not name:
        because = f"{macro} makes a variable of its own, and this is a part of one"
        scope.report.fail(node, f"expected expression before '{macro}'", because, f"{macro}_INIT(v.list)", len(macro))
    if len(given) != wanted:
        text = f'macro "{macro}" passed {len(given)} arguments, but takes just {wanted}'
        scope.report.fail(node, text, f"{macro} takes {wanted}", f"{macro}({'1' * wanted})", len(macro))
    return filled(scope, node, template, *given, name=name)


def _macro_of(scope: Scope, node: ast.expr) -> str:
    name = node.func if isinstance(node, ast.Call) else node
    if not isinstance(name, ast.Name) or name.id not in TEMPLATES or name.id in scope.variables:
        return ""
    if (name.id in PLAIN) == isinstance(node, ast.Call):
        return ""
    return name.id if name.id in scope.file.names and name.id not in scope.file.lines else ""
