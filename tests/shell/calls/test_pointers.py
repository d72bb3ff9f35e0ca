"""Calls that take pointers: what is typed for them, and what strace's line and the result show of where they lead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kshell.cc.c_compiler import find_compiler
from tests.shell.lab import Lab
from tests.shell.pointer_calls import add_calls

FORMS = [(version, suffix) for version in ("4.19", "6.19") for suffix in (".py", ".c")]
PAIR = '{a=5, b=-1, name="hello", next=NULL, n=[0, 7, 0]}'
ZEROS = '{a=0, b=0, name="", next=NULL, n=[0, 0, 0]}'


@pytest.fixture(scope="module", params=FORMS, ids=["-".join(form) for form in FORMS])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A machine whose kernel has the calls."""
    version, suffix = request.param
    if suffix == ".c" and find_compiler() is None:
        pytest.skip("no compiler for C")
    folder, before = tmp_path_factory.mktemp("tree"), Path.cwd()
    os.chdir(folder)
    try:
        tree = add_calls(folder, version, suffix)
        made = tree.make()
        assert not made.errors, made.show()
        assert not made.notes, made.show()  # of the prototypes above all
        assert not tree.make("install").errors
        lab = Lab()
        lab.json("boot test_kernel")
        yield lab
    finally:
        os.chdir(before)


def line(lab: Lab, words: str) -> str:
    """strace's line, with one blank before the result."""
    text = lab.text(f"syscall {words}").split("\n")[0]
    return " = ".join(part.strip() for part in text.rsplit("= ", 1))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("sum3 2 3 buf:4", "sum3(2, 3, [5]) = 0"),
        ("sum3 -1 -2 int:77", "sum3(-1, -2, [-3]) = 0"),
        ("sum3 2 3 NULL", "sum3(2, 3, NULL) = -1 EFAULT (Bad address)"),
        ("sum3 2 3 8", "sum3(2, 3, 0x8) = -1 EFAULT (Bad address)"),
        ("getpair 5 buf:48", f"getpair(5, {PAIR}) = 0"),
        ("getpair 5 struct:", f"getpair(5, {PAIR}) = 0"),
        ("getpair 5 NULL", "getpair(5, NULL) = -1 EFAULT (Bad address)"),
        ("usepair buf:40", f"usepair({ZEROS}) = 0"),
        (
            "usepair struct:a=40,b=-2,name=eight888,next=0x10,n[1]=4",
            'usepair({a=40, b=-2, name="eight888"..., next=0x10, n=[0, 4, 0]}) = 42',
        ),
        ("usepair 0x10", "usepair(0x10) = -1 EFAULT (Bad address)"),
        ("total int:1,2,39 3", "total([1], 3) = 42"),
        ("total NULL 0", "total(NULL, 0) = 0"),
        ("fill buf:8 8", 'fill("abc", 8) = 0'),
        ("fill 8 8", "fill(0x8, 8) = -1 EFAULT (Bad address)"),
    ],
)
def test_a_line_shows_where_a_pointer_leads_by_its_type(machine: Lab, words: str, shown: str) -> None:
    assert line(machine, words) == shown


@pytest.mark.parametrize(
    ("words", "kind", "value", "data"),
    [
        ("sum3 2 3 buf:4", "int", "[5]", "05000000"),
        ("sum3 2 3 int:1,2", "int", "[5, 2]", "0500000002000000"),
        ("sum3 2 3 buf:5", None, None, "0500000000"),
        ("getpair 5 buf:40", "struct pair", PAIR, None),
        ("getpair 5 buf:50", "struct pair", PAIR, None),
        ("total int:1,2 2", "int", "[1, 2]", "0100000002000000"),
        ("fill buf:4 4", None, None, "61626300"),
    ],
)
def test_the_result_has_the_value_by_its_type(
    machine: Lab, words: str, kind: str | None, value: str | None, data: str | None
) -> None:
    (memory,) = machine.json(f"syscall {words}")["memory"]
    assert (memory.get("type"), memory.get("value")) == (kind, value)
    assert data is None or memory["bytes"] == data


def test_bytes_are_shown_of_what_has_no_type_or_is_longer(machine: Lab) -> None:
    assert machine.text("syscall sum3 2 3 int:0").split("\n")[1:] == ["  result at 0x402000, int: [5]"]
    longer = machine.text("syscall getpair 5 buf:41").split("\n")
    assert longer[1] == f"  out at 0x402000, struct pair: {PAIR}"
    assert longer[2] == "  out at 0x402000, 41 bytes:"
    assert machine.text("syscall fill buf:4 4").split("\n")[1] == "  buf at 0x402000, 4 bytes:"


def test_a_bad_pointer_is_answered_with_the_call_and_memory_for_it(machine: Lab) -> None:
    said = machine.json("syscall sum3 2 3 NULL")
    assert said["because"].startswith("result cannot be written") or machine.session.tree
    assert said["try"].startswith("syscall sum3 2 3 int:0  (")
    assert machine.json("syscall usepair 8")["try"].startswith("syscall usepair struct:  (")
    assert machine.error("syscall sum3 2 3")["try"].startswith("syscall sum3 2 3 int:0")


@pytest.mark.parametrize(
    ("words", "what", "try_"),
    [
        ("usepair struct:c=1", "struct pair has no member c", "struct:a=1"),
        ("usepair struct:nam=x", "struct pair has no member nam", "struct:name=1"),
        ("usepair struct:n=1", "n is no number", "struct:n[0]=1"),
        ("usepair struct:n[3]=1", "short int [3] has no member 3", "struct:"),
        ("usepair struct:a", "a is no member", "struct:a=1"),
        ("usepair struct:a=x", "x is not a number", "int:5"),
        ("usepair struct:a=0x100000000", "0x100000000 does not fit", "long:"),
        ("usepair struct:name=morethan8", "morethan8 does not fit", "struct:name=more"),
        ("sum3 2 3 struct:a=1", "struct:a=1 has no type", "buf:64"),
        ("sum3 2 3 char:300", "300 does not fit", "long:300"),
        ("sum3 2 3 int:x", "x is not a number", "int:5"),
    ],
)
@pytest.mark.parametrize("machine", [FORMS[0]], indirect=True)
def test_what_is_no_value_of_the_type_is_refused(machine: Lab, words: str, what: str, try_: str) -> None:
    error = machine.error(f"syscall {words}")
    assert what in error["what"] or what.replace("short int [3]", "short [3]") in error["what"]
    assert try_ in error["try"]
