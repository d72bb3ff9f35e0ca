"""The values that need one register alone: constants, addresses, what is loaded from a place, conversions."""

from __future__ import annotations

from kshell.cc.back.emitter import Emitter, is_signed, width
from kshell.cc.back.encoder import fits
from kshell.cc.back.registers import RAX, RBP, RCX, Memory
from kshell.cc.tree import (
    AddressLimit,
    AddressOf,
    Assign,
    Cast,
    Comma,
    CurrentTask,
    Deref,
    FunctionName,
    Global,
    Local,
    Member,
    Number,
    Place,
    PointerAdd,
    Text,
    Value,
)
from kshell.cc.types import INT, IntType, Type, size_of

PLACES = (Local, Global, Deref, Member, AddressLimit)
CURRENT_TASK, ADDR_LIMIT = "current_task", 0x10  # the CPU's own variable, and where the limit is in its struct


def is_easy(node: Value) -> bool:
    """Whether a value can be had in any register, with no other one, no call and no effect."""
    while True:
        if isinstance(node, Number | Text | FunctionName | Local | Global | CurrentTask | AddressLimit):
            return True
        if isinstance(node, Cast):
            node = node.operand
        elif isinstance(node, AddressOf | Member):
            node = node.place
        elif isinstance(node, Deref) or (isinstance(node, PointerAdd) and near_offset(node) is not None):
            node = node.pointer
        else:
            return False


def is_fixed(node: Value) -> bool:
    """Whether a value is the same whenever it is computed: a constant, or an address that is none of memory's words."""
    while isinstance(node, Cast):
        node = node.operand
    if isinstance(node, AddressOf):
        place = node.place
        while isinstance(place, Member):
            place = place.place
        return isinstance(place, Local | Global)
    return isinstance(node, Number | Text | FunctionName)


def near_offset(node: PointerAdd) -> int | None:
    """The distance in bytes, where it is a constant that an instruction holds."""
    if not isinstance(node.steps, Number):
        return None
    offset = node.steps.value * node.scale
    return offset if fits(offset, 31) else None


def memory_of(e: Emitter, place: Place, register: int) -> Memory:
    """Where a place is; an address that must be computed is left in `register`."""
    offset = 0
    while True:
        if isinstance(place, Member):
            offset += place.field.offset
            place = place.place
        elif isinstance(place, Deref) and isinstance(place.pointer, AddressOf):
            place = place.pointer.place
        elif isinstance(place, Deref) and isinstance(place.pointer, PointerAdd):
            near = near_offset(place.pointer)
            if near is None or not fits(offset + near, 31):
                break
            offset += near
            place = Deref(place.pointer.pointer)
        else:
            break
    if isinstance(place, Local):
        return Memory(RBP, e.slots[place.variable] + offset)
    if isinstance(place, Global):
        return Memory(None, offset, place.symbol)
    if isinstance(place, AddressLimit):
        e.code.load_own(register, CURRENT_TASK)
        return Memory(register, ADDR_LIMIT)
    e.value(place.pointer, register)
    return Memory(register, offset)


def load(e: Emitter, node: Place, register: int) -> None:
    """The scalar at a place."""
    e.code.load(register, memory_of(e, node, register), size_of(node.type), is_signed(node.type))


def number(e: Emitter, node: Number, register: int) -> None:
    """A constant."""
    e.code.number(register, node.value, width(node.type))


def text(e: Emitter, node: Text, register: int) -> None:
    """The address of a literal."""
    e.code.address(register, "", e.string(node.data))


def current_task(e: Emitter, node: CurrentTask, register: int) -> None:
    """current: a variable of the CPU's own."""
    e.code.load_own(register, CURRENT_TASK)


def function_name(e: Emitter, node: FunctionName, register: int) -> None:
    """The address of a function."""
    e.code.address(register, node.symbol)


def address_of(e: Emitter, node: AddressOf, register: int) -> None:
    """The address of a place."""
    memory = memory_of(e, node.place, register)
    if memory.base is None:
        e.code.address(register, memory.symbol, memory.displacement)
    elif memory != Memory(register, 0):
        e.code.lea(register, memory)


def cast(e: Emitter, node: Cast, register: int) -> None:
    """A conversion; what is loaded is extended as it is loaded."""
    operand = node.operand
    if isinstance(operand, PLACES) and size_of(node.type) == 8 and size_of(operand.type) < 8:
        memory = memory_of(e, operand, register)
        e.code.load(register, memory, size_of(operand.type), is_signed(operand.type), 8)
        return
    e.value(operand, register)
    convert(e, register, operand.type, node.type)


def convert(e: Emitter, register: int, source: Type, target: Type) -> None:
    """Make a value of one scalar type one of another."""
    if source == target:
        return
    before, after = size_of(source), size_of(target)
    if isinstance(target, IntType) and target.is_bool:
        e.code.test(register, width(source))
        e.code.set_condition("ne", register)
    elif after == 8:
        if before < 8:
            e.code.load(register, register, 4, is_signed(source), 8)
    elif after < 4 and (before > after or is_signed(source) != is_signed(target)) and not widens(source, target):
        e.code.load(register, register, after, is_signed(target))


def widens(source: Type, target: Type) -> bool:
    """Whether a shorter type holds every value of a yet shorter one."""
    return size_of(source) < size_of(target) and (is_signed(target) or not is_signed(source))


def narrow(e: Emitter, kind: IntType, register: int = RAX) -> None:
    """The result of an operation on 32 bits becomes one of a shorter type."""
    if kind.size < 4:
        convert(e, register, INT, kind)


def comma(e: Emitter, node: Comma, register: int) -> None:
    """``first, then``"""
    assert register == RAX
    e.value(node.first)
    e.value(node.then)


def assign(e: Emitter, node: Assign, register: int = RAX) -> None:
    """``place = value``: the value is computed before the place; it stays in rax."""
    assert register == RAX
    e.value(node.value)
    size = size_of(node.type)
    if is_easy(node.place):
        e.code.store(memory_of(e, node.place, RCX), RAX, size)
        return
    e.push()
    memory = memory_of(e, node.place, RAX)
    e.code.move(RCX, RAX)
    e.pop(RAX)
    e.code.store(memory._replace(base=RCX), RAX, size)
