"""Truth: comparisons and what is made of them, as a jump where one is wanted, or as 0 or 1."""

from __future__ import annotations

from kshell.cc.back.arithmetic import arithmetic
from kshell.cc.back.emitter import Emitter, is_signed, width
from kshell.cc.back.registers import RAX
from kshell.cc.tree import Compare, Conditional, Logical, Not, Number, Value

SIGNED = {"==": "e", "!=": "ne", "<": "l", "<=": "le", ">": "g", ">=": "ge"}
UNSIGNED = {"==": "e", "!=": "ne", "<": "b", "<=": "be", ">": "a", ">=": "ae"}
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def jump(e: Emitter, test: Value, label: int, when: bool) -> None:
    """To the label if the test is true (`when`) or false; else go on."""
    while isinstance(test, Not):
        test, when = test.operand, not when
    if isinstance(test, Number):
        if bool(test.value) == when:
            e.code.jump(label)
    elif isinstance(test, Compare):
        e.code.jump_if(compared(e, test._replace(op=test.op if when else OPPOSITE[test.op])), label)
    elif isinstance(test, Logical):
        jump_logical(e, test, label, when)
    else:
        e.value(test)
        e.code.test(RAX, width(test.type))
        e.code.jump_if("ne" if when else "e", label)


def jump_logical(e: Emitter, test: Logical, label: int, when: bool) -> None:
    """Where one side settles it, those to the right of it are not looked at.  A chain is walked, not nested."""
    settles = test.op == "||"
    *first, last = chain(test)
    on = label if settles == when else e.code.label()
    for each in first:
        jump(e, each, on, settles)
    jump(e, last, label, when)
    if on != label:
        e.code.place(on)


def chain(test: Logical) -> list[Value]:
    """The sides of ``a && b && c``, however they are grouped."""
    sides: list[Value] = []
    waiting: list[Value] = [test]
    while waiting:
        side = waiting.pop()
        if isinstance(side, Logical) and side.op == test.op:
            waiting += [side.right, side.left]
        else:
            sides.append(side)
    return sides


def compared(e: Emitter, node: Compare) -> str:
    """Compare, and say under which condition it is true."""
    arithmetic(e, "cmp", node.left, node.right)
    return (SIGNED if is_signed(node.left.type) else UNSIGNED)[node.op]


def compare(e: Emitter, node: Compare, register: int) -> None:
    """0 or 1"""
    assert register == RAX
    e.code.set_condition(compared(e, node), RAX)


def negate(e: Emitter, node: Not, register: int) -> None:
    """``!operand``"""
    e.value(node.operand, register)
    e.code.test(register, width(node.operand.type))
    e.code.set_condition("e", register)


def logical(e: Emitter, node: Logical, register: int) -> None:
    """``&&`` and ``||`` as 0 or 1"""
    choose(e, Conditional(node, Number(1, node.type), Number(0, node.type), node.type), register)


def choose(e: Emitter, node: Conditional, register: int) -> None:
    """``test ? then : other``"""
    assert register == RAX
    other, after = e.code.label(), e.code.label()
    jump(e, node.test, other, False)
    e.value(node.then)
    e.code.jump(after)
    e.code.place(other)
    e.value(node.other)
    e.code.place(after)
