"""C in a Python source, functions without `k`, names that are C's: each is told with the line to write instead."""

from __future__ import annotations

import pytest

from kshell.abi.errno import ENOEXEC
from kshell.cc.source import compile_text
from kshell.cc.source_error import SourceError
from kshell.kbuild.steps.compile import compile_source

HEAD = 'from kshell.linux import *\nMODULE_LICENSE("GPL")\nSTUB = extern("STUB_test_call")\n'
SLIDES = """#include <linux/kernel.h>
#include <linux/module.h>

/* System call stub */
long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call);

SYSCALL_DEFINE1(test_call, int, test_int) {
    if (STUB_test_call != NULL)
        return STUB_test_call(test_int);
    else
        return -ENOSYS;
}
"""
RIGHT = "@SYSCALL_DEFINE1  and in the next line  def test_call(k: Kernel, test_int: Int) -> Long:"
STORES = "def set_it(k: Kernel) -> int:\n    k[STUB] = my_test_call\n    return 0\nmodule_init(set_it)\n"


def refusal(text: str, builtin: bool = False) -> SourceError:
    with pytest.raises(SourceError) as caught:
        compile_text(HEAD + text, "m.py", builtin=builtin)
    assert caught.value.because
    return caught.value


@pytest.mark.parametrize(
    ("text", "try_"),
    [
        ("def hello_init():\n    return 0\nmodule_init(hello_init)\n", "def hello_init(k: Kernel) -> int:"),
        ("def hello_init(void):\n    return 0\nmodule_init(hello_init)\n", "def hello_init(k: Kernel) -> int:"),
        ("def hello_exit():\n    pass\nmodule_exit(hello_exit)\n", "def hello_exit(k: Kernel) -> None:"),
        (f"def my_test_call(test):\n    return test\n{STORES}", "def my_test_call(k: Kernel, test) -> int:"),
        (f"def my_test_call(test: int):\n    return test\n{STORES}", "def my_test_call(k: Kernel, test: int) -> int:"),
        (
            "@SYSCALL_DEFINE1\ndef test_call(test_int: int):\n    return test_int\n",
            "def test_call(k: Kernel, test_int: Int) -> Long:",
        ),
        ("@SYSCALL_DEFINE0\ndef test_call():\n    return 0\n", "def test_call(k: Kernel) -> Long:"),
    ],
)
def test_a_function_without_k_is_given_its_line(text: str, try_: str) -> None:
    error = refusal(text)
    assert error.text.startswith("the first parameter of '")
    assert error.text.endswith("is not k: Kernel")
    assert error.try_ == try_


def test_a_handler_may_call_the_kernel_by_another_name() -> None:
    text = f"def my_test_call(machine: Kernel, test: int) -> int:\n    return test\n{STORES}"
    assert compile_text(HEAD + text, "m.py").object.functions == ["my_test_call", "set_it"]


@pytest.mark.parametrize(
    "text",
    [
        "@SYSCALL_DEFINE1(test_call, Int, test_int)\ndef test_call(k: Kernel, test_int: Int) -> Long:\n    return 0\n",
        "@SYSCALL_DEFINE1(test_call, int, test_int)\ndef test_call(test_int):\n    return 0\n",
        "@SYSCALL_DEFINE1(test_call)\ndef test_call(k: Kernel, test_int: Int) -> Long:\n    return 0\n",
        "SYSCALL_DEFINE1(test_call, int, test_int)\n",
        "SYSCALL_DEFINE1(test_call, int, test_int):\n    return 0\n",
        "SYSCALL_DEFINE1(test_call, int, test_int) {\n    return 0\n",
    ],
)
def test_the_line_of_C_that_defines_a_call_is_answered_with_the_two_of_Python(text: str) -> None:
    assert RIGHT in [refusal(text).try_, *(each.try_ for each in refusal(text).findings)]
    assert refusal(text).line == 4


@pytest.mark.parametrize(
    ("line", "try_"),
    [
        ("/* System call stub */", "# System call stub"),
        ("x = 5  // the answer", "x = 5  # the answer"),
        ("long (*STUB_x)(int) = NULL;", 'STUB_x: Stub[[int]] = Stub("STUB_x")'),
        ("extern long (*STUB_x)(int, long);", 'STUB_x: Stub[[int, int]] = extern("STUB_x")'),
        ("static int level = 5;", 'level = Param("level", 5)'),
        ("extern int counter;", 'counter = extern("counter", int)'),
        ("static int hello_init(void)", "def hello_init(k: Kernel) -> int:"),
        ("static void __exit hello_exit(void)", None),
        ("long my_test_call(int test) {", "def my_test_call(k: Kernel, test: int) -> int:"),
        ('printk(KERN_INFO "hello\\n");', 'k.printk(KERN_INFO, "hello")'),
        (
            'printk(KERN_NOTICE "%s: Your int is %d\\n", __FUNCTION__, test);',
            'k.printk(KERN_NOTICE, f"my_function: Your int is {test}")',
        ),
        ('module_param(level, "int", 0644)', 'module_param(level, "int", 0o644)'),
    ],
)
def test_a_line_of_C_is_answered_with_the_line_of_Python(line: str, try_: str | None) -> None:
    error = refusal(line + "\n")
    assert error.line == 4
    if try_ is not None:
        assert error.try_ == try_
        assert "help c-to-kshell" in error.because


@pytest.mark.parametrize(
    ("line", "try_"),
    [
        ("if (x && y):", "if (x and y):"),
        ("if x || y:", "if x or y:"),
        ("if !x:", "if not x:"),
        ("x++;", "x += 1"),
        ("if (x == 5) {", "if x == 5:"),
        ("} else {", "else:"),
        ("return &STUB", "k[STUB]  (or k.stub_address(STUB))"),
        ("int x = 5;", "x = 5"),
    ],
)
def test_a_sign_of_C_inside_a_function_is_answered(line: str, try_: str) -> None:
    assert refusal(f"def f(k: Kernel, x: int, y: int) -> int:\n    {line}\n        pass\n").try_ == try_


def test_a_file_that_is_C_is_told_so_once() -> None:
    with pytest.raises(SourceError) as caught:
        compile_text(SLIDES, "test_call.py")
    error = caught.value
    assert error.what == "test_call.py:1:1: error: this is C, not Python"
    assert error.try_.startswith("help c-to-kshell")
    compiled = compile_source(SLIDES, "test_call.py", "test_call", builtin=True)
    assert [message.text for message in compiled.messages] == ["this is C, not Python"]


def test_a_slip_in_a_python_file_makes_it_no_C() -> None:
    error = refusal("x = {\n    1: (2),\n}\ny = {\n}\ndef f(k:\n    return 0\n")
    assert "this is C" not in error.text
    assert "help c-to-kshell" not in error.because


@pytest.mark.parametrize(
    ("expression", "try_"),
    [
        ('printk(KERN_INFO, "x")', 'k.printk(KERN_INFO, "...")'),
        ("NULL", "None"),
        ("true", "True"),
        ("false", "False"),
        ("__FUNCTION__", 'the function\'s name in the text: f"f: Your int is {test}"'),
        ("__func__", 'the function\'s name in the text: f"f: Your int is {test}"'),
        ('sprintf("%d", 5)', 'text = f"Your int is {test}"'),
        (
            "kmalloc(5, GFP_KERNEL)",
            'counter = Param("counter", 0)  (8 bytes of memory; a Python list or dict holds more)',
        ),
        ("current.pid", "k.current"),
        ("-ENOSY", "ENOSYS  (did you mean that?)"),
        ("NUL", "declare it, or correct its name"),
        ("prink(5)", "declare it, or correct its name"),
    ],
)
def test_a_name_of_C_is_answered_with_the_one_here(expression: str, try_: str) -> None:
    error = refusal(f"def f(k: Kernel) -> int:\n    return {expression}\n")
    assert error.try_ == try_
    assert "Int" not in error.try_.split()


def test_an_expression_that_is_too_deep_has_a_message_with_words() -> None:
    error = refusal("x = " + "-" * 20_000 + "1\n")
    assert error.errno == ENOEXEC
    assert error.text.strip()
    assert not error.what.strip().endswith("error:")


def test_an_errno_without_its_minus_is_a_warning() -> None:
    text = f"def my_test_call(k: Kernel, test: int) -> int:\n    return test if test else ENOSYS\n{STORES}"
    warnings = compile_text(HEAD + text, "m.py").warnings
    assert [(w.kind, w.line, w.text) for w in warnings] == [
        ("warning", 5, "'my_test_call' returns ENOSYS, which is 38: a result, not an error")
    ]
    assert warnings[0].try_ == "return -ENOSYS  (did you mean that?)"
    messages = compile_source(HEAD + text, "m.py", "m", builtin=False).messages
    assert [m.head() for m in messages] == [f"m.py:5:30: warning: {warnings[0].text}"]


def test_an_errno_with_its_minus_and_a_helper_that_returns_one_are_fine() -> None:
    helper = "def helper():\n    return ENOSYS\n"
    text = f"{helper}def my_test_call(k: Kernel, test: int) -> int:\n    return -helper()\n{STORES}"
    assert not compile_text(HEAD + text, "m.py").warnings


@pytest.mark.parametrize("builtin", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "def f(k: Kernel) -> int:\n    STUB = f\n    return nothing\n",
        "def hello_init():\n    return NULL\nmodule_init(hello_init)\n",
        "x = Param(1)\ny = z\n",
        "while True:\n    pass\ndef f(k):\n    return nobody\n",
        "def f(k):\n    print(1)\n",
        "int x;\n",
    ],
)
def test_insmod_and_the_build_say_the_same(text: str, builtin: bool) -> None:
    error = refusal(text, builtin)
    messages = compile_source(HEAD + text, "m.py", "m", builtin=builtin).messages
    first = messages[0]
    assert (first.text, first.line, first.column) == (error.text, error.line, error.column)
    assert first.because == error.because
    assert len(messages) == max(len(error.findings), 1)
