"""What a name means in an expression: a local or a register of a call, a variable of a file or the kernel's."""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.debug_types import DebugType, address, integer
from kshell.abi.debug_variables import DebugVariable
from kshell.abi.ptregs import BP, IP, SP
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.layout import PER_CPU, PER_CPU_CURRENT
from kshell.kernel.debug.bad_expression import BadExpression
from kshell.kernel.debug.code_places import linked_objects
from kshell.kernel.debug.frames import CodeFrame
from kshell.kernel.debug.known_types import array_of, kernel_types, pointer_to
from kshell.kernel.debug.traced_code import SLOTS, TracedCode, code_of
from kshell.kernel.debug.values import Value, variables
from kshell.kernel.kernel import Kernel

_ADDRESSES = {IP: "void (*)(void)", SP: "void *", BP: "void *"}
CURRENT = ("current", "current_task")  # which is no symbol for gdb, but for every source


def register(frame: CodeFrame | None, name: str) -> Value:
    """What a register holds."""
    if frame is None:
        raise BadExpression("No registers.")
    slot = SLOTS.get({"pc": "rip", "eflags": "rflags"}.get(name, name))
    if slot is None:
        raise BadExpression(f"Invalid register `{name}'", tuple(f"${known}" for known in SLOTS), f"${name}")
    kind = address(_ADDRESSES[slot]) if slot in _ADDRESSES else integer("long", 8, True)
    return Value(kind, frame.regs[slot].to_bytes(8, "little"), None)


def named(k: Kernel, frame: CodeFrame | None, name: str) -> Value:
    """The value behind a name.  BadExpression where there is none."""
    local = [pair for is_parameter in (False, True) for pair in variables(frame, is_parameter)] if frame else []
    for variable, value in local:
        if variable.name == name and value is not None:
            return value
        if variable.name == name:
            raise BadExpression(f"{name} is optimized out: the compiler keeps it nowhere at this place.")
    for known, value in _of_files(k, frame):
        if known == name and value is not None:
            return value
    kind = kernel_variables(k).get(name)
    symbol = k.symbols.lookup(name)
    if kind is not None:
        at = PER_CPU + PER_CPU_CURRENT if name in CURRENT else symbol.address if symbol is not None else 0
        return Value(kind, k.memory.read(at, kind.size), at)
    if symbol is not None:
        return _untyped(symbol)
    raise BadExpression(f'No symbol "{name}" in current context.', tuple(known_variables(k, frame)), name)


def known_variables(k: Kernel, frame: CodeFrame | None) -> dict[str, DebugType]:
    """The names whose types are known, with these; those of the compiler itself are left out."""
    local = [pair for is_parameter in (False, True) for pair in variables(frame, is_parameter)] if frame else []
    found = {variable.name: variable.type for variable, _ in local}
    for name, value in _of_files(k, frame):
        if value is not None:
            found.setdefault(name, value.type)
    return {name: kind for name, kind in (found | kernel_variables(k)).items() if "__" not in name}


def _of_files(k: Kernel, frame: CodeFrame | None) -> Iterator[tuple[str, Value | None]]:
    """The variables of each file of machine code, those of the frame's first."""
    codes = [code_of(k, each) for each in linked_objects(k)]
    codes.sort(key=lambda code: frame is None or code is not frame.code)
    for code in codes:
        for variable in code.debug.variables:
            yield variable.name, _in_memory(code, variable)


def _in_memory(code: TracedCode, variable: DebugVariable) -> Value | None:
    """A variable that is at one address always."""
    at = next((place.offset for *_, place in variable.places if place.kind == "address"), None)
    data = code.bytes_at(at, variable.type.size) if at is not None else None
    return Value(variable.type, data, at) if data is not None else None


def kernel_variables(k: Kernel) -> dict[str, DebugType]:
    """The kernel's own variables whose types are known."""
    types, slot = kernel_types(k), pointer_to(integer("void", 1, False))
    slot.text = "sys_call_ptr_t"
    task = types["struct task_struct"]
    return {
        **dict.fromkeys(CURRENT, pointer_to(task)),
        "init_task": task,
        "init_cred": types["struct cred"],
        "sys_call_table": array_of(slot, k.nr_syscalls),
    }


def _untyped(symbol: Symbol) -> Value:
    """A function or a variable of which nothing says the type: it has an address."""
    kind = DebugType("function" if symbol.is_function else "untyped")
    kind.text = "<text variable, no debug info>" if symbol.is_function else "<data variable, no debug info>"
    return Value(kind, b"", symbol.address)
