"""What C's headers say in assembler: instructions with a LOCK prefix, that count bits, or that keep an order."""

from __future__ import annotations

import ast
from typing import NamedTuple, NoReturn

from kshell.cc.front.arithmetic import cast
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.tree import Bits, Fence, Locked, Value
from kshell.cc.types import INT, LONG, UINT, ULONG, VOID, IntType, Pointer, Type


class Intrinsic(NamedTuple):
    """How a call is written: `op` is the instruction, `takes` what stands behind k, `result` the type of the answer,
    None for that of what the pointer points to."""

    op: str
    takes: tuple[str, ...]
    result: Type | None = None


LOCKED = {
    "xchg": Intrinsic("xchg", ("p", "value")),
    "xadd": Intrinsic("xadd", ("p", "value")),
    "cmpxchg": Intrinsic("cmpxchg", ("p", "old", "new")),
    **{f"__lock_{op}": Intrinsic(op, ("p", "value"), VOID) for op in ("add", "and", "or", "xor")},
}
BITS = {"set": "bts", "clear": "btr", "change": "btc"}
BIT_TESTS = {
    **{f"{word}_bit": Intrinsic(op, ("nr", "p"), VOID) for word, op in BITS.items()},
    **{f"test_and_{word}_bit": Intrinsic(op, ("nr", "p"), INT) for word, op in BITS.items()},
}
COUNTS: dict[str, tuple[str, IntType]] = {
    "__ffs": ("bsf", ULONG),
    "__fls": ("bsr", ULONG),
    "hweight32": ("popcnt", UINT),
    "hweight64": ("popcnt", ULONG),
}
FENCES = {
    "barrier": "",
    "mb": "mfence",
    "rmb": "lfence",
    "wmb": "sfence",
    "smp_mb": "mfence",
    "smp_rmb": "",
    "smp_wmb": "",  # x86 itself keeps loads in order, and stores
}


def intrinsic(scope: Scope, node: ast.Call, name: str) -> Value:
    """The value of a call of one of them."""
    if name in FENCES:
        if node.args:
            text = f'macro "{name}" passed {len(node.args)} arguments, but takes just 0'
            scope.report.fail(node, text, "it is told nothing", f"{name}()", len(name))
        return Fence(FENCES[name])
    if name in COUNTS:
        op, kind = COUNTS[name]
        (value,) = _given(scope, node, name, ("n",))
        return Bits(op, convert(scope.report, value, scope.value(value), kind, Want("argument", name, 1)), INT)
    if name in BIT_TESTS:
        found = BIT_TESTS[name]
        nr, place = _given(scope, node, name, found.takes)
        bit = cast(scope.value(nr), LONG)
        pointer = convert(scope.report, place, scope.value(place), Pointer(ULONG), Want("argument", name, 2))
        return Locked(found.op, pointer, (bit,), found.result or VOID)
    return _locked(scope, node, name)


def _locked(scope: Scope, node: ast.Call, name: str) -> Value:
    found = LOCKED[name]
    place, *rest = _given(scope, node, name, found.takes)
    pointer = scope.value(place)
    target = pointer.type.target if isinstance(pointer.type, Pointer) else VOID
    if not isinstance(target, IntType | Pointer) or (isinstance(pointer.type, Pointer) and pointer.type.user):
        _no_place(scope, place, pointer.type, name)
    operands = tuple(
        convert(scope.report, each, scope.value(each), target, Want("argument", name, at + 2))
        for at, each in enumerate(rest)
    )
    return Locked(found.op, pointer, operands, found.result or target)


def _no_place(scope: Scope, node: ast.expr, kind: Type, name: str) -> NoReturn:
    because = f"{name} is told where a number or a pointer stands, and this is '{spelled(kind)}'"
    text = f"incompatible type for argument 1 of '{name}'"
    scope.report.fail(node, text, because, f"addr({scope.report.source_of(node) or 'x'})")


def _given(scope: Scope, node: ast.Call, name: str, takes: tuple[str, ...]) -> list[ast.expr]:
    """The arguments behind k."""
    given = list(node.args)
    if not given or not scope.is_kernel(given[0]):
        rest = "".join(f", {ast.unparse(each)}" for each in given)
        because = f"every function is handed the kernel first, and {name} is not"
        right = scope.report.line_with(node, f"{name}({scope.kernel}{rest})")
        scope.report.fail(node, f"too few arguments to function '{name}'", because, right, len(name))
    if len(given) - 1 != len(takes):
        few = "few" if len(given) - 1 < len(takes) else "many"
        right = f"{name}({', '.join([scope.kernel, *takes])})"
        because = f"it takes {len(takes)} behind {scope.kernel}"
        scope.report.fail(node, f"too {few} arguments to function '{name}'", because, right, len(name))
    return given[1:]
