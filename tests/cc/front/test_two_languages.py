"""What people write who think in Python, or in C: told in gcc's words, with a line that compiles."""

from __future__ import annotations

import pytest

from kshell.cc.finding import ERROR
from tests.cc.front.cures import findings, is_cured

HEAD = """\
from kshell.linux import *
class e(Struct):
    nr: Int
    next: Ptr["e"]
count: Int = 0
def take(k: Kernel, p: Ptr[e]) -> Int:
    return p.nr
def f(k: Kernel, n: int) -> Long:
    p = kmalloc(k, sizeof(e), GFP_KERNEL)
    q = kmalloc(k, e, GFP_KERNEL)
    buf: Array[Char] = Array(Char, 16)
"""
TAIL = "    kfree(k, p)\n    kfree(k, q)\n    return buf[0]\n"
SLIPS = [
    # Texts, as Python makes them.
    (
        "k.printk(KERN_INFO, 'n: %d' % n)",
        "invalid operands to binary % (have 'char *')",
        'k.printk(KERN_INFO, f"n: {n}")',
    ),
    ("k.printk(KERN_INFO, '%s %x' % (buf, n))", "invalid operands to binary %", 'k.printk(KERN_INFO, f"{buf} {n:x}")'),
    (
        "k.printk(KERN_INFO, 'n: ' + str(n))",
        "invalid operands to binary + (have 'char *')",
        "k.printk(KERN_INFO, f'n: {n}')",
    ),
    ("snprintf(k, buf, 16, 'n: ' + n + '!')", "invalid operands to binary +", "snprintf(k, buf, 16, f'n: {n}!')"),
    ("k.printk(KERN_INFO, 'n: {}'.format(n))", "request for member 'format'", 'k.printk(KERN_INFO, f"n: {n}"), or'),
    ("k.printk('KERN_INFO', 'n')", "expected a level of printk before the text", "k.printk(KERN_INFO, 'n')"),
    # C, in one line.
    ("k.printk(KERN_INFO 'n: %d', n)", "invalid syntax", 'k.printk(KERN_INFO, f"n: {n}")'),
    ('k.printk(KERN_INFO "it\'s %d", n)', "invalid syntax", 'k.printk(KERN_INFO, f"it\'s {n}")'),
    ("if n = 1:\n        return 1", "invalid syntax", "if n == 1:"),
    ("while n = 1:\n        return 1", "invalid syntax", "while n == 1:"),
    ("if n == 1\n        return 1", "expected ':'", "if n == 1:"),
    ("x = (unsigned long)q.next\n    return x", "invalid syntax", "x = ULong(q.next)"),
    ("x = (struct e *)p\n    return x.nr", "invalid syntax", "x = Ptr[e](p)"),
    ("return sizeof struct e", "invalid syntax", "return sizeof(e)"),
    ("goto out", "invalid syntax", "return -EINVAL"),
    # Structs and pointers.
    ("p.nr = 1", "dereferencing 'void *' pointer", "Ptr[e](p).nr = 1  (or p: Ptr[e] where it is declared)"),
    (
        "v: e = q\n    return v.nr",
        "incompatible types when assigning to type 'struct e' from type 'struct e *'",
        "q[0]",
    ),
    ("v = e(1, q)\n    return v.nr", "positional initialization of field in struct", "v = e(nr=1, next=q)"),
    ("return take(k, e(nr=1))", "conversion to non-scalar type requested", "v = e(nr=1)  (in a line of its own)"),
    ("r = kmalloc(k, e)\n    return r.nr", "too few arguments to function 'kmalloc'", "r = kmalloc(k, e, GFP_KERNEL)"),
    ("x = y = 3\n    return x + y", "expected ';' before '=' token", "y = 3; x = 3"),
    ("x: Integer = 3\n    return x", "unknown type name 'Integer'", "Int"),
    ("x: String = 'x'\n    return x[0]", "unknown type name 'String'", "Ptr[Const[Char]]"),
    (
        "for t in for_each_thing(k):\n        count = t",
        "implicit declaration of function 'for_each_thing'",
        "declare it",
    ),
]
UNTYPED = ("a line of its own", "declare it", ", or")  # advice of two lines, or in words


@pytest.mark.parametrize(("body", "words", "try_"), SLIPS, ids=[each[0] for each in SLIPS])
def test_a_slip_is_answered_with_a_line_that_compiles(body: str, words: str, try_: str) -> None:
    text = f"{HEAD}    {body}\n{TAIL}"
    found = next(each for each in findings(text) if each.kind == ERROR)
    assert words in found.text
    assert found.try_.startswith(try_), found
    assert found.line == HEAD.count("\n") + 1
    assert any(each in found.try_ for each in UNTYPED) or is_cured(text, found)


def test_switch_and_labels_are_told_to_be_none() -> None:
    for line, try_ in (("switch (n) {", "if n == 1:"), ("out:", "# out:")):
        (found,) = findings(f"{HEAD}    {line}\n        pass\n{TAIL}")
        assert (found.try_, found.because.startswith("that is C: ")) == (try_, True)


def test_a_walk_that_python_would_do_is_told_to_be_a_loop_that_counts() -> None:
    for walked in ("zip(buf, buf)", "buf", "sorted(buf)"):
        (found,) = findings(f"{HEAD}    for x in {walked}:\n        pass\n{TAIL}")
        assert (found.text, found.try_) == ("expected expression before 'in'", "for i in range(len(a)): ... a[i]")


def test_what_a_copy_answers_is_looked_at() -> None:
    for call, try_ in (
        ("copy_to_user(k, User[Void](0), buf, 4)", "if copy_to_user(k, User[Void](0), buf, 4): return -EFAULT"),
        (
            "strncpy_from_user(k, buf, User[Char](0), 4)",
            "if strncpy_from_user(k, buf, User[Char](0), 4) < 0: return -EFAULT",
        ),
    ):
        text = f"{HEAD}    {call}\n{TAIL}"
        (found,) = findings(text)
        assert (found.kind, found.try_) == ("warning", try_)
        assert is_cured(text, found)
        assert not findings(f"{HEAD}    n = {call}\n{TAIL}")
