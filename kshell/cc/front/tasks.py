"""Tasks in a source, as far as no header can say it: current, the walk over all of them, numbers of users.

C counterparts: arch/x86/include/asm/current.h, <linux/sched/signal.h>, <linux/uidgid.h>.
"""

from __future__ import annotations

import ast

from kshell.cc.front.convert import Want, convert
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import TypeName
from kshell.cc.tree import AddressOf, Cast, CurrentTask, Deref, Global, Member, Number, PointerAdd, Value
from kshell.cc.types import CHAR_POINTER, LONG, Pointer, StructType

RENAMED = (5, 14)  # the release since which a task's state is __state


def struct_of(scope: Scope, header: str, tag: str) -> StructType:
    """A struct of the kernel's."""
    found = (scope.file.include(f"kshell.linux.{header}") or {}).get(tag)
    assert isinstance(found, TypeName)
    assert isinstance(found.type, StructType)
    return found.type


def current(scope: Scope) -> Value:
    """``current``"""
    return CurrentTask(Pointer(struct_of(scope, "sched", "task_struct")))


def _number_of(scope: Scope, node: ast.expr, tag: str) -> Value:
    value = scope.any(node)
    if not isinstance(value.type, StructType) or value.type.tag != tag:
        text = f"incompatible type: '{spelled(value.type)}' where '{tag}' is expected"
        scope.report.fail(node, text, f"the kernel's own number of a user is a struct {tag}", "current_uid()")
    assert isinstance(value, Global | Deref | Member)
    return Member(value, value.type.fields["val"])


def from_id(scope: Scope, node: ast.Call) -> Value:
    """``from_kuid(addr(init_user_ns), uid)``, ``from_kgid``: the number as that namespace has it."""
    assert isinstance(node.func, ast.Name)
    namespace = scope.value(node.args[0])
    wanted = Pointer(struct_of(scope, "cred", "user_namespace"))
    convert(scope.report, node.args[0], namespace, wanted, Want("argument", node.func.id, 1))
    return _number_of(scope, node.args[1], node.func.id.removeprefix("from_") + "_t")


def next_of(scope: Scope, task: Value) -> Value:
    """The task behind one in the list of all."""
    kind = struct_of(scope, "sched", "task_struct")
    links = kind.fields["tasks"]
    assert isinstance(links.type, StructType)
    following = Member(Member(Deref(task), links), links.type.fields["next"])
    back = Number(-links.offset, LONG)
    return Cast(PointerAdd(Cast(following, CHAR_POINTER), back, 1, CHAR_POINTER), Pointer(kind))


def init_task(scope: Scope) -> Value:
    """``&init_task``, where the list of all tasks begins and ends."""
    kind = struct_of(scope, "sched", "task_struct")
    return AddressOf(Global("init_task", kind), Pointer(kind))


def declared_name(scope: Scope, node: ast.expr, kind: StructType, name: str) -> str:
    """What the declaration calls a field: the state of a task got another name in 5.14, and a release knows one."""
    if kind.tag != "task_struct" or name not in ("state", "__state"):
        return name
    right = "__state" if scope.report.version >= RENAMED else "state"
    if name != right:
        because = f"since {RENAMED[0]}.{RENAMED[1]} it is called __state, before that it was state"
        value = node.value if isinstance(node, ast.Attribute) else node
        try_ = scope.report.line_with(node, f"{scope.report.source_of(value) or 'p'}.{right}")
        scope.report.fail(node, f"'{kind}' has no member named '{name}'", because, try_)
    return "state"
