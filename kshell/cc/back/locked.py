"""What C has no operator for: instructions that no other CPU can interrupt, that count bits, and that keep an order."""

from __future__ import annotations

from kshell.cc.back.arithmetic import operands
from kshell.cc.back.emitter import Emitter, is_signed, width
from kshell.cc.back.registers import RAX, RCX, RDX, Memory
from kshell.cc.tree import Bits, Fence, Locked
from kshell.cc.types import Pointer, VoidType, size_of

BIT_TESTS = ("bts", "btr", "btc")


def locked(e: Emitter, node: Locked, register: int) -> None:
    """The pointer is computed first, then the operands; what was there before is left in rax."""
    assert register == RAX
    kind = node.pointer.type
    assert isinstance(kind, Pointer)
    size = size_of(kind.target)
    if node.op == "cmpxchg":
        _compare_and_exchange(e, node, size)
    else:
        operands(e, node.pointer, node.operands[0])
        e.code.locked(node.op, Memory(RAX, 0), RCX, size)
        if node.op in BIT_TESTS and not isinstance(node.type, VoidType):
            e.code.set_condition("b", RAX)
        elif node.op in ("xadd", "xchg"):
            e.code.move(RAX, RCX, width(node.type))
    if size < 4 and not isinstance(node.type, VoidType):
        e.code.load(RAX, RAX, size, is_signed(node.type))


def _compare_and_exchange(e: Emitter, node: Locked, size: int) -> None:
    """The old value in rax, which then is what was there; the new one in rcx."""
    old, new = node.operands
    e.value(node.pointer)
    e.push()
    operands(e, old, new)
    e.pop(RDX)
    e.code.locked("cmpxchg", Memory(RDX, 0), RCX, size)


def bits(e: Emitter, node: Bits, register: int) -> None:
    """bsf, bsr, popcnt"""
    e.value(node.operand, register)
    e.code.bits(node.op, register, width(node.operand.type))


def fence(e: Emitter, node: Fence, register: int) -> None:
    """mfence, lfence, sfence; nothing for the compiler's own, which moves no access."""
    if node.op:
        e.code.fence(node.op)
