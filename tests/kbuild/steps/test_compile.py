"""CC: what an object holds, and the errors that a C compiler has and Python has not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.compile import MOST_TEXT, compile_source
from tests.kbuild.tree_lab import CALL, MODULE

HEAD = "from kshell.linux import *\n"


def errors(text: str, *, builtin: bool = True) -> list[BuildMessage]:
    """The errors of a source under HEAD; there is an object or there are errors."""
    compiled = compile_source(HEAD + text, "SystemCalls/x.py", "x", builtin=builtin)
    found = [message for message in compiled.messages if message.kind == ERROR]
    assert (compiled.payload is None) == bool(found)
    return found


def test_an_object_holds_its_text_and_its_symbols() -> None:
    payload = compile_source(CALL, "SystemCalls/test_call.py", "test_call", builtin=True).payload
    assert payload is not None
    assert payload["text"] == CALL
    assert payload["variables"] == [["STUB_test_call", 4]]
    assert payload["exports"] == [["STUB_test_call", 0]]
    assert payload["undefined"] == []
    assert payload["syscalls"] == [
        ["test_call", "test_call(int test_int)", "SYSCALL_DEFINE1(test_call, int, test_int)", 10]
    ]
    assert payload["init"] is False


def test_the_object_of_a_module_knows_what_it_needs() -> None:
    payload = compile_source(MODULE, "SystemCalls/syscallModule.py", "syscallModule", builtin=False).payload
    assert payload is not None
    assert payload["undefined"] == [["STUB_test_call", 6]]
    assert [name for name, _ in payload["functions"]] == ["my_test_call", "hello_init", "hello_exit"]
    assert ["license", "GPL"] in payload["info"]
    assert payload["init"] is True


def test_a_module_may_not_import_what_the_kernel_may() -> None:
    assert not errors("from kshell.kernel.kernel import Kernel as K\n")
    assert errors("from kshell.kernel.kernel import Kernel as K\n", builtin=False)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("def f(:\n    pass\n", 2, 7, "invalid syntax"),
        ("def f(k):\n    return nothing\n", 3, 12, "'nothing' undeclared (first use in this function)"),
        (
            "def f(k):\n    return go(k)\n",
            3,
            12,
            "implicit declaration of function 'go' [-Werror=implicit-function-declaration]",
        ),
        ("X = 9**9**9**9\n", 2, 5, "initializer element is not constant"),
        ("raise SystemExit\n", 2, 1, "expected identifier or '(' before 'raise'"),
        ("def f(k):\n    pass\ndef f(k):\n    pass\n", 4, 1, "redefinition of 'f'"),
        ("from kshell.linux import Nit\n", 2, 26, "'Nit' undeclared here (not in a function)"),
        (
            "@SYSCALL_DEFINE1\ndef f(k, a):\n    return 0\n",
            3,
            10,
            'macro "__MAP1" requires 4 arguments, but only 2 given',
        ),
        (
            "@SYSCALL_DEFINE1\ndef f(k, a: size_t):\n    return 0\n",
            3,
            13,
            "'size_t' undeclared here (not in a function)",
        ),
        (
            "@SYSCALL_DEFINE1\ndef f(k, a: Int, b: Int):\n    return b\n",
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
    text = "def f(k):\n    a = one\n    b = two\n    return one\ndef g(k):\n    return one\n"
    assert [(e.line, e.text.split("'")[1]) for e in errors(text)] == [(3, "one"), (4, "two"), (7, "one")]


@pytest.mark.parametrize(
    "body",
    [
        "    return [x for x in (1, 2)][0]\n",
        "    def inner():\n        return later\n    later = 1\n    return inner()\n",
        "    try:\n        pass\n    except ValueError as e:\n        return e\n",
        "    with k as w:\n        return w\n",
        "    import typing\n    return typing\n",
        "    match k:\n        case [a, *b]:\n            return a, b\n        "
        "case {'x': c, **d}:\n            return c, d\n",
        "    return (y := 3) + y\n",
        "    return (lambda z: z)(3) + len(str(__name__))\n",
        "    global counter\n    counter = 1\n    return counter\n",
    ],
)
def test_what_Python_declares_is_declared(body: str) -> None:
    undeclared = [error for error in errors(f"def f(k):\n{body}") if "undeclared" in error.text]
    assert not undeclared


def test_a_file_without_an_end_is_too_large() -> None:
    compiled = compile_source("# x\n" * MOST_TEXT, "x.py", "x", builtin=True)
    assert [message.text for message in compiled.messages] == ["file too large"]


@pytest.mark.parametrize(
    "text", ["X = " + "-" * 90_000 + "1\n", "X = a" + ".b" * 40_000 + "\n", "X = " + "9" * 9000 + "\n"]
)
def test_what_is_nested_too_deeply_has_a_message_with_words(text: str) -> None:
    assert errors(text)[0].text.strip()


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60), st.integers(0, 600), st.booleans())
def test_whatever_the_text_there_is_an_object_or_an_error(words: str, at: int, builtin: bool) -> None:
    text = CALL if builtin else MODULE
    compiled = compile_source(text[:at] + words + text[at:], "x.py", "x", builtin=builtin)
    found = [str(message) for message in compiled.messages if message.kind == ERROR]
    assert (compiled.payload is None) == bool(found)


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


@pytest.mark.skipif(which("gcc") is None, reason="there is no gcc on this machine to compare with")
@pytest.mark.parametrize(
    ("c", "python"),
    [
        ("SYSCALL_DEFINE2(call, int, a) { return a; }", "@SYSCALL_DEFINE2\ndef call(k, a: Int): return a\n"),
        (f"SYSCALL_DEFINE6(call, {SEVEN_C}) {{ return g; }}", f"@SYSCALL_DEFINE6\ndef call(k, {SEVEN}): return g\n"),
        (f"SYSCALL_DEFINE7(call, {SEVEN_C}) {{ return a; }}", f"@SYSCALL_DEFINE7\ndef call(k, {SEVEN}): return a\n"),
        ("SYSCALL_DEFINE1(call, integer, a) { return a; }", "@SYSCALL_DEFINE1\ndef call(k, a: integer): return a\n"),
    ],
)
def test_the_words_are_those_of_gcc(tmp_path: Path, c: str, python: str) -> None:
    (tmp_path / "x.c").write_text(f"{MACROS}{c}\n")
    run = subprocess.run(
        ["gcc", "-c", "x.c"], cwd=tmp_path, capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    )
    theirs = [line.partition("error: ")[2] for line in run.stderr.splitlines() if "error: " in line]
    assert errors(python)[0].text == theirs[0]
