"""Statements."""

from __future__ import annotations

from kshell.cc.back.conditions import jump
from kshell.cc.back.emitter import Emitter, LoopLabels
from kshell.cc.back.encoder import fits
from kshell.cc.back.registers import RAX, RCX, RDI, RSI
from kshell.cc.back.values import address_of, assign, is_easy, memory_of
from kshell.cc.code import BugEntry
from kshell.cc.tree import AddressOf, Assign, Number, Place
from kshell.cc.tree_unit import Break, Bug, Continue, Copy, Evaluate, If, Loop, Return, Statement, Zero
from kshell.cc.types import VOID_POINTER, size_of


def evaluate(e: Emitter, node: Evaluate) -> None:
    """An expression; a constant goes straight into its place."""
    value = node.value
    if isinstance(value, Assign) and isinstance(value.value, Number) and is_easy(value.place):
        number, size = value.value.value, size_of(value.type)
        if size < 8 or fits(number):
            e.code.store_number(memory_of(e, value.place, RAX), number, size)
        else:
            assign(e, value)
    else:
        e.value(value)


def give_back(e: Emitter, node: Return) -> None:
    """``return value``"""
    if node.value is not None:
        e.value(node.value)
    leave(e)


def leave(e: Emitter) -> None:
    """The end of the frame."""
    e.code.leave()
    e.code.ret()


def branch(e: Emitter, node: If) -> None:
    """``if``; a chain of else-ifs is walked, not nested."""
    after = e.code.label()
    while True:
        other = e.code.label()
        jump(e, node.test, other, False)
        e.block(node.then)
        if node.other and not ends(node.then):
            e.code.jump(after)
        e.code.place(other)
        if len(node.other) != 1 or not isinstance(node.other[0], If):
            break
        node = node.other[0]
        e.mark(node.line)
    e.block(node.other)
    e.code.place(after)


def loop(e: Emitter, node: Loop) -> None:
    """``for (; test; step) body``"""
    top = e.code.label()
    labels = LoopLabels(e.code.label(), e.code.label())
    e.code.place(top)
    jump(e, node.test, labels.after, False)
    e.loops.append(labels)
    e.block(node.body)
    e.loops.pop()
    e.code.place(labels.step)
    e.mark(node.line)
    e.block(node.step)
    e.mark(node.line)
    e.code.jump(top)
    e.code.place(labels.after)


def leave_loop(e: Emitter, node: Break) -> None:
    """``break``"""
    e.code.jump(e.loops[-1].after)


def next_turn(e: Emitter, node: Continue) -> None:
    """``continue``"""
    e.code.jump(e.loops[-1].step)


def bug(e: Emitter, node: Bug) -> None:
    """A ud2 that __bug_table knows."""
    e.bugs.append(BugEntry(len(e.code.text), node.line, node.warning))
    e.code.ud2()


def zero(e: Emitter, node: Zero) -> None:
    """All bytes become 0."""
    size = size_of(node.place.type)
    if size in (1, 2, 4, 8):
        e.code.store_number(memory_of(e, node.place, RAX), 0, size)
        return
    address(e, node.place, RDI)
    e.code.number(RAX, 0, 4)
    e.code.number(RCX, size, 4)
    e.code.rep_stosb()


def copy(e: Emitter, node: Copy) -> None:
    """As many bytes as the place has; the source's address is computed before the place's."""
    if is_easy(node.place):
        address(e, node.source, RSI)
        address(e, node.place, RDI)
    else:
        address(e, node.source, RAX)
        e.push()
        address(e, node.place, RDI)
        e.pop(RSI)
    e.code.number(RCX, size_of(node.place.type), 4)
    e.code.rep_movsb()


def address(e: Emitter, place: Place, register: int) -> None:
    """The address of a place in any register, whether it is easy or not."""
    if is_easy(place):
        address_of(e, AddressOf(place, VOID_POINTER), register)
    else:
        address_of(e, AddressOf(place, VOID_POINTER), RAX)
        if register != RAX:
            e.code.move(register, RAX)


def ends(body: list[Statement]) -> bool:
    """Whether what stands behind these statements is never reached from them."""
    while body and isinstance(body[-1], If):
        if not ends(body[-1].then):
            return False
        body = body[-1].other
    last = body[-1] if body else None
    return isinstance(last, Return | Break | Continue) or (isinstance(last, Bug) and not last.warning)
