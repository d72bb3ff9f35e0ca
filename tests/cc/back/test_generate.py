"""What the back end promises beside the values: frames, calls, lines, traps, and code that can be read."""

from __future__ import annotations

from collections.abc import Callable

import capstone
import pytest

from kshell.cc.back.generate import generate
from kshell.cc.code import BugEntry, Code
from kshell.cc.front.parse import DEPTH_MAX
from kshell.cc.tree import (
    AddressOf,
    Assign,
    Binary,
    Call,
    Cast,
    Compare,
    Conditional,
    Deref,
    FunctionName,
    Global,
    Local,
    Logical,
    Not,
    Number,
    PointerAdd,
    Text,
    Value,
    Variable,
)
from kshell.cc.tree_unit import Bug, Datum, Evaluate, Function, If, Loop, Pointed, Return, Statement, Unit
from kshell.cc.types import (
    CHAR,
    CONST_CHAR_POINTER,
    INT,
    LONG,
    SHORT,
    UINT,
    VOID,
    ArrayType,
    FunctionType,
    IntType,
    Pointer,
    Type,
)
from tests.cc.back.raw_machine import RawMachine, Trapped

STUB = FunctionType(LONG, (INT,))
PRINTK = FunctionType(INT, (CONST_CHAR_POINTER,), True)


def unit(*functions: Function, data: tuple[Datum, ...] = ()) -> Unit:
    return Unit("x", "x.py", "", list(functions), list(data), [], [], [], [])


def function(name: str, kind: FunctionType, variables: list[Variable], *body: Statement, line: int = 1) -> Function:
    return Function(name, kind, variables, list(body), False, line, 99)


def returning(value: Value, *variables: Variable) -> Function:
    """A function that computes one value of its parameters."""
    return function(
        "f", FunctionType(value.type, tuple(each.type for each in variables)), [*variables], Return(value, 2)
    )


def call(made: Function, *arguments: tuple[int, int]) -> int:
    machine = RawMachine(unit(made), generate(unit(made)))
    machine.reset()
    return machine.call(made.name, list(arguments))


def listing(code: Code) -> list[str]:
    reader = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    return [f"{each.mnemonic} {each.op_str}".strip() for each in reader.disasm(code.text, 0)]


def hello() -> Unit:
    """long my_test_call(int n) { printk("...%d\\n", n); return n; }"""
    n = Variable("n", INT, 3)
    said = Call("printk", (Text(b"\0015n is %d\n", CONST_CHAR_POINTER), Local(n)), PRINTK, 5)
    body: list[Statement] = [Evaluate(said, 5), Return(Cast(Local(n), LONG), 6)]
    return unit(Function("my_test_call", STUB, [n], body, False, 3, 6))


def test_a_function_reads_as_its_source() -> None:
    code = generate(hello())
    assert listing(code) == [
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 0x10",
        "mov dword ptr [rbp - 4], edi",
        "mov rdi, 0",
        "mov esi, dword ptr [rbp - 4]",
        "mov eax, 0",
        "call 0x1f",
        "movsxd rax, dword ptr [rbp - 4]",
        "leave",
        "ret",
    ]
    assert code.lines == [(0, 3), (11, 5), (31, 6)]
    assert code.strings == b"\0015n is %d\n\0"
    assert [(each.symbol, each.kind) for each in code.fixups] == [("", "abs32s"), ("printk", "rel32")]


def test_each_variable_has_a_slot_of_its_own_size() -> None:
    kinds: list[Type] = [CHAR, INT, SHORT, LONG, ArrayType(CHAR, 5), Pointer(INT)]
    variables = [Variable(f"v{i}", kind, 1) for i, kind in enumerate(kinds)]
    placed = generate(unit(function("f", FunctionType(VOID, ()), variables))).functions[0]
    assert [placed.slots[each] for each in variables] == [-1, -8, -10, -24, -29, -40]


def test_the_seventh_argument_is_where_the_caller_put_it() -> None:
    parameters = [Variable(f"p{i}", kind, 1) for i, kind in enumerate([LONG] * 6 + [CHAR, SHORT])]
    made = returning(Binary("-", Cast(Local(parameters[6]), LONG), Cast(Local(parameters[7]), LONG), LONG), *parameters)
    placed = generate(unit(made)).functions[0]
    assert [placed.slots[each] for each in parameters[6:]] == [16, 24]
    assert call(made, *[(0, 8)] * 6, (-3, 1), (4, 2)) == (1 << 64) - 7


def test_functions_are_aligned_with_traps_between() -> None:
    code = generate(unit(*(function(f"f{i}", FunctionType(VOID, ()), []) for i in range(2))))
    assert [each.offset for each in code.functions] == [0, 16]
    assert code.text == b"\x55\x48\x89\xe5\xc9\xc3" + b"\xcc" * 10 + b"\x55\x48\x89\xe5\xc9\xc3"
    assert code.functions[0].size == 6


def test_a_function_that_runs_off_its_end_returns_at_its_last_line() -> None:
    code = generate(unit(function("f", FunctionType(VOID, ()), [], line=4)))
    assert code.lines == [(0, 4), (4, 99)]


def test_a_call_on_a_line_of_its_own_is_marked() -> None:
    kind = FunctionType(INT, ())
    total = Binary("+", Call("a", (), kind, 5), Call("b", (), kind, 6), INT)
    code = generate(unit(function("f", kind, [], Return(total, 5))))
    called = [offset for offset, line in code.lines if line == 6]
    assert [line for _, line in code.lines] == [1, 5, 6, 5]
    assert code.fixups[1].offset > called[0] > code.fixups[0].offset


@pytest.mark.parametrize(("warning", "answer"), [(True, 1), (False, None)])
def test_a_bug_is_a_ud2_that_is_known(warning: bool, answer: int | None) -> None:
    made = function("f", FunctionType(INT, ()), [], Bug(7, warning), Return(Number(1, INT), 8))
    code = generate(unit(made))
    assert code.bugs == [BugEntry(4, 7, warning)]
    assert code.text[4:6] == b"\x0f\x0b"
    with pytest.raises(Trapped) as trapped:
        call(made)
    assert trapped.value.at == 4


@pytest.mark.parametrize("op", ["/", "%"])
@pytest.mark.parametrize(
    ("kind", "left", "right"), [(INT, 1, 0), (UINT, 1, 0), (INT, -(1 << 31), -1), (LONG, -(1 << 63), -1)]
)
def test_a_division_without_result_is_an_exception_of_the_cpu(op: str, kind: IntType, left: int, right: int) -> None:
    a, b = Variable("a", kind, 1), Variable("b", kind, 1)
    with pytest.raises(Trapped, match="exception"):
        call(returning(Binary(op, Local(a), Local(b), kind), a, b), (left, kind.size), (right, kind.size))


def test_null_is_followed_at_its_offset() -> None:
    pointer = Number(0, Pointer(LONG))
    code = generate(unit(returning(Deref(pointer))))
    assert listing(code)[2:4] == ["mov eax, 0", "mov rax, qword ptr [rax]"]


def test_the_stack_is_aligned_at_each_call_and_al_is_0_for_a_variadic_one() -> None:
    """The callee is machine code of the test: it answers rsp's low bits and al."""
    kind = FunctionType(LONG, (), True)
    probe = Function("probe", kind, [], [], False, 1, 1)
    one, long = Number(1, LONG), tuple(Number(i, LONG) for i in range(9))
    values: list[Value] = [
        Call("probe", (), kind, 1),
        Binary("+", one, Call("probe", (), kind, 1), LONG),
        Binary("+", one, Call("probe", (Call("probe", (), kind, 1), *long), kind, 1), LONG),
        Call("probe", long[:7], kind, 1),
        Call("probe", long[:8], kind, 1),
    ]
    for value, answer in zip(values, [0x800, 0x801, 0x801, 0x800, 0x800], strict=True):
        made = unit(returning(value), probe)
        code = generate(made)
        at = code.functions[1].offset
        # shl eax, 16; mov ax, sp; and eax, 0xff000f; shl eax, 8; ret
        body = b"\xc1\xe0\x10\x66\x89\xe0\x25\x0f\x00\xff\x00\xc1\xe0\x08\xc3"
        machine = RawMachine(made, code._replace(text=code.text[:at] + body))
        machine.reset()
        assert machine.call("f", []) == answer


def test_a_variadic_call_through_a_pointer_keeps_rax_for_the_count() -> None:
    pointer = Global("print", Pointer(PRINTK))
    text = Text(b"x", CONST_CHAR_POINTER)
    code = generate(unit(function("f", FunctionType(VOID, ()), [], Evaluate(Call(pointer, (text,), PRINTK, 2), 2))))
    assert listing(code)[2:6] == ["mov rdi, 0", "mov r11, qword ptr [0]", "mov eax, 0", "call r11"]


def test_a_stub_is_called_through_its_variable() -> None:
    n = Variable("n", INT, 1)
    twice = function("twice", STUB, [n], Return(Cast(Binary("*", Local(n), Number(2, INT), INT), LONG), 2))
    m = Variable("m", INT, 1)
    pointer = Global("STUB", Pointer(STUB))
    caller = function("f", STUB, [m], Return(Call(pointer, (Local(m),), STUB, 2), 2))
    made = unit(twice, caller, data=(Datum("STUB", Pointer(STUB), bytes(8), [Pointed(0, "twice")], False, ".data", 1),))
    code = generate(made)
    assert listing(code)[-4:-2] == ["mov rax, qword ptr [0]", "call rax"]
    machine = RawMachine(made, code)
    machine.reset()
    assert machine.call("f", [(-21, 4)]) == (1 << 64) - 42


def test_a_long_chain_of_else_ifs_is_no_nesting() -> None:
    n = Variable("n", INT, 1)
    chain: list[Statement] = [Return(Number(-1, INT), 2)]
    for i in reversed(range(3000)):
        chain = [If(Compare("==", Local(n), Number(i, INT), INT), [Return(Number(i + 1, INT), 2)], chain, 2)]
    made = function("f", FunctionType(INT, (INT,)), [n], *chain)
    assert call(made, (2500, 4)) == 2501


@pytest.mark.parametrize("op", ["&&", "||"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_long_chain_of_ands_or_ors_is_no_nesting(op: str, side: str) -> None:
    n = Variable("n", INT, 1)
    settling = int(op == "||")
    value: Value = Local(n)
    for _ in range(3000):
        neutral = Number(1 - settling, INT)
        value = Logical(op, value, neutral, INT) if side == "left" else Logical(op, neutral, value, INT)
    assert [call(returning(value, n), (each, 4)) for each in (0, 5)] == [0, 1]


ONE = Number(1, INT)
ELEMENT = Pointer(INT)
SEVEN = FunctionType(INT, (INT,) * 7)
INDENTATIONS = 30
# One level more, in each way that there is.
NESTS: dict[str, Callable[[Value], Value]] = {
    "left": lambda value: Binary("+", value, ONE, INT),
    "right": lambda value: Binary("-", Call("f", (), FunctionType(INT, ()), 1), value, INT),
    "compare": lambda value: Compare("<", Call("f", (), FunctionType(INT, ()), 1), value, INT),
    "not": lambda value: Logical("&&", ONE, Not(value, INT), INT),
    "choice": lambda value: Conditional(value, ONE, ONE, INT),
    "chosen": lambda value: Conditional(ONE, ONE, value, INT),
    "argument": lambda value: Call("f", (ONE, value, ONE, ONE, ONE, ONE, ONE), SEVEN, 1),
    "last argument": lambda value: Call("f", (ONE, ONE, ONE, ONE, ONE, ONE, value), SEVEN, 1),
    "index": lambda value: Deref(PointerAdd(Number(0, ELEMENT), Cast(value, LONG), 4, ELEMENT)),
    "assigned": lambda value: Assign(Deref(PointerAdd(Number(0, ELEMENT), Cast(value, LONG), 4, ELEMENT)), value=ONE),
    "value": lambda value: Assign(Deref(Number(0, ELEMENT)), value),
}


@pytest.mark.parametrize("form", NESTS)
def test_expressions_may_be_nested_as_deep_as_the_front_end_takes_them(form: str) -> None:
    value: Value = ONE
    for _ in range(DEPTH_MAX):
        value = NESTS[form](value)
    body: list[Statement] = [Return(value, 2)]
    for _ in range(INDENTATIONS):
        body = [If(ONE, body, [], 2)]
    assert generate(unit(function("f", FunctionType(INT, ()), [], *body))).text


@pytest.mark.parametrize("through", ["name", "pointer"])
def test_arguments_are_computed_from_left_to_right(through: str) -> None:
    """f(n, n = n + 1, 5, n, ...): each in its place, also the seventh and the eighth on the stack."""
    n, kind = Variable("n", INT, 1), FunctionType(INT, (INT,) * 8)
    taken = [Variable(f"p{i}", INT, 1) for i in range(8)]
    digits: Value = Number(0, INT)
    for each in taken:
        digits = Binary("+", Binary("*", digits, Number(10, INT), INT), Local(each), INT)
    up = Assign(Local(n), Binary("+", Local(n), ONE, INT))
    name = FunctionName("g", Pointer(kind))
    callee: str | Value = "g" if through == "name" else Conditional(ONE, name, name, Pointer(kind))
    called = Call(callee, (Local(n), up, Number(5, INT), Local(n), up, Local(n), Local(n), up), kind, 1)
    made = unit(returning(called, n), function("g", kind, taken, Return(digits, 2)))
    machine = RawMachine(made, generate(made))
    machine.reset()
    assert machine.call("f", [(1, 4)]) == 12523334


def test_of_an_assignment_the_value_is_computed_before_the_place() -> None:
    """a[n = 1] = n, with n 3 before."""
    n, a = Variable("n", INT, 1), Variable("a", ArrayType(INT, 2), 1)
    start = AddressOf(Local(a), ELEMENT)
    place = Deref(PointerAdd(start, Cast(Assign(Local(n), ONE), LONG), 4, ELEMENT))
    body: list[Statement] = [
        Evaluate(Assign(place, Local(n)), 2),
        Return(Deref(PointerAdd(start, Number(1, LONG), 4, ELEMENT)), 3),
    ]
    assert call(function("f", FunctionType(INT, (INT,)), [n, a], *body), (3, 4)) == 3


def test_a_loop_within_loops_finds_its_own_ends() -> None:
    i, n = Variable("i", INT, 1), Variable("n", INT, 1)
    step: Statement = Evaluate(Assign(Local(i), Binary("+", Local(i), Number(1, INT), INT)), 2)
    body: list[Statement] = [Evaluate(Assign(Local(n), Binary("+", Local(n), Number(2, INT), INT)), 2)]
    loops: list[Statement] = [Loop(Compare("<", Local(i), Number(5, INT), INT), body, [step], 2)]
    ready: list[Statement] = [Evaluate(Assign(Local(each), Number(0, INT)), 1) for each in (i, n)]
    made = function("f", FunctionType(INT, ()), [i, n], *ready, *loops, Return(Local(n), 3))
    assert call(made) == 10
