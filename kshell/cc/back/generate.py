"""From a typed tree to machine code: plain code, in the order of the source.

Every variable lives in memory, in its slot of the frame; a value is loaded, worked on in rax and stored again.  So a
debugger finds each variable in its place at each line, and the code can be read beside the source.

Statements and expressions may be nested as deep as the front end takes them (DEPTH_MAX of front/parse.py: 60 levels
of the source, each of up to four nodes), which Python's own stack bears; chains of else-ifs, `and` and `or` are no
nesting.
"""

from __future__ import annotations

from kshell.cc.back import arithmetic, calls, conditions, locked, statements, user_access, values
from kshell.cc.back.emitter import Emitter, StatementWriter, ValueWriter
from kshell.cc.back.frame import frame_of
from kshell.cc.back.registers import ARGUMENTS, RBP, RSP, Memory
from kshell.cc.code import Code, PlacedFunction
from kshell.cc.tree import (
    AddressLimit,
    AddressOf,
    Assign,
    Binary,
    Bits,
    Call,
    Cast,
    Comma,
    Compare,
    Conditional,
    CurrentTask,
    Deref,
    Fence,
    FunctionName,
    GetUser,
    Global,
    Local,
    Locked,
    Logical,
    Member,
    Not,
    Number,
    PointerAdd,
    PointerDifference,
    PutUser,
    Text,
    Unary,
)
from kshell.cc.tree_unit import Break, Bug, Continue, Copy, Evaluate, Function, If, Loop, Return, Unit, Zero
from kshell.cc.types import size_of

FUNCTION_ALIGN = 16

VALUES: dict[type, ValueWriter] = {
    Number: values.number,
    Text: values.text,
    FunctionName: values.function_name,
    CurrentTask: values.current_task,
    Local: values.load,
    Global: values.load,
    Deref: values.load,
    Member: values.load,
    AddressLimit: values.load,
    AddressOf: values.address_of,
    Cast: values.cast,
    Assign: values.assign,
    Unary: arithmetic.unary,
    Binary: arithmetic.binary,
    PointerAdd: arithmetic.pointer_add,
    PointerDifference: arithmetic.pointer_difference,
    Not: conditions.negate,
    Compare: conditions.compare,
    Logical: conditions.logical,
    Conditional: conditions.choose,
    Call: calls.call,
    Comma: values.comma,
    Locked: locked.locked,
    Bits: locked.bits,
    Fence: locked.fence,
    GetUser: user_access.get_user,
    PutUser: user_access.put_user,
}
STATEMENTS: dict[type, StatementWriter] = {
    Evaluate: statements.evaluate,
    Return: statements.give_back,
    If: statements.branch,
    Loop: statements.loop,
    Break: statements.leave_loop,
    Continue: statements.next_turn,
    Zero: statements.zero,
    Copy: statements.copy,
    Bug: statements.bug,
}


def generate(unit: Unit) -> Code:
    """The machine code of a unit's functions, in their order.  Every call, and every address, is a hole that the linker
    fills, those within the unit too."""
    e = Emitter(VALUES, STATEMENTS, unit.version)
    placed = [write_function(e, function) for function in unit.functions]
    return Code(bytes(e.code.text), e.code.fixups, placed, bytes(e.strings), e.lines, e.bugs, e.faults)


def write_function(e: Emitter, function: Function) -> PlacedFunction:
    """Frame, parameters into their slots (which narrows them), body; and a return, if it may run off its end."""
    e.code.align(FUNCTION_ALIGN)
    start = len(e.code.text)
    frame = frame_of(function)
    e.slots = frame.slots
    e.lines.append((start, function.line))
    e.code.push(RBP)
    e.code.move(RBP, RSP)
    if frame.size:
        e.code.arithmetic_number("sub", RSP, frame.size, 8)
    parameters = function.variables[: len(function.type.parameters)]
    for register, variable in zip(ARGUMENTS, parameters, strict=False):
        e.code.store(Memory(RBP, frame.slots[variable]), register, size_of(variable.type))
    e.block(function.body)
    if not statements.ends(function.body):
        e.mark(function.end_line)
        statements.leave(e)
    e.code.resolve()
    return PlacedFunction(function, start, len(e.code.text) - start, frame.slots)
