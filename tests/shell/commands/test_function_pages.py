"""help NAME of each function of kshell.linux: signature, meaning, what it answers, and a line that compiles."""

from __future__ import annotations

import ast

import pytest

from kshell.cc.finding import ERROR
from kshell.cc.front.headers_index import texts
from kshell.cc.front.initializers import TEMPLATES
from kshell.cc.front.primitives import TOP_LEVEL
from tests.cc.front.cures import findings
from tests.shell.lab import Lab

HEAD = """from kshell.linux import *
from kshell.linux.uaccess import __get_user, __put_user
class e(Struct):
    n: Int
    list: list_head
    node: hlist_node
    rb: rb_node
    name: Array[Char] = Array(Char, 16)
STUB_x: Stub[[int]] = Stub("STUB_x")
count: Int = 0
people = LIST_HEAD()
names = HLIST_HEAD()
by_nr = DEFINE_HASHTABLE(3)
tree = RB_ROOT
refs = ATOMIC_INIT(1)
total = ATOMIC64_INIT(1)
users = REFCOUNT_INIT(1)
mode = Param("mode", 1)
module_param(mode, "int", 0o644)
def start(k: Kernel) -> int:
    return 0
def stop(k: Kernel) -> None:
    pass
"""
FRAME = """def f(k: Kernel, n: Int, p: User[Int], s: User[e], path: User[Const[Char]]) -> Long:
    x: Int = 0
    v = e(n=n)
    q = addr(v)
    buf: Array[Char] = Array(Char, 16)
    table: ULong = 0
    line: Ptr[Char] = buf
    {}
    return x + q.n + buf[0] + Long(table)
"""
AT_THE_TOP = (*TOP_LEVEL, *TEMPLATES, "extern", *(f"SYSCALL_DEFINE{digit}" for digit in range(7)))


def functions() -> list[tuple[str, str]]:
    """Each function of a header: the header and its name."""
    return sorted(
        {
            (header, node.name)
            for header, text in texts().items()
            for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef)
        }
    )


def compiles(name: str, lines: str) -> bool:
    """Whether one release takes them, at the top of a file or in a function."""
    lines_above = [each for each in HEAD.split("\n") if name not in TEMPLATES or not each.startswith(lines.split()[0])]
    text = "\n".join(lines_above) + (lines if name in AT_THE_TOP else FRAME.format(lines))
    return any(all(each.kind != ERROR for each in findings(text, release)) for release in ("4.19", "6.19"))


@pytest.mark.parametrize(("header", "name"), functions())
def test_every_function_has_a_page_with_a_line_that_compiles(shared: Lab, header: str, name: str) -> None:
    page = shared.json(f"help {name}")
    assert all(each.startswith(f"{name}(") for each in page["signatures"])
    assert page["signatures"]
    assert page["summary"].endswith(".")
    example = page["example"]
    assert name in example
    lines = [example] if name in AT_THE_TOP else example.split("\n")
    assert all(compiles(name, each) for each in lines)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("get_user", "-EFAULT"),
        ("copy_to_user", "> 0"),
        ("strncpy_from_user", "-EFAULT"),
        ("strnlen_user", "0"),
        ("kmalloc", "NULL"),
        ("strscpy", "-E2BIG"),
        ("set_memory_ro", "-EFAULT"),
    ],
)
def test_a_page_says_what_a_failure_answers(shared: Lab, name: str, result: str) -> None:
    assert [each["result"] for each in shared.json(f"help {name}")["errors"]] == [result]
    lines = shared.text(f"help {name}").split("\n")
    assert lines[lines.index("Errors") + 1].startswith(f"  {result} ")


def test_a_page_of_what_cannot_fail_says_so(shared: Lab) -> None:
    assert "Errors\n  none\n" in shared.text("help kfree")
