"""Functions of headers that have a body: compiled into each object that uses them, or expanded where they stand."""

from __future__ import annotations

import ast

import pytest

from kshell.abi.debug_info import read_lines
from kshell.abi.elf import STB_LOCAL
from kshell.cc.back.generate import generate
from kshell.cc.finding import ERROR
from kshell.cc.front.headers import has_body, is_macro
from kshell.cc.front.headers_index import path_of, texts
from kshell.cc.front.unit import compile_source
from kshell.cc.object import make_object
from kshell.cc.source_error import SourceError
from kshell.cc.tree import Number
from kshell.cc.tree_unit import Return
from tests.cc.front.cures import findings

HEAD = """from kshell.linux import *
class e(Struct):
    n: Int
    list: list_head
people = LIST_HEAD()
"""


def inline() -> list[tuple[str, str]]:
    """Each function that is compiled into the objects of its users: the header and its name."""
    nodes = [(header, node) for header, text in texts().items() for node in ast.parse(text).body]
    return [
        (header, node.name)
        for header, node in nodes
        if isinstance(node, ast.FunctionDef) and has_body(node) and not is_macro(node)
    ]


@pytest.mark.parametrize("release", ["4.19.1", "4.19.1-course", "6.19.0"])
def test_every_function_of_a_header_compiles_for_every_release(release: str) -> None:
    assert len(inline()) > 20
    for header, name in inline():
        text = f"from kshell.linux.{header} import *\ndef f(k: Kernel) -> ULong:\n    return ULong({name})\n"
        unit, found = compile_source(
            text.replace("def f", "from kshell.linux import Kernel, ULong\ndef f"), "m.py", release
        )
        assert not found, (header, name)
        assert name in {each.name for each in unit.functions}


def test_an_object_has_the_functions_that_its_source_uses_and_no_others() -> None:
    text = f"{HEAD}def f(k: Kernel, p: Ptr[e]) -> None:\n    list_add(k, addr(p.list), addr(people))\n"
    text += "    list_add(k, NULL, NULL)\n"
    unit, _ = compile_source(text, "m.py", "4.19.1")
    assert [each.name for each in unit.functions] == ["f", "list_add", "__list_add"]
    symbols = {each.name: each for each in make_object(unit, generate(unit)).symbols}
    assert symbols["__list_add"].binding == STB_LOCAL
    assert "__list_add_valid" not in symbols
    course, _ = compile_source(text, "m.py", "4.19.1-course")
    assert "__list_add_valid" in {each.name for each in make_object(course, generate(course)).symbols}


def test_the_lines_of_a_header_are_those_of_its_file() -> None:
    unit, _ = compile_source(
        f"{HEAD}def f(k: Kernel) -> int:\n    return list_empty(k, addr(people))\n", "m.py", "4.19.1"
    )
    code = generate(unit)
    table = read_lines(make_object(unit, code))
    own, header = code.functions
    assert {row.file for row in table.rows if row.start < own.size} == {"m.py"}
    row = table.at(header.offset)
    assert row is not None
    assert row.file == path_of("list")
    assert texts()["list"].split("\n")[row.line - 1].startswith("def list_empty(")


def test_a_function_of_the_file_and_one_of_a_header_cannot_have_one_name() -> None:
    text = f"{HEAD}def __list_add(k: Kernel) -> int:\n    return 0\n"
    text += "def f(k: Kernel) -> None:\n    list_add(k, NULL, NULL)\n"
    with pytest.raises(SourceError) as caught:
        compile_source(text, "m.py", "4.19.1")
    assert "redefinition of '__list_add'" in str(caught.value.problem)


@pytest.mark.parametrize(
    ("line", "text", "try_"),
    [
        ("DIV_ROUND_UP(n)", 'macro "DIV_ROUND_UP" requires 2 arguments, but only 1 given', "DIV_ROUND_UP(n, d)"),
        ("DIV_ROUND_UP(n, 2, 3)", 'macro "DIV_ROUND_UP" passed 3 arguments, but takes just 2', "DIV_ROUND_UP(n, d)"),
        ("DIV_ROUND_UP(k, n, 2)", 'macro "DIV_ROUND_UP" passed 3 arguments, but takes just 2', "DIV_ROUND_UP(n, 2)"),
        ("DIV_ROUND_UP(n, 0)", "division by zero [-Wdiv-by-zero]", "test the number"),
        ("DIV_ROUND_UP(p, 2)", "invalid operands to binary /", ""),
        ("list_empty(addr(people))", "too few arguments to function 'list_empty'", "list_empty(k, addr(people))"),
        ("list_first_entry(n, e, 'list').n", "passing argument 1 of 'list_first_entry' makes pointer", ""),
        ("list_first_entry(addr(people), e, 'lst').n", "'struct e' has no member named 'lst'", "list"),
        ("LIST_HEAD", "'LIST_HEAD' undeclared (first use in this function)", "LIST_HEAD(...)"),
        ("RB_ROOT()", "expected expression before 'RB_ROOT'", ""),
        ("min(p, n)", "incompatible types for 'min'", "of two numbers"),
        ("min(n, sizeof(p))", "comparison of distinct pointer types lacks a cast", "min_t(ULong, n, sizeof(p))"),
        ("xchg(k, n, 1)", "incompatible type for argument 1 of 'xchg'", "addr(n)"),
        ("smp_mb(1)", 'macro "smp_mb" passed 1 arguments, but takes just 0', "smp_mb()"),
        ("hash_add(k, p, NULL, 1)", "'struct e *' is no array", "by its name"),
        ("list_next_entry(p, 'n').n", "the field must be a list_head", "list: list_head"),
    ],
)
def test_what_is_wrong_in_a_use_is_told_where_it_is_used(line: str, text: str, try_: str) -> None:
    source = f"{HEAD}def f(k: Kernel, n: int, p: Ptr[e]) -> Long:\n    return {line}\n"
    found = findings(source, "4.19")
    assert [(each.line, each.text[: len(text)]) for each in found] == [(7, text)]
    assert try_ in found[0].try_


def test_a_macro_of_constants_is_one_and_evaluates_each_argument_once() -> None:
    unit, _ = compile_source(
        "from kshell.linux import *\nN = DIV_ROUND_UP(10, 4)\na: Array[Int] = Array(Int, DIV_ROUND_UP(N, 2))\n"
        "def f(k: Kernel) -> int:\n    return DIV_ROUND_UP(len(a) + N, 2)\n",
        "m.py",
        "4.19.1",
    )
    (statement,) = unit.functions[0].body
    assert isinstance(statement, Return)
    assert isinstance(statement.value, Number)
    assert statement.value.value == 3


@pytest.mark.parametrize(("release", "answer"), [("4.19.1", 1), ("6.19.0", 2)])
def test_a_branch_for_another_release_is_not_even_read(release: str, answer: int) -> None:
    text = """from kshell.linux import *
def f(k: Kernel) -> int:
    if LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0):
        return 1
    else:
        return nothing_that_4_19_has(k)
"""
    if release.startswith("6"):
        text = text.replace("return 1", "return nothing_that_6_19_has(k)").replace("nothing_that_4_19_has(k)", "2")
    unit, found = compile_source(text, "m.py", release)
    assert not [each for each in found if each.kind == ERROR]
    assert unit.functions[0].body == [Return(Number(answer, unit.functions[0].type.result), 4 if answer == 1 else 6)]


def test_since_6_6_two_numbers_are_compared_by_their_signs_and_no_longer_by_their_types() -> None:
    text = "from kshell.linux import *\ndef f(k: Kernel, n: int, u: UInt) -> Long:\n    return {}\n"
    assert findings(text.format("min(u, 5)"), "6.19") == []
    assert findings(text.format("min(n, Long(5))"), "6.19") == []
    (found,) = findings(text.format("min(n, u)"), "6.19")
    assert found.text == 'static assertion failed: "min(n, u) signedness error"'
    assert found.try_ == "return min_t(UInt, n, u)"
    assert findings(text.format("max(n, 5)"), "4.19") == []
    assert len(findings(text.format("max(u, 5)"), "4.19")) == 1
