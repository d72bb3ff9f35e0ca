"""A unit as C text, which gcc compiles as it is:

    gcc -std=gnu11 -fwrapv -fno-strict-aliasing -Wall

It does what the machine code does, in the same order (printed_values.py), so that the two can be compared.  What only
the kernel looks at (.modinfo, exports) is left out.  Struct definitions stand in the unit's order, which must have each
before it is embedded; locals are declared at the top of a function.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.cc.back.printed_data import declaration, definition, struct_text
from kshell.cc.back.printed_values import Printer
from kshell.cc.tree import AddressOf, Assign, Call, FunctionName, Global, Value, Variable
from kshell.cc.tree_unit import Bug, Copy, Evaluate, Function, If, Loop, Return, Statement, Unit, Zero
from kshell.cc.types import VOID_POINTER, Pointer, Type, c_declaration

HEAD = "typedef _Bool bool;\n#define __user\n"
KEYWORDS = """
    auto bool break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef typeof union unsigned void volatile while
    asm
"""


def printed(unit: Unit) -> str:
    """The unit as C."""
    own = {function.name for function in unit.functions} | {datum.name for datum in unit.data}
    outside = {symbol: kind for function in unit.functions for symbol, kind in symbols(function.body)}
    parts = [HEAD, *(f"{struct.c};\n" for struct in unit.structs), *map(struct_text, unit.structs)]
    parts += [f"extern {c_declaration(kind, name)};\n" for name, kind in outside.items() if name not in own]
    parts += [f"{declaration(datum)};\n" for datum in unit.data]
    parts += [f"{heading(function, {})};\n" for function in unit.functions]
    parts += [
        f'{c_declaration(kind, alias)} __attribute__(({"weak, " * (alias in unit.weak)}alias("{name}")));\n'
        for alias, name, kind in aliases(unit)
    ]
    parts += map(definition, unit.data)
    parts += [function_text(function, own | set(outside)) for function in unit.functions]
    return "".join(parts)


def aliases(unit: Unit) -> Iterator[tuple[str, str, Type]]:
    """Second names, with the types of what they name."""
    kinds = {function.name: function.type for function in unit.functions}
    for alias, name in unit.aliases:
        yield alias, name, kinds[name]


def symbols(node: object) -> Iterator[tuple[str, Type]]:
    """What statements or an expression name by symbol."""
    if isinstance(node, Global):
        yield node.symbol, node.type
    elif isinstance(node, FunctionName) and isinstance(node.type, Pointer):
        yield node.symbol, node.type.target
    elif isinstance(node, Call) and isinstance(node.function, str):
        yield node.function, node.kind
    if isinstance(node, list | tuple) and not isinstance(node, Pointer):
        for each in node:
            yield from symbols(each)


def heading(function: Function, names: dict[Variable, str]) -> str:
    """``static long f(int n)``; without names, its declaration."""
    parameters = function.variables[: len(function.type.parameters)]
    takes = ", ".join(c_declaration(each.type, names.get(each, "")) for each in parameters)
    text = c_declaration(function.type.result, f"{function.name}({takes or 'void'})")
    return f"static {text}" if function.is_static else text


def function_text(function: Function, taken: set[str]) -> str:
    """A function with its body."""
    names: dict[Variable, str] = {}
    for variable in function.variables:
        name = variable.name
        while name in KEYWORDS.split() or name in taken or name in names.values():
            name += "_"
        names[variable] = name
    p = Printer(names, [0])
    declared = function.variables[len(function.type.parameters) :]
    lines = [f"{c_declaration(each.type, names[each])};" for each in declared]
    lines += [line for statement in function.body for line in statement_lines(p, statement)]
    body = "".join(f"\t{line}\n" for line in lines)
    return f"\n{heading(function, names)}\n{{\n{body}}}\n"


def block(p: Printer, body: list[Statement]) -> list[str]:
    """Statements, one step to the right."""
    return [f"\t{line}" for statement in body for line in statement_lines(p, statement)]


def statement_lines(p: Printer, node: Statement) -> list[str]:
    """A statement, as lines."""
    if isinstance(node, Evaluate):
        text = p.value(node.value)
        plain = isinstance(node.value, Assign | Call) and not text.startswith("({")
        return [f"{text[1:-1]};" if plain else f"(void){text};"]
    if isinstance(node, Return):
        return [f"return {p.value(node.value)};" if node.value is not None else "return;"]
    if isinstance(node, If):
        other = ["} else {", *block(p, node.other)] if node.other else []
        return [f"if ({p.value(node.test)}) {{", *block(p, node.then), *other, "}"]
    if isinstance(node, Loop):
        step = " ".join(line.strip() for line in block(p, node.step))
        head = f"for (; {p.value(node.test)}; ({{ {step} }})) {{" if step else f"while ({p.value(node.test)}) {{"
        return [head, *block(p, node.body), "}"]
    if isinstance(node, Zero):
        return [f"__builtin_memset({pointer(p, node.place)}, 0, sizeof({p.value(node.place)}));"]
    if isinstance(node, Copy):
        source = p.temporary()
        first = f"void *{source} = {pointer(p, node.source)};"
        return [f"{{ {first} __builtin_memcpy({pointer(p, node.place)}, {source}, sizeof({p.value(node.place)})); }}"]
    if isinstance(node, Bug):
        return ['__asm__ volatile("ud2");' if node.warning else "__builtin_trap();"]
    return [f"{type(node).__name__.lower()};"]


def pointer(p: Printer, place: Value) -> str:
    """A place's address as a ``void *``."""
    return p.value(AddressOf(place, VOID_POINTER))  # type: ignore[arg-type]
