"""get_user, put_user, access_ok and the copies: what their types mean, and what is said where they do not fit."""

from __future__ import annotations

import pytest

from kshell.cc.finding import ERROR, WARNING
from kshell.cc.front.report import NOTE
from kshell.cc.front.unit import compile_source
from kshell.cc.tree import Assign, Call, GetUser, Number, PutUser
from kshell.cc.tree_unit import Evaluate
from kshell.cc.types import CHAR, INT, LONG
from tests.cc.front.cures import is_cured
from tests.cc.front.test_mistakes import findings

HEAD = """from kshell.linux import *
class e(Struct):
    a: Int
    b: Long
class other(Struct):
    c: Int
def f(k: Kernel, n: Int, q: User[Int], s: User[e], c: User[Char], v: User[Void], w: User[Const[Int]], l: User[Long],
      p: Ptr[e], z: Ptr[Void]) -> Long:
    x: Int = 0
    y: Char = 0
    t = e(a=1)
    o = other(c=1)
    buf: Array[Char] = Array(Char, 16)
    nums: Array[Int] = Array(Int, 4)
"""
FRAME = "    left = Long({})\n    return left + x + y + t.a + o.c + buf[0] + nums[0]\n"
USED = "    return x + y + t.a + o.c + buf[0] + nums[0]\n"


def value_of(expression: str, release: str = "4.19") -> object:
    """The tree of an expression."""
    unit, said = compile_source(HEAD + f"    {expression}\n{USED}", "t.py", release)
    assert not [each for each in said if "unused-result" not in each.text]
    found = [each.value for each in unit.functions[0].body if isinstance(each, Evaluate)]
    return next(each for each in found if not isinstance(each, Assign))


@pytest.mark.parametrize(
    ("call", "size"),
    [
        ("copy_to_user(k, s, t)", 16),
        ("copy_to_user(k, s, addr(t))", 16),
        ("copy_to_user(k, s, p)", 16),
        ("copy_to_user(k, v, t)", 16),
        ("copy_to_user(k, s, z)", 16),
        ("copy_to_user(k, c, buf)", 16),
        ("copy_to_user(k, q, nums)", 16),
        ("copy_to_user(k, q, addr(x))", 4),
        ("copy_to_user(k, l, addr(t.b))", 8),
        ("copy_from_user(k, t, s)", 16),
        ("copy_from_user(k, p, s)", 16),
        ("copy_from_user(k, addr(o), v)", 4),
        ("copy_from_user(k, nums, w)", 16),
        ("copy_from_user(k, buf, v, 12)", 12),
    ],
)
def test_two_things_that_have_types_say_how_many_bytes_are_copied(call: str, size: int) -> None:
    found = value_of(call)
    assert isinstance(found, Call)
    assert found.function == call.partition("(")[0]
    assert isinstance(found.arguments[2], Number)
    assert found.arguments[2].value == size


@pytest.mark.parametrize(
    ("call", "place", "number", "checked"),
    [
        ("get_user(k, addr(x), q)", INT, INT, True),
        ("get_user(k, addr(t.b), q)", LONG, INT, True),
        ("get_user(k, addr(p.a), w)", INT, INT, True),
        ("get_user(k, nums, q)", INT, INT, True),
        ("__get_user(k, addr(y), c)", CHAR, CHAR, False),
    ],
)
def test_get_user_gives_a_variable_its_number_as_an_assignment_would(
    call: str, place: object, number: object, checked: bool
) -> None:
    found = value_of(call)
    assert isinstance(found, GetUser)
    assert (found.place.type, found.pointer.type.target, found.checked) == (place, number, checked)  # type: ignore[union-attr]


@pytest.mark.parametrize(("call", "number"), [("put_user(k, n + 1, l)", LONG), ("put_user(k, 65, c)", CHAR)])
def test_put_user_makes_the_value_one_of_the_type_that_is_pointed_to(call: str, number: object) -> None:
    found = value_of(call)
    assert isinstance(found, PutUser)
    assert found.value.type == number


@pytest.mark.parametrize(
    ("call", "kind", "text", "try_"),
    [
        ("get_user(k, addr(y), q)", NOTE, "conversion from 'int' to 'char' may change value", ""),
        ("get_user(k, addr(t), s)", ERROR, "undefined reference to `__get_user_16'", "copy_from_user(k, addr(t), s)"),
        ("put_user(k, t, s)", ERROR, "undefined reference to `__put_user_16'", "copy_to_user(k, s, t)"),
        ("get_user(k, addr(x), v)", ERROR, "invalid type argument of unary '*'", "p: User[Int]"),
        ("get_user(k, addr(x), n)", ERROR, "invalid type argument of unary '*'", "p: User[Int]"),
        ("get_user(k, addr(o), q)", ERROR, "argument 1 of 'get_user' from incompatible pointer type", "Ptr[Int]("),
        ("get_user(k, addr(x), addr(n))", WARNING, "incorrect type in argument (different address spaces)", ""),
        ("put_user(k, n, addr(n))", WARNING, "incorrect type in argument (different address spaces)", ""),
        ("put_user(k, 300, c)", WARNING, "overflow in conversion from 'int' to 'char' changes value from '300'", ""),
        ("put_user(k, n, w)", WARNING, "argument 2 of 'put_user' discards 'const' qualifier", ""),
        ("put_user(k, p, l)", WARNING, "argument 1 of 'put_user' makes integer from pointer", "Long(p)"),
        ("get_user(k, addr(x))", ERROR, 'macro "get_user" requires 3 arguments, but only 2 given', ""),
        ("copy_to_user(k, q, t)", ERROR, "argument 1 of 'copy_to_user' from incompatible pointer type", "User[e](q)"),
        ("copy_from_user(k, o, s)", ERROR, "argument 2 of 'copy_from_user' from incompatible pointer", "User["),
        ("copy_to_user(k, q, x)", WARNING, "argument 2 of 'copy_to_user' makes pointer from integer", "addr(x)"),
        ("copy_to_user(k, v, z)", ERROR, "too few arguments to function 'copy_to_user'", "copy_to_user(k, v, z, n)"),
        ("copy_from_user(k, addr(y), c)", ERROR, "too few arguments to function 'copy_from_user'", ", n)"),
        ("copy_from_user(k, s, p)", WARNING, "incorrect type in argument (different address spaces)", ""),
        ("copy_to_user(k, p, t)", WARNING, "incorrect type in argument (different address spaces)", ""),
        ("copy_to_user(k, s, t, 17)", ERROR, "incompatible type for argument 2 of 'copy_to_user'", "addr(t)"),
    ],
)
def test_what_does_not_fit_is_told_in_the_words_of_gcc_or_sparse(call: str, kind: str, text: str, try_: str) -> None:
    found = next(each for each in findings(HEAD + FRAME.format(call)) if text in each.text)
    assert found.kind == kind
    assert found.line == HEAD.count("\n") + 1
    assert try_ in found.try_


@pytest.mark.parametrize(
    ("call", "end", "right"),
    [
        ("copy_to_user(k, v, addr(t), 17)", "copy source size is too small", "sizeof(t)"),
        ("copy_to_user(k, v, addr(t.b), 9)", "copy source size is too small", "sizeof(t.b)"),
        ("copy_to_user(k, v, addr(nums[3]), 5)", "copy source size is too small", "sizeof(nums[3])"),
        ("copy_from_user(k, buf, v, 17)", "copy destination size is too small", "sizeof(buf)"),
        ("copy_from_user(k, addr(x), v, sizeof(t))", "copy destination size is too small", "sizeof(x)"),
    ],
)
def test_more_bytes_than_a_variable_has_are_refused_as_by_linux_headers(call: str, end: str, right: str) -> None:
    text = HEAD + FRAME.format(call)
    found = next(each for each in findings(text) if end in each.text)
    assert found.kind == ERROR
    assert right in found.try_
    assert is_cured(text, found)


@pytest.mark.parametrize(
    "call",
    [
        "copy_to_user(k, v, addr(t.a), 16)",
        "copy_to_user(k, v, nums + n, 99)",
        "copy_to_user(k, v, p, 99)",
        "copy_to_user(k, v, addr(p.b), 99)",
        "copy_to_user(k, v, z, 99)",
        "copy_to_user(k, v, nums, n)",
    ],
)
def test_as_many_as_there_may_be_behind_a_pointer_are_not(call: str) -> None:
    assert not findings(HEAD + FRAME.format(call))


@pytest.mark.parametrize(
    ("release", "right", "wrong", "text"),
    [
        ("4.19", "access_ok(k, VERIFY_READ, q, 4)", "access_ok(k, q, 4)", "requires 3 arguments, but only 2 given"),
        ("6.19", "access_ok(k, q, 4)", "access_ok(k, VERIFY_WRITE, q, 4)", "passed 3 arguments, but takes just 2"),
    ],
)
def test_access_ok_has_the_form_of_the_release(release: str, right: str, wrong: str, text: str) -> None:
    assert not findings(HEAD + FRAME.format(right), release)
    source = HEAD + FRAME.format(wrong)
    (found,) = (each for each in findings(source, release) if each.kind == ERROR)
    assert found.text == f'macro "access_ok" {text}'
    assert "5.0" in found.because or "4.19" in found.because
    assert is_cured(source, found, release)


@pytest.mark.parametrize("name", ["copy_to_user", "copy_from_user"])
def test_the_result_of_a_typed_copy_is_to_be_looked_at(name: str) -> None:
    call = "copy_to_user(k, s, t)" if name == "copy_to_user" else "copy_from_user(k, t, s)"
    found = findings(HEAD + f"    {call}\n{USED}")
    assert [each.text.partition(" [")[0] for each in found] == [
        f"ignoring return value of '{name}' declared with attribute 'warn_unused_result'"
    ]
    assert found[0].try_ == f"if {call}: return -EFAULT"
