"""Modules that are odd on purpose: each must end in an answer, a refusal or an oops, never in a traceback of ours."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from kshell.shell.modules.insmod import rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

HANDLERS = {
    "clears its own globals": "globals().clear()\n    return 1",
    "deletes itself": "global handler\n    del handler\n    return 1",
    "replaces itself": "global handler\n    handler = 5\n    return 1",
    "redefines a helper while running": "globals()['m_exit'] = None\n    return 1",
    "forgets which module it is": "globals()['__this_module__'] = 5\n    return n // 0",
    "takes its tick away": "del globals()['__kshell_tick__']\n    while True:\n        pass",
    "empties its sections": "globals()['__kshell_sections__'] = None\n    return 1",
    "declares another init": "module_init(handler)\n    return 1",
    "declares another stub": "k[Stub('late')] = handler\n    return 1",
    "uses a late extern": "return k[extern('STUB_test_call')](k, 1)",
    "calls the stub itself": "stub = [STUB_test_call]\n    return stub[0](k, n)",
    "calls itself through the stub": "return k[STUB_test_call](k, n)",
    "stores into a number": "k[5] = handler\n    return 1",
    "loads what is no address": "return k.memory.load('here')",
    "loads a negative address": "return k.memory.load(-8)",
    "loads beyond 64 bits": "return k.memory.load(1 << 70)",
    "loads non-canonical": "return k.memory.load(1 << 50)",
    "reads user memory": "return k.memory.load(0x401000)",
    "reads a great deal": "return len(k.memory.read(k.sys_call_table, 1 << 40))",
    "calls no address": "return k.call('nothing')",
    "calls a negative address": "return k.call(-1)",
    "calls a call's wrapper without registers": "return k.call(k.memory.load(k.sys_call_table))",
    "prints an odd object": "k.printk(KERN_INFO, Odd())\n    return 1",
    "returns an odd int": "return OddInt(5)",
    "raises an odd exception": "raise OddError",
    "raises from a chain": "try:\n        1 // 0\n    except ZeroDivisionError as e:\n        raise ValueError from e",
    "raises a group": "raise ExceptionGroup('many', [ValueError(1), TypeError(2)])",
    "asserts": "assert n == 0, 'n is not 0'",
    "yields": "yield 1",
    "is deep": "return (lambda f: f(f))(lambda f: f(f))",
    "exhausts memory": "return len(bytes(1 << 60))",
    "counts too far": "return 1 << 100000",
    "prints without end": "while True:\n        k.printk(KERN_INFO, 'again')",
    "stores in text": "k.memory.store(k.pointer_to(handler), 0)\n    return 1",
    "protects what is not there": "return set_memory_rw(k, k.sys_call_table, 0) + set_memory_ro(k, 5, 1 << 3)",
}
CLASSES = """
class Odd:
    def __str__(self):
        raise ValueError("no text")
    __repr__ = __str__
class OddInt(int):
    def __lt__(self, other):
        raise ValueError("not comparable")
    __index__ = __int__ = __lt__
class OddError(Exception):
    def __str__(self):
        raise OddError
"""


@pytest.mark.parametrize("profile", ["course"])
@pytest.mark.parametrize("name", HANDLERS)
def test_an_odd_handler_ends_in_an_answer_or_an_oops(tmp_path: Path, name: str, profile: str) -> None:
    lab = Lab(tmp_path, profile)
    lab.k.tick_budget = 5000
    lab.handler(f"def handler(k, n):\n    {HANDLERS[name]}\n{CLASSES}")
    outcome = lab.call(335, 7).outcome
    assert outcome.kind in ("returned", "killed")
    if outcome.kind == "killed":
        assert lab.k.oopses == 1 or "L" in lab.k.taint.letters
    lab.assert_well()
    with suppress(ModuleError):
        rmmod(lab.k, "m")
    lab.assert_well()


TOPS = {
    "clears its globals": "globals().clear()",
    "says it is another module": "__this_module__ = None\n__name__ = 7\n__file__ = None",
    "spoils its sections": "__kshell_sections__ = {'.init': [3], '.bss': [4], '__ksymtab': None}",
    "spoils its sections more": "__kshell_sections__ = {'.init': 3}",
    "has a deep expression": "x = [" * 80 + "]" * 80,
    "uses match": "match 5:\n    case int():\n        pass",
    "has an async for": "async def f(k):\n    async for x in k:\n        pass\n    [y async for y in k]",
    "has except star": "try:\n    1 // 0\nexcept* ZeroDivisionError:\n    pass",
    "has a walrus in a comprehension": "x = [y := i for i in range(9) if (z := i)]",
    "has a thousand functions": "\n".join(f"def f{i}(k):\n    return {i}" for i in range(1000)),
    "has a name in no C": "def größe(k):\n    return 0",
    "raises at once": "raise Exception",
    "raises an odd exception": "class E(Exception):\n    def __str__(self):\n        raise E\nraise E",
    "recurses at once": "def f():\n    return f()\nf()",
    "loops at once": "while True:\n    pass",
    "loops and catches": "while True:\n    try:\n        while 1:\n            1\n    except BaseException:\n        1",
    "asks for the moon": "x = bytes(1 << 60)",
}


@pytest.mark.parametrize("name", TOPS)
def test_an_odd_top_level_is_loaded_or_refused(tmp_path: Path, name: str) -> None:
    lab = Lab(tmp_path)
    lab.k.tick_budget = 5000
    with suppress(ModuleError):
        lab.load(TOPS[name] + "\n")
        rmmod(lab.k, "m")
    lab.assert_well()
    lab.load("", "another")
