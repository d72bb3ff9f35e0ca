"""Calls, as the System V ABI has them: six arguments in registers, others on the stack, rsp a multiple of 16.

What is called and the arguments are computed from left to right.  Up to the last one that is not easy, each is kept on
the stack; those behind it, and constants, go straight into their registers.
"""

from __future__ import annotations

from kshell.cc.back.emitter import Emitter, width
from kshell.cc.back.registers import ARGUMENTS, R11, RAX, RSP, Memory
from kshell.cc.back.values import is_easy, is_fixed
from kshell.cc.tree import Call, Value
from kshell.cc.types import IntType, Type


def call(e: Emitter, node: Call, register: int) -> None:
    """A call; the result, narrowed to its type, in rax."""
    assert register == RAX
    line = e.lines[-1][1]
    e.mark(node.line)
    on_stack = len(node.arguments[len(ARGUMENTS) :])
    room = on_stack + (e.pushed + on_stack) % 2
    make_room(e, room)
    # A variadic function is told in al how many vector registers have arguments: rax is not free for its address.
    through = R11 if node.kind.variadic else RAX
    arguments(e, node, through)
    e.mark(node.line)
    if node.kind.variadic:
        e.code.number(RAX, 0, 4)
    if isinstance(node.function, str):
        e.code.call(node.function)
    else:
        e.code.call_register(through)
    make_room(e, -room)
    narrow_result(e, node.type)
    e.mark(line)


def make_room(e: Emitter, words: int) -> None:
    """Words on the stack for the arguments behind the sixth, and for its alignment; fewer than none: give them back."""
    if words:
        e.code.arithmetic_number("sub" if words > 0 else "add", RSP, 8 * abs(words), 8)
        e.pushed += words


def arguments(e: Emitter, node: Call, through: int) -> None:
    """Compute all arguments, and the address in `through` where it is no symbol; each ends in its place."""
    pieces: list[tuple[int | None, Value]] = [] if isinstance(node.function, str) else [(through, node.function)]
    in_registers, on_stack = node.arguments[: len(ARGUMENTS)], node.arguments[len(ARGUMENTS) :]
    pieces += zip(ARGUMENTS, in_registers, strict=False)
    pieces += [(None, value) for value in on_stack]
    last = max((index for index, (_, value) in enumerate(pieces) if not is_easy(value)), default=-1)
    kept: list[int] = []
    later: list[tuple[int, Value]] = []
    stored = 0
    for index, (target, value) in enumerate(pieces):
        if target is None:
            e.value(value)
            e.code.store(Memory(RSP, 8 * (stored + len(kept))), RAX, 8)
            stored += 1
        elif index > last or is_fixed(value):
            later.append((target, value))
        elif index == last and target != through:
            e.value(value)
            e.code.move(target, RAX, width(value.type))
        else:
            e.value(value)
            e.push()
            kept.append(target)
    for target in reversed(kept):
        e.pop(target)
    for target, value in sorted(later, key=lambda piece: piece[0] == through):
        e.value(value, target)


def narrow_result(e: Emitter, kind: Type) -> None:
    """The ABI says nothing of the bits above a short result."""
    if isinstance(kind, IntType) and kind.size < 4:
        e.code.load(RAX, RAX, kind.size, kind.signed)
