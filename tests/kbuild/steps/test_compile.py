"""CC: what an object holds, and the errors that a C compiler has and Python has not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.compile import MOST_TEXT, Compiled, compile_source
from kshell.kbuild.steps.object_facts import ObjectFacts, facts_of_json
from kshell.kbuild.steps.read_facts import read_facts
from tests.kbuild.tree_lab import CALL, MODULE
from tests.kernel.module.elf_lab import needs_compiler

HEAD = "from kshell.linux import *\n"
RELEASE, VERSION = "4.19.1-test", (4, 19)


def compiled(text: str, path: str = "SystemCalls/x.py", *, builtin: bool = True) -> Compiled:
    return compile_source(text, path, RELEASE, VERSION, builtin=builtin)


def facts(text: str, path: str, *, builtin: bool) -> ObjectFacts:
    """What the later steps know of a source that has no error."""
    found = compiled(text, path, builtin=builtin)
    assert found.messages == []
    assert found.object is not None
    return read_facts(found.object, path)


def errors(text: str) -> list[BuildMessage]:
    """The errors of a source under HEAD; there is an object or there are errors."""
    found = compiled(HEAD + text)
    messages = [message for message in found.messages if message.kind == ERROR]
    assert (found.object is None) == bool(messages)
    return messages


def test_an_object_holds_its_symbols_and_their_lines() -> None:
    found = facts(CALL, "SystemCalls/test_call.py", builtin=True)
    assert found.source == "SystemCalls/test_call.py"
    assert [(each.name, each.section, each.line, each.weak) for each in found.defined] == [
        ("__x64_sys_test_call", ".text", 10, False),
        ("STUB_test_call", ".bss", 4, False),
    ]
    assert found.exports == [("STUB_test_call", False)]
    assert [each.name for each in found.wanted] == ["printk"]
    assert found.syscalls == [("test_call", "test_call(int test_int)", "SYSCALL_DEFINE1(test_call, int, test_int)", 10)]
    assert found.has_init is False


def test_the_object_of_a_module_knows_what_it_needs() -> None:
    found = facts(MODULE, "SystemCalls/syscallModule.py", builtin=False)
    assert [each.name for each in found.defined] == ["my_test_call", "hello_init", "hello_exit"]
    assert [(each.name, each.line, each.function) for each in found.wanted] == [
        ("printk", 10, "my_test_call"),
        ("STUB_test_call", 15, "hello_init"),
    ]
    assert ("license", "GPL") in found.info
    assert found.has_init is True


SEVERAL = """from kshell.linux import *

def helper(k: Kernel) -> int:
    return 1
EXPORT_SYMBOL_GPL(helper)

@SYSCALL_DEFINE0
def nothing(k: Kernel) -> Long:
    return helper(k)

@SYSCALL_DEFINE2
def both(k: Kernel, text: Ptr[Const[Char]], n: ULong) -> Long:
    return outside(k)

outside: Stub[[]] = extern("outside")
COND_SYSCALL("gone")
"""
SEVERAL_C = """#include <linux/module.h>
#include <linux/syscalls.h>
extern long outside(void);
int helper(void);
int helper(void) { return 1; }
EXPORT_SYMBOL_GPL(helper);

SYSCALL_DEFINE0(nothing) {
    return helper();
}

SYSCALL_DEFINE2(both, const char *, text, unsigned long, n) {
    return outside();
}

COND_SYSCALL(gone)
"""


@pytest.mark.parametrize("suffix", ["py", pytest.param("c", marks=needs_compiler)])
def test_the_same_is_known_of_an_object_whatever_its_source_is(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"x.{suffix}").write_text(SEVERAL if suffix == "py" else SEVERAL_C)
    text = (tmp_path / f"x.{suffix}").read_text()
    made = compile_source(text, f"x.{suffix}", RELEASE, VERSION, builtin=True, folder=str(tmp_path))
    assert made.messages == []
    assert made.object is not None
    found = read_facts(made.object, f"x.{suffix}")
    assert {each.name for each in found.defined if not each.weak} == {"helper", "__x64_sys_nothing", "__x64_sys_both"}
    assert {each.name for each in found.defined if each.weak} == {"__x64_sys_gone"}
    assert found.exports == [("helper", True)]
    assert sorted(each.macro for each in found.syscalls) == [
        "SYSCALL_DEFINE0(nothing)",
        "SYSCALL_DEFINE2(both, const char *, text, unsigned long, n)",
    ]
    assert sorted(each.signature for each in found.syscalls) == [
        "both(const char *text, unsigned long n)",
        "nothing(void)",
    ]
    lines = {each.name: each.line for each in found.syscalls}
    assert [text.split("\n")[lines[name] - 1].partition("(")[0] for name in ("nothing", "both")] == (
        ["def nothing", "def both"] if suffix == "py" else ["SYSCALL_DEFINE0", "SYSCALL_DEFINE2"]
    )
    (wanted,) = found.wanted
    assert (wanted.name, wanted.function, wanted.section) == ("outside", "__do_sys_both", ".text")
    assert "return outside(" in text.split("\n")[wanted.line - 1]
    assert facts_of_json(json.loads(json.dumps(found))) == found


def test_neither_a_module_nor_the_kernel_imports_python() -> None:
    for builtin in (True, False):
        found = compiled(HEAD + "from kshell.kernel.kernel import Kernel as K\n", builtin=builtin)
        assert found.object is None
        assert found.messages[0].text == "a kernel module cannot import kshell.kernel.kernel"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("def f(:\n    pass\n", 2, 7, "invalid syntax"),
        ("def f(k: Kernel) -> int:\n    return nothing\n", 3, 12, "'nothing' undeclared (first use in this function)"),
        (
            "def f(k: Kernel) -> int:\n    return go(k)\n",
            3,
            12,
            "implicit declaration of function 'go' [-Werror=implicit-function-declaration]",
        ),
        ("X = 9**9**9**9\n", 2, 11, "expected expression before '**' token"),
        ("raise SystemExit\n", 2, 1, "expected identifier or '(' before 'raise'"),
        ("def f(k: Kernel) -> None:\n    pass\ndef f(k: Kernel) -> None:\n    pass\n", 4, 1, "redefinition of 'f'"),
        ("from kshell.linux import Nit\n", 2, 26, "'Nit' undeclared here (not in a function)"),
        (
            "@SYSCALL_DEFINE1\ndef f(k: Kernel) -> Long:\n    return 0\n",
            2,
            2,
            'macro "__MAP1" requires 4 arguments, but only 2 given',
        ),
        (
            "@SYSCALL_DEFINE1\ndef f(k: Kernel, a: size_tt) -> Long:\n    return 0\n",
            3,
            21,
            "'size_tt' undeclared here (not in a function)",
        ),
        (
            "@SYSCALL_DEFINE1\ndef f(k: Kernel, a: Int, b: Int) -> Long:\n    return b\n",
            4,
            12,
            "'b' undeclared (first use in this function)",
        ),
    ],
)
def test_errors_have_gcc_s_words_and_a_caret_at_their_place(text: str, line: int, column: int, words: str) -> None:
    first = errors(text)[0]
    assert (first.text, first.line, first.column) == (words, line, column)
    shown, caret = first.excerpt
    assert shown == f"{line:5d} | {(HEAD + text).splitlines()[line - 1]}"
    assert caret.index("^") == len("      | ") + column - 1
    assert first.because
    assert first.try_


def test_every_undeclared_name_of_a_function_is_told_once() -> None:
    head = "def {}(k: Kernel) -> int:\n"
    text = head.format("f") + "    a = one\n    b = two\n    return one\n" + head.format("g") + "    return one\n"
    assert [(e.line, e.text.split("'")[1]) for e in errors(text)] == [(3, "one"), (4, "two"), (7, "one")]


def test_a_file_without_an_end_is_too_large() -> None:
    found = compiled("# x\n" * MOST_TEXT, "x.py")
    assert [message.text for message in found.messages] == ["file too large"]


@pytest.mark.parametrize(
    "text", ["X = " + "-" * 90_000 + "1\n", "X = a" + ".b" * 40_000 + "\n", "X = " + "9" * 9000 + "\n"]
)
def test_what_is_nested_too_deeply_has_a_message_with_words(text: str) -> None:
    assert errors(text)[0].text.strip()


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.integers(0, 600), st.booleans())
def test_whatever_the_text_there_is_an_object_or_an_error(words: str, at: int, builtin: bool) -> None:
    text = CALL if builtin else MODULE
    made = compiled(text[:at] + words + text[at:], "x.py", builtin=builtin)
    found = [str(message) for message in made.messages if message.kind == ERROR]
    assert (made.object is None) == bool(found)


# gcc itself.

MACROS = """#define __MAP0(m,...)
#define __MAP1(m,t,a,...) m(t,a)
#define __MAP2(m,t,a,...) m(t,a), __MAP1(m,__VA_ARGS__)
#define __MAP3(m,t,a,...) m(t,a), __MAP2(m,__VA_ARGS__)
#define __MAP4(m,t,a,...) m(t,a), __MAP3(m,__VA_ARGS__)
#define __MAP5(m,t,a,...) m(t,a), __MAP4(m,__VA_ARGS__)
#define __MAP6(m,t,a,...) m(t,a), __MAP5(m,__VA_ARGS__)
#define __MAP(n,...) __MAP##n(__VA_ARGS__)
#define DECL(t, a) t a
#define AS(t, a) __typeof__(sizeof((t)0) > 8 ? 0LL : 0L) a
#define DEF(x, name, ...) long se_##name(__MAP(x,AS,__VA_ARGS__)); long do_##name(__MAP(x,DECL,__VA_ARGS__))
#define SYSCALL_DEFINE1(name, ...) DEF(1, name, __VA_ARGS__)
#define SYSCALL_DEFINE2(name, ...) DEF(2, name, __VA_ARGS__)
#define SYSCALL_DEFINE6(name, ...) DEF(6, name, __VA_ARGS__)
"""
SEVEN_C = ", ".join(f"int, {name}" for name in "abcdefg")
SEVEN = ", ".join(f"{name}: Int" for name in "abcdefg")


def define(digit: int, takes: str, answer: str) -> str:
    return f"@SYSCALL_DEFINE{digit}\ndef call(k: Kernel, {takes}) -> Long:\n    return {answer}\n"


@pytest.mark.skipif(which("gcc") is None, reason="there is no gcc on this machine to compare with")
@pytest.mark.parametrize(
    ("c", "python"),
    [
        ("SYSCALL_DEFINE2(call, int, a) { return a; }", define(2, "a: Int", "a")),
        (f"SYSCALL_DEFINE6(call, {SEVEN_C}) {{ return g; }}", define(6, SEVEN, "g")),
        (f"SYSCALL_DEFINE7(call, {SEVEN_C}) {{ return a; }}", define(7, SEVEN, "a")),
        ("SYSCALL_DEFINE1(call, integer, a) { return a; }", define(1, "a: integer", "a")),
    ],
)
def test_the_words_are_those_of_gcc(tmp_path: Path, c: str, python: str) -> None:
    (tmp_path / "x.c").write_text(f"{MACROS}{c}\n")
    run = subprocess.run(
        ["gcc", "-c", "x.c"], cwd=tmp_path, capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    )
    theirs = [line.partition("error: ")[2] for line in run.stderr.splitlines() if "error: " in line]
    assert errors(python)[0].text == theirs[0]
