"""Arithmetic: the left operand in rax, the right one in rcx or in the instruction, the result in rax."""

from __future__ import annotations

from kshell.cc.back.emitter import Emitter, is_signed, width
from kshell.cc.back.encoder import fits
from kshell.cc.back.registers import RAX, RCX, RDX
from kshell.cc.back.values import is_easy, narrow, near_offset
from kshell.cc.tree import Binary, Number, PointerAdd, PointerDifference, Unary, Value
from kshell.cc.types import INT

NAMES = {"+": "add", "-": "sub", "&": "and", "|": "or", "^": "xor"}


def operands(e: Emitter, left: Value, right: Value) -> None:
    """The left operand into rax and then the right one into rcx."""
    e.value(left)
    if is_easy(right):
        e.value(right, RCX)
        return
    e.push()
    e.value(right)
    e.code.move(RCX, RAX)
    e.pop(RAX)


def arithmetic(e: Emitter, name: str, left: Value, right: Value) -> None:
    """add, sub, and, or, xor and cmp, of the left operand's type."""
    size = width(left.type)
    if isinstance(right, Number) and (size == 4 or fits(right.value)):
        e.value(left)
        e.code.arithmetic_number(name, RAX, INT.wrap(right.value), size)
    else:
        operands(e, left, right)
        e.code.arithmetic(name, RAX, RCX, size)


def unary(e: Emitter, node: Unary, register: int) -> None:
    """``-`` and ``~``"""
    e.value(node.operand, register)
    e.code.group3("neg" if node.op == "-" else "not", register, width(node.type))
    narrow(e, node.type, register)


def binary(e: Emitter, node: Binary, register: int) -> None:
    """Two operands of one type; arithmetic of types shorter than an int is done on 32 bits, as C does it."""
    assert register == RAX
    size = width(node.type)
    if node.op in NAMES:
        arithmetic(e, NAMES[node.op], node.left, node.right)
    elif node.op in ("<<", ">>"):
        shift(e, node)
    else:
        operands(e, node.left, node.right)
        if node.op == "*":
            e.code.multiply(RAX, RCX, size)
        else:
            divide(e, node.type.signed, size)
            if node.op == "%":
                e.code.move(RAX, RDX, size)
    narrow(e, node.type)


def shift(e: Emitter, node: Binary) -> None:
    """The machine takes the low 5 bits of the count, or 6 for an operand of 64 bits."""
    size = width(node.type)
    name = "shl" if node.op == "<<" else "sar" if node.type.signed else "shr"
    if isinstance(node.right, Number):
        e.value(node.left)
        e.code.shift_number(name, RAX, node.right.value & (8 * size - 1), size)
    else:
        operands(e, node.left, node.right)
        e.code.shift(name, RAX, size)


def divide(e: Emitter, signed: bool, size: int) -> None:
    """rax by rcx: the quotient, towards zero, in rax, the remainder in rdx.  By 0, and the smallest by -1: #DE."""
    if signed:
        e.code.sign_into_rdx(size)
        e.code.group3("idiv", RCX, size)
    else:
        e.code.arithmetic("xor", RDX, RDX, 4)
        e.code.group3("div", RCX, size)


def pointer_add(e: Emitter, node: PointerAdd, register: int) -> None:
    """``pointer + steps``"""
    offset = near_offset(node)
    if offset is not None:
        e.value(node.pointer, register)
        if offset:
            e.code.arithmetic_number("add", register, offset, 8)
        return
    assert register == RAX
    operands(e, node.pointer, node.steps)
    if node.scale != 1:
        e.code.multiply_number(RCX, node.scale, 8)
    e.code.arithmetic("add", RAX, RCX, 8)


def pointer_difference(e: Emitter, node: PointerDifference, register: int) -> None:
    """``left - right``, in elements"""
    assert register == RAX
    arithmetic(e, "sub", node.left, node.right)
    if node.scale != 1:
        e.code.number(RCX, node.scale, 8)
        divide(e, is_signed(node.type), 8)
