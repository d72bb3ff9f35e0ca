"""Sources that want to hurt: each is refused or compiled, soon, and nothing else happens."""

from __future__ import annotations

import time

import pytest

from kshell.cc.front.unit import compile_source
from kshell.cc.source_error import SourceError

HEAD = "from kshell.linux import *\ndef f(k: Kernel, n: Int) -> Int:\n"
TOP = "from kshell.linux import *\n"
# What hung or filled the host's memory when a source was executed.
BOMBS = {
    "doubled string": TOP + "s = 'x'\n" + "s = s + s\n" * 36,
    "doubled list": TOP + "a = [1]\n" + "a = [*a, *a]\n" * 36,
    "hash of a tree": TOP + "a = (1,)\n" + "a = (a, a)\n" * 60 + "b = {a: 1}\n",
    "squares": TOP + "x = 99999999999\n" + "x = x * x\n" * 60,
    "width": TOP + "s = '%*d' % (2147483647, 1)\n",
    "hook of a class": TOP + "class A:\n    def __init_subclass__(cls):\n        exit(7)\nclass B(A):\n    pass\n",
    "width in a function": HEAD + "    k.printk(KERN_INFO, '%*d' % (2147483647, 1))\n    return 0\n",
    "width of a value": HEAD + "    k.printk(KERN_INFO, f'{n:99999999999999999999}')\n    return 0\n",
    "power": HEAD + "    return 9 ** 9 ** 9 ** 9\n",
    "shift": HEAD + "    return 1 << 10 ** 12\n",
    "repeated string": HEAD + "    s = 'x' * (1 << 40)\n    return 0\n",
    "long name": TOP + "def " + "a" * 200_000 + "(k: Kernel) -> Int:\n    return b\n",
    "many arguments": HEAD + "    return f(k, " + ", ".join(["n"] * 20_000) + ")\n",
    "deep types": TOP + "x: " + "Ptr[" * 90 + "Int" + "]" * 90 + "\n",
}
HOSTILE = {
    **BOMBS,
    "parentheses": HEAD + "    return " + "(" * 5000 + "1" + ")" * 5000,
    "minus": HEAD + "    return " + "-" * 100_000 + "1",
    "sum": HEAD + "    return " + "+".join(["n"] * 50_000),
    "subscripts": HEAD + "    return n" + "[0]" * 20_000,
    "elif": HEAD + "    if n == 0:\n        pass\n" + "    elif n == 1:\n        pass\n" * 500 + "    return 1\n",
    "and": HEAD + "    return " + " and ".join(["n"] * 5000),
    "chain": HEAD + "    return " + " < ".join(["n"] * 5000),
    "number": HEAD + "    return " + "9" * 100_000,
    "hex": HEAD + "    return 0x" + "f" * 100_000,
    "size": "#" * (2 << 20),
    "nul": "a\0b",
    "surrogate": "x = '\ud800'",
    "arrays": "from kshell.linux import *\n" + "".join(f"a{i}: Array[Char] = Array(Char, 1 << 22)\n" for i in range(9)),
    "struct": "from kshell.linux import *\nclass a(Struct):\n    x: a\n",
    "quoted type": HEAD.replace("Int) ->", "'" + "(" * 200 + "') ->") + "    return 0\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_source_is_refused_in_time(name: str) -> None:
    start = time.process_time()
    with pytest.raises(SourceError):
        compile_source(HOSTILE[name], "t.py")
    assert time.process_time() - start < 5


def test_a_source_is_read_and_never_executed(tmp_path: object) -> None:
    text = f"from kshell.linux import *\nx: Int = open({str(tmp_path)!r} + '/x', 'w')\n"
    with pytest.raises(SourceError):
        compile_source(text, "t.py")
    assert not list(__import__("pathlib").Path(str(tmp_path)).iterdir())
