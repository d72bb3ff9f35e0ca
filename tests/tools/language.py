"""Random sources in the language of modules: of a grammar that mostly keeps C's types, or samples made worse."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

HEAD = """from kshell.linux import *
from kshell.linux.uaccess import __get_user, __put_user

MODULE_LICENSE("GPL")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")


class node(Struct):
    number: Int
    wide: ULong
    next: Ptr["node"]
    text: Array[Char] = Array(Char, 16)


counter: Int = 3
table: Array[Long] = Array(Long, 8)
here = node()

"""
TAIL = """

def m_init(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0


def m_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(m_init)
module_exit(m_exit)
"""
NUMBERS = ("a", "b", "n", "counter", "here.number", "p.number", "0", "1", "-1", "7", "4096", "2147483647")
WIDE = (
    "w",
    "p.wide",
    "here.wide",
    "ULong(p)",
    "table[a & 7]",
    "ULong(1) << 40",
    "sizeof(node)",
    "18446744073709551615",
)
OPERATORS = ("+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
POINTERS = (
    *(
        "addr(here)",
        "p",
        "p + 1",
        "p.next",
        "Ptr[node](0)",
        "Ptr[node](8)",
        "Ptr[node](w)",
        "kmalloc(k, node, GFP_KERNEL)",
    ),
    *("Ptr[node](0xFFFFFFFF81000000)", "Ptr[node](0x500000)", "NULL", "Ptr[node](addr(table))", "Ptr[node](addr(p))"),
)
CALLS = (
    'pr_info(k, f"{a} {w:x} {p}")',
    'k.printk(KERN_NOTICE, f"{here.text}")',
    'snprintf(k, here.text, sizeof(here.text), f"{b}")',
    "kfree(k, p)",
    "memset(k, addr(here), a, 16)",
    "memcpy(k, addr(table), p, 16)",
    "copy_to_user(k, User[Void](w), addr(here), sizeof(here))",
    "copy_from_user(k, addr(here), User[Void](w), sizeof(here))",
    "copy_to_user(k, s, here)",
    "copy_to_user(k, s, p)",
    "copy_from_user(k, here, s)",
    "copy_from_user(k, here.text, User[Char](w), b)",
    "clear_user(k, s, b)",
    "strncpy_from_user(k, here.text, User[Char](w), 16)",
    "msleep(k, 1)",
    "try_module_get(k, THIS_MODULE)",
    "module_put(k, THIS_MODULE)",
    "BUG()",
    "WARN_ON(a)",
    "write_cr0(k, read_cr0(k) & ~ULong(65536))",
    "set_memory_rw(k, w, 1)",
    'strscpy(k, here.text, "kshell", a)',
)
USERS = (
    *("get_user(k, addr(a), u)", "get_user(k, addr(here.wide), u)", "get_user(k, addr(p.number), u + 1)"),
    *("put_user(k, a, u)", "put_user(k, helper(k, b), u + n)", "__get_user(k, addr(table[b & 7]), l)"),
    *("__put_user(k, w, l)", "__put_user(k, p, User[Ptr[node]](w))", "clear_user(k, s, 8) != 0"),
    *("Int(strnlen_user(k, User[Char](w), b))", "access_ok(k, VERIFY_READ, u, 4)", "access_ok(k, 0, s, ULong(b))"),
)
USER_POINTERS = (("u", "Int"), ("l", "ULong"), ("s", "node"))
ADDRESSES = ("w", "0x402000", "0x402ffe", "8", "0x7fffffffe000", "0xFFFF888000000000", "0xFFFFFFFF81000000", "1 << 47")
# What Python would do, and C has no word for.
HOSTILE = (
    *("open('/etc/passwd')", "__import__('os')", "eval('1')", "exec('x')", "globals()", "k.__class__", "().__class__"),
    *("lambda: 0", "[x for x in range(9)]", "{1: 2}", "print(1)", "os.system('true')", "getattr(k, 'x')", "k._log"),
    *("f'{k.__init__.__globals__}'", "(yield)", "...", "'a' * 9999999", "9 ** 9 ** 9", "1 << 99999", "~" * 40 + "1"),
    *("import os", "class A: pass", "del k", "raise SystemExit", "try:\n    pass\nfinally:\n    pass", "nonlocal x"),
)
WORD = re.compile(r"\w+|[^\w\s]")


def number(d: random.Random, depth: int = 2) -> str:
    """An expression of type int."""
    kind = d.random()
    if depth <= 0 or kind < 0.35:
        return d.choice(NUMBERS)
    if kind < 0.75:
        return f"({number(d, depth - 1)} {d.choice(OPERATORS)} {number(d, depth - 1)})"
    if kind < 0.85:
        return f"Int({wide(d, depth - 1)})"
    if kind < 0.9:
        return d.choice(USERS)
    if kind < 0.95:
        return f"({number(d, depth - 1)} if {truth(d)} else {number(d, depth - 1)})"
    return f"helper(k, {number(d, depth - 1)})"


def wide(d: random.Random, depth: int = 2) -> str:
    """An expression of type unsigned long."""
    if depth <= 0 or d.random() < 0.4:
        return f"ULong({d.choice(WIDE)})"
    return f"({wide(d, depth - 1)} {d.choice(OPERATORS)} ULong({number(d, depth - 1)}))"


def truth(d: random.Random) -> str:
    """A condition."""
    if d.random() < 0.2:
        return d.choice(["p is None", "not p", "a and b", "a < b < n", "p == addr(here)"])
    return f"{number(d, 1)} {d.choice(COMPARISONS)} {number(d, 1)}"


def statements(d: random.Random, depth: int, indent: str) -> list[str]:
    """A block."""
    found = []
    for _ in range(d.randrange(1, 6)):
        kind = d.random()
        if kind < 0.3:
            found.append(f"{indent}{d.choice(['a', 'b'])} = {number(d)}")
        elif kind < 0.42:
            found.append(f"{indent}{d.choice(['w', 'here.wide', 'table[b & 7]', 'p.wide'])} = {wide(d)}")
        elif kind < 0.52:
            found.append(f"{indent}p = {d.choice(POINTERS)}")
        elif kind < 0.66:
            found.append(f"{indent}{d.choice(CALLS)}")
        elif kind < 0.7:
            name, target = d.choice(USER_POINTERS)
            found.append(f"{indent}{name} = User[{target}]({d.choice(ADDRESSES)})")
        elif depth and kind < 0.8:
            found += [f"{indent}if {truth(d)}:", *statements(d, depth - 1, indent + "    ")]
        elif depth and kind < 0.88:
            found += [f"{indent}for i in range({number(d, 0)}):", *statements(d, depth - 1, indent + "    ")]
        elif depth and kind < 0.92:
            found += [f"{indent}while {truth(d)}:", *statements(d, depth - 1, indent + "    ")]
        else:
            found.append(f"{indent}return {number(d)}")
    return found


def function(d: random.Random, name: str) -> str:
    """One with locals of several types."""
    lines = [f"def {name}(k: Kernel, n: int) -> Long:", "    global counter", "    a: Int = n", "    b: Int = 2"]
    lines += [f"    {name}: User[{target}] = User[{target}](0x402000)" for name, target in USER_POINTERS]
    lines += ["    w: ULong = ULong(n)", "    p: Ptr[node] = addr(here)", *statements(d, 2, "    "), "    return a"]
    return "\n".join(lines)


def worse(d: random.Random, text: str) -> str:
    """A source with a few words of it gone, twice there, or changed for others."""
    for _ in range(d.choice([1, 1, 2, 5])):
        words = list(WORD.finditer(text))
        if not words:
            return text
        word = d.choice(words)
        other = d.choice([d.choice(words)[0], d.choice(HOSTILE), "", word[0] * 2, chr(d.randrange(1, 0x3000))])
        text = text[: word.start()] + other + text[word.end() :]
    return text


def module(d: random.Random, samples: Sequence[Path]) -> str:
    """A source."""
    kind = d.random()
    if kind < 0.3:
        return worse(d, d.choice(samples).read_text(encoding="utf-8"))
    text = f"{HEAD}\n{function(d, 'helper')}\n\n\n{function(d, 'handler')}\n{TAIL}"
    return worse(d, text) if kind < 0.45 else text
