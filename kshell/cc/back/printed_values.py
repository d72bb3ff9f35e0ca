"""Expressions as C text, with every conversion written out.

Where C leaves the order of evaluation open, ours is written out: from left to right, and of an assignment the value
before the place.  Operands that could disturb each other (`is_pure` does not hold for one) first go into variables of a
statement expression, a GNU extension: ``({ int t1 = f(); int t2 = g(); t1 - t2; })``.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, NamedTuple

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
    Place,
    PointerAdd,
    PointerDifference,
    PutUser,
    Text,
    Unary,
    Value,
    Variable,
)
from kshell.cc.types import INT, LONG, ULONG, IntType, Pointer, Type, c_declaration, size_of

SUFFIXES = {"unsigned int": "U", "long": "L", "unsigned long": "UL", "long long": "LL", "unsigned long long": "ULL"}
CHANGES = (Assign, GetUser, Locked, PutUser)
# What gcc calls the same: {} is the pointer and the operands.
BUILTINS = {
    "xadd": "__sync_fetch_and_add({})",
    "xchg": "__atomic_exchange_n({}, __ATOMIC_SEQ_CST)",
    "cmpxchg": "__sync_val_compare_and_swap({})",
    **{op: f"(void)__sync_fetch_and_{op}({{}})" for op in ("add", "and", "or", "xor")},
}
EFFECTS = (*CHANGES, Call)


def number_text(value: int, kind: Type) -> str:
    """A constant of a type, as C text of that type."""
    if isinstance(kind, Pointer):
        return f"(({c_declaration(kind, '')}){value & (1 << 64) - 1:#x}UL)"
    assert isinstance(kind, IntType)
    suffix = SUFFIXES.get(kind.c, "")
    if kind.signed and kind.size >= 4 and value == -1 << 8 * kind.size - 1:
        return f"({value + 1}{suffix} - 1)"
    text = f"({value}{suffix})" if value < 0 else f"{value}{suffix}"
    return text if kind.size >= 4 else f"(({kind.c}){text})"


def literal(data: bytes) -> str:
    """A string literal."""
    plain = (chr(each) if 32 <= each < 127 and each not in b'"\\?' else f"\\{each:03o}" for each in data)
    return f'"{"".join(plain)}"'


def is_pure(node: Value, effects: Container[type] = EFFECTS) -> bool:
    """Whether computing it changes nothing: none of these is in it."""
    if type(node) in effects:
        return False
    if isinstance(node, Local | Global | Number | Text | FunctionName | CurrentTask):
        return True
    parts: tuple[Any, ...] = (*node, *node.arguments) if isinstance(node, Call) else node
    return all(is_pure(each, effects) for each in parts if type(each) in EXPRESSIONS)


class Printer(NamedTuple):
    """Writes the expressions of one function: `names` are its variables, as C has them; `made` counts temporaries."""

    names: dict[Variable, str]
    made: list[int]

    def temporary(self) -> str:
        """A name that nothing else has."""
        self.made[0] += 1
        return f"t{self.made[0]}_"

    def value(self, node: Value) -> str:
        """An expression, in parentheses where it consists of parts."""
        return EXPRESSIONS[type(node)](self, node)

    def cast(self, kind: Type, text: str) -> str:
        """A conversion."""
        return f"(({c_declaration(kind, '')}){text})"

    def ordered(self, operands: list[Value], form: str) -> str:
        """A form with the texts of operands in it, as str.format has them, computed from left to right."""
        moving = [not is_pure(each) for each in operands]
        if sum(not isinstance(each, Number | Text | FunctionName) for each in operands) < 2 or not any(moving):
            return f"({form.format(*map(self.value, operands))})"
        names = [self.temporary() for _ in operands]
        texts = [
            f"{c_declaration(each.type, name)} = {self.value(each)};"
            for each, name in zip(operands, names, strict=True)
        ]
        return f"({{ {' '.join(texts)} {form.format(*names)}; }})"


def _place(p: Printer, node: Place) -> str:
    if isinstance(node, Local):
        return p.names[node.variable]
    if isinstance(node, Global):
        return node.symbol
    if isinstance(node, Deref):
        return f"(*{p.value(node.pointer)})"
    if isinstance(node, AddressLimit):
        return "current->thread.addr_limit.seg"
    return f"{_place(p, node.place)}.{node.field.name}"


def _number(p: Printer, node: Number) -> str:
    return number_text(node.value, node.type)


def _text(p: Printer, node: Text) -> str:
    return p.cast(node.type, literal(node.data))


def _current(p: Printer, node: CurrentTask) -> str:
    return "current"


def _function_name(p: Printer, node: FunctionName) -> str:
    return p.cast(node.type, node.symbol)


def _address_of(p: Printer, node: AddressOf) -> str:
    return p.cast(node.type, f"&{_place(p, node.place)}")


def _unary(p: Printer, node: Unary) -> str:
    return p.cast(node.type, f"({node.op}{p.value(node.operand)})")


def _not(p: Printer, node: Not) -> str:
    return f"(!{p.value(node.operand)})"


def _binary(p: Printer, node: Binary) -> str:
    form = f"({{0}} {node.op} {{1}})"
    if node.op in ("<<", ">>"):
        form = f"({{0}} {node.op} ({{1}} & {63 if node.type.size == 8 else 31}))"
    return p.cast(node.type, p.ordered([node.left, node.right], form))


def _pointer_add(p: Printer, node: PointerAdd) -> str:
    form = f"(unsigned long){{0}} + (unsigned long){{1}} * {node.scale}UL"
    return p.cast(node.type, p.ordered([node.pointer, node.steps], form))


def _pointer_difference(p: Printer, node: PointerDifference) -> str:
    form = f"((long){{0}} - (long){{1}}) / {node.scale}L"
    return p.cast(node.type, p.ordered([node.left, node.right], form))


def _compare(p: Printer, node: Compare) -> str:
    convert = "(unsigned long)" if isinstance(node.left.type, Pointer) else ""
    return p.ordered([node.left, node.right], f"{convert}{{0}} {node.op} {convert}{{1}}")


def _logical(p: Printer, node: Logical) -> str:
    return f"({p.value(node.left)} {node.op} {p.value(node.right)})"


def _conditional(p: Printer, node: Conditional) -> str:
    return f"({p.value(node.test)} ? {p.value(node.then)} : {p.value(node.other)})"


def _cast(p: Printer, node: Cast) -> str:
    through: Type = INT
    if isinstance(node.type, Pointer) and isinstance(node.operand.type, IntType):
        through = LONG if node.operand.type.signed else ULONG
    elif isinstance(node.operand.type, Pointer) and size_of(node.type) < 8:
        through = INT if isinstance(node.type, IntType) and node.type.is_bool else LONG
    text = p.value(node.operand)
    return p.cast(node.type, text if through == INT else p.cast(through, text))


def _assign(p: Printer, node: Assign) -> str:
    place: Value = node.place
    while isinstance(place, Member):
        place = place.place
    if is_pure(node.place) and is_pure(node.value, CHANGES if isinstance(place, Local | Global) else EFFECTS):
        return f"({_place(p, node.place)} = {p.value(node.value)})"
    name = p.temporary()
    first = f"{c_declaration(node.type, name)} = {p.value(node.value)};"
    return f"({{ {first} {_place(p, node.place)} = {name}; }})"


def _call(p: Printer, node: Call) -> str:
    arguments = list(node.arguments)
    if isinstance(node.function, str):
        return p.ordered(arguments, f"{node.function}({', '.join(f'{{{i}}}' for i in range(len(arguments)))})")
    places = ", ".join(f"{{{i + 1}}}" for i in range(len(arguments)))
    kind = c_declaration(Pointer(node.kind), "")
    return p.ordered([node.function, *arguments], f"(({kind}){{0}})({places})")


def _comma(p: Printer, node: Comma) -> str:
    return f"({p.value(node.first)}, {p.value(node.then)})"


def _locked(p: Printer, node: Locked) -> str:
    """By gcc's builtins; a bit is one of the long that it lies in."""
    places = ", ".join(f"{{{at}}}" for at in range(1 + len(node.operands)))
    builtin = BUILTINS.get(node.op, "")
    if builtin:
        return p.ordered([node.pointer, *node.operands], builtin.format(places))
    place, bit = "((unsigned long *){0} + ({1} >> 6))", "(1UL << ({1} & 63))"
    sign, mask = {"bts": ("or", bit), "btr": ("and", f"~{bit}"), "btc": ("xor", bit)}[node.op]
    return p.ordered(
        [node.pointer, *node.operands], f"(int)(__sync_fetch_and_{sign}({place}, {mask}) >> ({{1}} & 63) & 1)"
    )


def _bits(p: Printer, node: Bits) -> str:
    size = size_of(node.operand.type)
    text = f"(unsigned long)({'unsigned' if size == 4 else 'unsigned long'}){p.value(node.operand)}"
    forms = {"bsf": "__builtin_ctzl({})", "bsr": "(63 - __builtin_clzl({}))", "popcnt": "__builtin_popcountl({})"}
    return f"({forms[node.op].format(text)})"


def _fence(p: Printer, node: Fence) -> str:
    return f'({{ __asm__ volatile("{node.op}" : : : "memory"); }})'


def _get_user(p: Printer, node: GetUser) -> str:
    """The user's memory is there, as gcc sees it: what is compared is what the number becomes."""
    name, pointer = p.temporary(), p.value(node.pointer)
    kind = node.pointer.type
    assert isinstance(kind, Pointer)
    return f"({{ {c_declaration(kind.target, name)} = *{pointer}; {_place(p, node.place)} = {name}; 0; }})"


def _put_user(p: Printer, node: PutUser) -> str:
    value, pointer = p.temporary(), p.temporary()
    first = f"{c_declaration(node.value.type, value)} = {p.value(node.value)};"
    second = f"{c_declaration(node.pointer.type, pointer)} = {p.value(node.pointer)};"
    return f"({{ {first} {second} *{pointer} = {value}; 0; }})"


EXPRESSIONS: dict[type, Callable[[Printer, Any], str]] = {
    Local: _place,
    Global: _place,
    Deref: _place,
    AddressLimit: _place,
    Member: _place,
    Number: _number,
    Text: _text,
    FunctionName: _function_name,
    CurrentTask: _current,
    AddressOf: _address_of,
    Unary: _unary,
    Not: _not,
    Binary: _binary,
    PointerAdd: _pointer_add,
    PointerDifference: _pointer_difference,
    Compare: _compare,
    Logical: _logical,
    Conditional: _conditional,
    Cast: _cast,
    Assign: _assign,
    Call: _call,
    Comma: _comma,
    Locked: _locked,
    Bits: _bits,
    Fence: _fence,
    GetUser: _get_user,
    PutUser: _put_user,
}
