"""while, for over a range, for over a list of the kernel; break and continue."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from functools import partial

from kshell.cc.front import tasks
from kshell.cc.front.arithmetic import binary, cast, common
from kshell.cc.front.calls import is_macro
from kshell.cc.front.list_loops import CHAINS, LISTS, TABLES, bucket_loop, chain_loop, list_loop
from kshell.cc.front.operators import condition
from kshell.cc.front.places import check_counter
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope, copied, merged
from kshell.cc.tree import Assign, Compare, Local, Number, Value, Variable
from kshell.cc.tree_unit import Break, Continue, Evaluate, Loop, Statement
from kshell.cc.types import INT, IntType, Pointer

WALKS = {
    **dict.fromkeys(LISTS, list_loop),
    **dict.fromkeys(CHAINS, chain_loop),
    **dict.fromkeys(TABLES, bucket_loop),
}
Block = Callable[[Scope, Sequence[ast.stmt]], list[Statement]]


def _no_else(scope: Scope, node: ast.While | ast.For) -> None:
    if node.orelse:
        because = "C's loops have no else"
        scope.report.fail(
            node.orelse[0], "'else' without a previous 'if'", because, "found: Bool = False, and an if behind"
        )


def while_loop(scope: Scope, node: ast.While, block: Block) -> list[Statement]:
    """``while test:``"""
    _no_else(scope, node)
    test = condition(scope, node.test)
    endless = isinstance(test, Number) and test.value != 0
    body = _turns(scope, node.body, block, endless)
    return [Loop(test, body, [], node.lineno)]


def _turns(scope: Scope, body: Sequence[ast.stmt], block: Block, endless: bool) -> list[Statement]:
    """The body of a loop; what is sure behind it is what was sure before, or at each break of an endless one."""
    before = copied(scope.sure)
    scope.breaks.append([])
    said = block(scope, body)
    breaks = scope.breaks.pop()
    scope.sure = before
    if endless:
        scope.sure = None
        for each in breaks:
            scope.sure = merged(scope.sure, each)
    return said


def leave(scope: Scope, node: ast.Break) -> list[Statement]:
    """``break``"""
    if not scope.breaks:
        because = "it leaves a loop, and none is around it"
        scope.report.fail(node, "break statement not within loop or switch", because, "return")
    if scope.sure is not None:
        scope.breaks[-1].append(set(scope.sure))
    scope.sure = None
    return [Break(node.lineno)]


def next_turn(scope: Scope, node: ast.Continue) -> list[Statement]:
    """``continue``"""
    if not scope.breaks:
        because = "it goes on to the next turn of a loop, and none is around it"
        scope.report.fail(node, "continue statement not within a loop", because, "return")
    scope.sure = None
    return [Continue(node.lineno)]


def for_loop(scope: Scope, node: ast.For, block: Block) -> list[Statement]:
    """``for i in range(n):`` and ``for p in list_for_each_entry(e, addr(head), "list"):``"""
    _no_else(scope, node)
    name, calls = node.target, node.iter
    if not isinstance(name, ast.Name):
        scope.report.fail(name, "expected ';' before ',' token", "one variable counts", "for i in range(n):")
    if isinstance(calls, ast.Call) and not calls.keywords:
        if is_macro(scope, calls, "range"):
            return _range(scope, node, name, calls, block)
        walk = calls.func.id if isinstance(calls.func, ast.Name) else ""
        if walk in WALKS and is_macro(scope, calls, walk):
            counter = partial(_counter, scope, name, line=node.lineno)
            return WALKS[walk](scope, node, calls, walk, counter, partial(_body, scope, node, block=block))
        if is_macro(scope, calls, "for_each_process"):
            return _processes(scope, node, name, calls, block)
        if isinstance(calls.func, ast.Name) and not hasattr(builtins, calls.func.id):
            scope.any(calls)  # nothing declares it, and that is to be said
    source = scope.report.source_of(calls) or "it"
    because = f"C counts, or follows pointers; nothing walks over {source} by itself"
    return scope.report.fail(calls, "expected expression before 'in'", because, "for i in range(len(a)): ... a[i]")


def _counter(scope: Scope, name: ast.Name, kind: IntType | Pointer, line: int) -> Variable:
    """The variable of a loop: a new one, or one of the same kind that is there."""
    check_counter(scope, name)
    variable = scope.variables.get(name.id)
    if name.id in scope.globals or scope.is_kernel(name):
        scope.report.fail(
            name, f"'{name.id}' cannot count a loop", "it is not the function's own", "another name", len(name.id)
        )
    if variable is None:
        variable = scope.add(name.id, kind, line)
    elif not isinstance(variable.type, type(kind)) or (isinstance(kind, Pointer) and variable.type != kind):
        text = f"redeclaration of '{name.id}' as '{spelled(kind)}'"
        scope.report.fail(name, text, f"it is '{spelled(variable.type)}'", "another name", len(name.id))
    scope.ended.discard(variable)
    return variable


def _body(scope: Scope, node: ast.For, variable: Variable, block: Block) -> list[Statement]:
    scope.assigned(variable)
    scope.read.add(variable)
    scope.counters.append(variable)
    body = _turns(scope, node.body, block, False)
    scope.counters.pop()
    scope.ended.add(variable)
    return body


def _range(scope: Scope, node: ast.For, name: ast.Name, call: ast.Call, block: Block) -> list[Statement]:
    line = node.lineno
    if not 1 <= len(call.args) <= 3:
        scope.report.fail(call, "wrong number of arguments to 'range'", "it takes 1 to 3", "range(n)")
    values = [scope.value(each) for each in call.args]
    kinds = [each.type for each in values]
    if not all(isinstance(each, IntType) for each in kinds):
        scope.report.fail(call, "range of something that is no number", "it counts", "range(len(a))")
    step = values[2] if len(values) == 3 else Number(1, INT)
    if not isinstance(step, Number) or step.value == 0:
        because = "C's for says when it ends, and that depends on the sign of the step"
        scope.report.fail(call.args[2], "the step of a range is a constant, not 0", because, "while")
    start, end = (Number(0, INT), values[0]) if len(values) == 1 else (values[0], values[1])
    kind = _kind(start, end)
    variable = _counter(scope, name, kind, line)
    assert isinstance(variable.type, IntType)
    said: list[Statement] = []
    if len(values) > 1 and not isinstance(start, Number):  # the end may depend on what the start will overwrite
        held = Local(scope.made(kind, line))
        said.append(Evaluate(Assign(held, cast(start, kind)), line))
        start = held
    if not isinstance(end, Number):
        limit = Local(scope.made(kind, line))
        said.append(Evaluate(Assign(limit, cast(end, kind)), line))
        end = limit
    counter = Local(variable)
    said.append(Evaluate(Assign(counter, cast(start, variable.type)), line))
    wide = common(variable.type, kind)
    test = Compare("<" if step.value > 0 else ">", cast(counter, wide), cast(end, wide), INT)
    body = _body(scope, node, variable, block)
    sum_kind = common(variable.type, INT)
    more = cast(binary("+", cast(counter, sum_kind), cast(step, sum_kind), sum_kind), variable.type)
    return [*said, Loop(test, body, [Evaluate(Assign(counter, more), line)], line)]


def _kind(start: Value, end: Value) -> IntType:
    one, other = start.type, end.type
    assert isinstance(one, IntType)
    assert isinstance(other, IntType)
    if isinstance(start, Number):  # range(n) counts in the type of n
        return common(other, INT)
    return common(one, other)


def _processes(scope: Scope, node: ast.For, name: ast.Name, call: ast.Call, block: Block) -> list[Statement]:
    """for_each_process(): from the task behind init_task round to that."""
    line, start = node.lineno, tasks.init_task(scope)
    if call.args:
        scope.report.fail(call, 'macro "for_each_process" takes no arguments', "t is before `in`", "for_each_process()")
    assert isinstance(start.type, Pointer)
    variable = _counter(scope, name, start.type, line)
    following = Evaluate(Assign(Local(variable), tasks.next_of(scope, Local(variable))), line)
    body = _body(scope, node, variable, block)
    first = [Evaluate(Assign(Local(variable), start), line), following]
    return [*first, Loop(Compare("!=", Local(variable), start, INT), body, [following], line)]
