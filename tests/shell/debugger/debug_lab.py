"""Modules to be stepped through, and what a script shows of it."""

from __future__ import annotations

import io
import json
from typing import Any

from kshell.shell.session import Session
from kshell.shell.views.output import JsonOutput
from tests.shell.lab import screen

# fact calls itself; handler has a struct, an array, and ways to loop and to fail.
STEPS = """\
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
calls: ULong = 0
class entry(Struct):
    nr: Int
    name: Array[Char] = Array(Char, 16)
    next: Ptr["entry"]

def fact(k: Kernel, n: Int) -> Long:
    if n < 2:
        return 1
    rest = fact(k, n - 1)
    return n * rest

def handler(k: Kernel, n: int) -> Long:
    global calls
    calls += 1
    numbers: Array[Int] = Array(Int, 3, [10, 20, 30])
    p = kmalloc(k, entry, GFP_KERNEL)
    p.nr = numbers[n & 1]
    p.next = p
    result = fact(k, n)
    while n == 9:
        calls += 1
    result = result // (8 - n)
    kfree(k, p)
    return result

def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0

def stop(k: Kernel) -> None:
    k[STUB_test_call] = None

module_init(start)
module_exit(stop)
"""


def line_of(text: str) -> int:
    """The number of the line of STEPS that begins so."""
    return next(at for at, line in enumerate(STEPS.splitlines(), 1) if line.strip().startswith(text))


def debug(*lines: str) -> list[str]:
    """What a script shows; errors are told with it."""
    shown, errors, _ = screen(*lines)
    return [line for line in (shown + errors).split("\n") if line]


def debug_json(*lines: str) -> list[dict[str, Any]]:
    """The objects that a script shows."""
    out = io.StringIO()
    Session("course", output=JsonOutput(out), keep_going=True).run_lines(lines)
    return [json.loads(line) for line in out.getvalue().splitlines()]
