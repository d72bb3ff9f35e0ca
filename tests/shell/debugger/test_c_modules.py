"""Modules in C, stepped by the lines of their debugging information: gcc makes frames late, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc import c_compiler
from kshell.cc.c_compiler import find_compiler
from tests.shell.debugger.debug_lab import debug

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")
SOURCE = """\
#include <linux/kernel.h>
#include <linux/module.h>

extern long (*STUB_test_call)(int);

static long noinline fact(long n)
{
	long rest;

	if (n < 2)
		return 1;
	rest = fact(n - 1);
	printk(KERN_INFO "fact of %ld\\n", n);
	return n * rest;
}

static long handler(int n)
{
	long result = fact(n);

	return result + 1;
}

static int __init c_init(void)
{
	STUB_test_call = handler;
	return 0;
}

static void __exit c_exit(void)
{
	STUB_test_call = NULL;
}

module_init(c_init);
module_exit(c_exit);
MODULE_LICENSE("GPL");
"""


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.c").write_text(SOURCE, encoding="utf-8")


@needs_compiler
def test_a_line_of_c_is_a_place_and_each_frame_of_a_recursion_has_its_arguments() -> None:
    shown = debug("insmod c.c", "break c.c:13", "syscall test_call 3", "bt", "finish", "quit")
    assert "Breakpoint 1, fact (n=2) at c.c:13" in shown
    assert '13\t\tprintk(KERN_INFO "fact of %ld\\n", n);' in shown
    frames = [line for line in shown if line.startswith("#")]
    assert frames[0] == "#0  fact (n=2) at c.c:13"
    assert frames[1].endswith(" in fact (n=3) at c.c:12")
    assert " in handler (n=" in frames[2]
    assert frames[3].endswith("in __do_sys_test_call (test_int=3) at SystemCalls/test_call.py:22")
    assert "Value returned is $1 = 2" in shown
    assert shown[-1] == "test_call(3)                            = 7"


@needs_compiler
def test_next_passes_a_recursion_in_c_and_comes_out_in_the_caller() -> None:
    shown = debug("insmod c.c", "break fact", "syscall test_call 3", "delete", "n", "n", "info locals", "n", "n", "c")
    lines = [int(line.split("\t")[0]) for line in shown if "\t" in line]
    assert lines[-4:] == [12, 13, 14, 21]
    assert "rest = 2" in shown
    assert shown[-1] == "test_call(3)                            = 7"


@needs_compiler
def test_an_init_function_in_c_is_waited_for() -> None:
    shown = debug("break c.c:c_init", "insmod c.c", "bt", "finish", "c", "syscall test_call 1")
    assert any(line.startswith("#0  c_init () at c.c:2") for line in shown)
    assert "Value returned is $1 = 0" in shown
    assert shown[-1] == "test_call(1)                            = 2"


@needs_compiler
def test_a_function_that_keeps_its_arguments_in_its_frame_stops_when_they_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flags = tuple("-O0" if each == "-Og" else each for each in c_compiler.FLAGS)
    monkeypatch.setattr(c_compiler, "FLAGS", flags)
    shown = debug("insmod c.c", "break handler", "syscall test_call 3", "print n", "quit")
    assert any(line.startswith("Breakpoint 1, handler (n=3) at c.c:") for line in shown)
    assert "$1 = 3" in shown
