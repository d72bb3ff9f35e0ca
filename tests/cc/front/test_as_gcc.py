"""Each row of the language beside its C: both go through gcc, and answer the same."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.cc.front.unit import compile_source

printed = pytest.importorskip("kshell.cc.back.printed").printed
pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here")

HEAD = """from kshell.linux import *
class e(Struct):
    nr: ULong
    small: Char
    next: Ptr["e"]
    name: Array[Char] = Array(Char, 8)
    link: list_head
class u(Union):
    whole: UInt
    byte: Array[UChar] = Array(UChar, 4)
N = 39
count: Int = 1
table: Array[Int] = Array(Int, 4, [1, 2, N])
def twice(k: Kernel, n: Int) -> Long:
    return 2 * n
def fact(k: Kernel, n: Int) -> Int:
    return 1 if n <= 1 else n * fact(k, n - 1)
def bump(k: Kernel) -> Int:
    global count
    count += 1
    return count
"""
C_HEAD = """
struct list { struct list *next, *prev; };
struct ce { unsigned long nr; char small; struct ce *next; char name[8]; struct list link; };
union cu { unsigned whole; unsigned char byte[4]; };
static int c_count = 1;
static int c_table[4] = {1, 2, 39};
static long c_twice(int n) { return 2 * n; }
static int c_fact(int n) { return n <= 1 ? 1 : n * c_fact(n - 1); }
static int c_bump(void) { return ++c_count; }
"""
ROWS = [
    ("return a // b if b else 0", "return b ? a / b : 0;"),
    ("return a % b if b else 0", "return b ? a % b : 0;"),
    ("return (a >> 3) + (b << 2)", "return (a >> 3) + (b << 2);"),
    ("return UInt(a) >> 3", "return (unsigned)a >> 3;"),
    ("return UInt(a) * b", "return (unsigned)a * b;"),
    ("return Long(a) * b", "return (long)a * b;"),
    ("return ~ULong(0) - a", "return ~0UL - a;"),
    ("return (a & b) ^ (a | 0xF0)", "return (a & b) ^ (a | 0xF0);"),
    ("return UChar(a) + Char(b) + Short(a)", "return (unsigned char)a + (signed char)b + (short)a;"),
    ("return U8(a) - U16(b)", "return (unsigned char)a - (unsigned short)b;"),
    ("return Bool(a) + Bool(b)", "return (_Bool)a + (_Bool)b;"),
    ("return a < b < 100", "return a < b && b < 100;"),
    ("return a < bump(k) < 5", "int t; return a < (t = c_bump()) && t < 5;"),
    ("return a and b or not a", "return (a && b) || !a;"),
    ("return -a + ~b + +a", "return -a + ~b + a;"),
    ("return UInt(a) < UInt(b)", "return (unsigned)a < (unsigned)b;"),
    ("return ord(\"a\") + N + 0x7FFFFFFF", "return 'a' + 39 + 0x7FFFFFFF;"),
    ("return 0xFFFFFFFF + a", "return 0xFFFFFFFF + a;"),
    ("return 4294967295 + a", "return 4294967295 + a;"),
    ("x = 0\nfor i in range(a & 15):\n    if i == 3:\n        continue\n    x += i\nreturn x",
     "int x = 0; for (int i = 0; i < (a & 15); i++) { if (i == 3) continue; x += i; } return x;"),
    ("x = 0\nfor i in range(20, b & 7, -3):\n    x = x * 3 + i\nreturn x",
     "int x = 0; for (int i = 20; i > (b & 7); i -= 3) x = x * 3 + i; return x;"),
    ("x = a & 63\nwhile (x := x - 7) > 0:\n    if x == 14:\n        break\nreturn x",
     "int x = a & 63; while ((x = x - 7) > 0) { if (x == 14) break; } return x;"),
    ("return fact(k, a & 7) + twice(k, b)", "return c_fact(a & 7) + c_twice(b);"),
    ("h: Fn[[Int], Long] = twice\nreturn h(k, a)", "return c_twice(a);"),
    ("return Fn[[Int], Long](ULong(twice))(k, a)", "return c_twice(a);"),
    ("return table[a & 3] + len(table) + sizeof(table)", "return c_table[a & 3] + 4UL + sizeof(c_table);"),
    ("t = Array(Int, 4, [a, b])\np: Ptr[Int] = t\np += 1\np[0] *= 3\nreturn t[1] + (p - t) + addr(t[3])[-3]",
     "int t[4] = {a, b}; int *p = t; p++; *p *= 3; return t[1] + (p - t) + (&t[3])[-3];"),
    ("v = e(nr=a, small=b)\np = addr(v)\np.next = p\np.next.next.nr += 3\nreturn p.nr + v.small + sizeof(e)",
     "struct ce v = {.nr = a, .small = b}; v.next = &v; v.nr += 3; return v.nr + v.small + sizeof(v);"),
    ("v = e()\nw = e(nr=5)\nv = w\nreturn v.nr + offsetof(e, \"link.prev\")",
     "struct ce w = {.nr = 5}, v = w; return v.nr + __builtin_offsetof(struct ce, link.prev);"),
    ("v = e(nr=a)\nreturn container_of(addr(v.link), e, \"link\").nr", "return (unsigned long)a;"),
    ("x = u()\nx.whole = UInt(a)\nreturn x.byte[1]", "union cu x; x.whole = a; return x.byte[1];"),
    ("s = \"hello\"\nreturn s[a & 3]", "return \"hello\"[a & 3];"),
    ("v = e(name=Array(Char, 8, \"hi\"))\nreturn v.name[1] + v.name[5]", "return 'i';"),
    ("p: Ptr[Int] = NULL\nreturn (p is None) + (not p) + (p == NULL)", "return 3;"),
    ("p = ERR_PTR(-12)\nreturn PTR_ERR(p) if IS_ERR(p) else 0", "return -12;"),
    ("x = a\nWRITE_ONCE(x, READ_ONCE(x) + 1)\nreturn x", "return a + 1;"),
    ("x: Long = a\nx <<= 3\nx |= b\nx //= 5\nreturn x", "long x = a; x <<= 3; x |= b; x /= 5; return x;"),
    ("c: Char = 0\nc += a\nreturn c", "signed char c = 0; c += a; return c;"),
    ("x = 3 if a else -1\ny = UInt(1) if b else x\nreturn y", "int x = a ? 3 : -1; return b ? 1u : x;"),
    ("h = list_head()\nv = e(nr=a)\nw = e(nr=b)\nh.next = addr(v.link)\nv.link.next = addr(w.link)\n"
     "w.link.next = addr(h)\nx: Long = 0\nfor p in list_for_each_entry(e, addr(h), \"link\"):\n    x = x * 3 + p.nr\nreturn x",
     "return (long)a * 3 + b;"),
]  # fmt: skip
INPUTS = [0, 1, -1, 2, 7, -7, 13, 100, 127, 255, -128, 65535, 1 << 30, (1 << 31) - 1, -(1 << 31)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """All rows twice: ours through the tree and its C, and the C of the table."""
    folder: Path = tmp_path_factory.mktemp("rows")
    text, c_text = HEAD, C_HEAD
    for at, (ours, theirs) in enumerate(ROWS):
        lines = "".join(f"    {line}\n" for line in ours.split("\n"))
        text += f"def ours_{at}(k: Kernel, a: Int, b: Int) -> Long:\n{lines}"
        c_text += f"long theirs_{at}(int a, int b) {{ {theirs} }}\n"
    unit, _ = compile_source(text, "rows.py")
    (folder / "rows.c").write_text(printed(unit))
    (folder / "theirs.c").write_text(c_text)
    flags = ["-w", "-O0", "-fwrapv", "-fno-strict-aliasing", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "rows.c", "theirs.c", "-o", "rows.so"], cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "rows.so"))


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[row[0] for row in ROWS])
def test_a_row_of_the_language_is_its_c(library: ctypes.CDLL, at: int) -> None:
    ours, theirs = library[f"ours_{at}"], library[f"theirs_{at}"]
    ours.restype = theirs.restype = ctypes.c_long
    for a in INPUTS:
        for b in INPUTS:
            if (a, b) != (-(1 << 31), -1):  # which the CPU cannot divide
                assert ours(a, b) == theirs(a, b), (a, b)
