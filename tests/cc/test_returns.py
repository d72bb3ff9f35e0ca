"""Functions that the kernel calls and that answer nothing, or a text; and an init function that nothing names."""

from __future__ import annotations

import pytest

from kshell.cc.finding import Finding
from kshell.cc.source import compile_text
from kshell.cc.source_error import SourceError

HEAD = 'from kshell.linux import *\nMODULE_LICENSE("GPL")\nSTUB = extern("STUB_test_call")\n'
INIT = "def m_init(k: Kernel) -> int:\n{}module_init(m_init)\n"
STORES = "def set_it(k: Kernel) -> int:\n    k[STUB] = f\n    return 0\nmodule_init(set_it)\n"
NO_RETURN = "control reaches end of non-void function [-Wreturn-type]"


def warnings(text: str, builtin: bool = False) -> list[Finding]:
    return compile_text(HEAD + text, "m.py", builtin=builtin).warnings


@pytest.mark.parametrize("body", ["    pass\n", "    k[STUB] = None\n", "    if k.oopses: return\n", "    return\n"])
def test_an_init_that_returns_nothing_is_an_error(body: str) -> None:
    if body == "    return\n":
        body = "    if k.oopses:\n        return\n    def inner():\n        return 5\n"
    with pytest.raises(SourceError) as caught:
        warnings(INIT.format(body))
    error = caught.value
    assert (error.line, error.column, error.text) == (4, 1, NO_RETURN)
    assert error.try_ == "return 0  (as the last line of m_init)"
    assert "0, or a negative errno" in error.because


@pytest.mark.parametrize(
    "body",
    [
        "    return 0\n",
        "    while True:\n        pass\n",
        "    raise ValueError\n",
        "    if k.oopses:\n        raise ValueError\n    else:\n        raise KeyError\n",
    ],
)
def test_an_init_whose_end_is_not_reached_is_none(body: str) -> None:
    assert not warnings(INIT.format(body))


def test_a_loop_that_is_left_reaches_the_end() -> None:
    with pytest.raises(SourceError, match="control reaches end"):
        warnings(INIT.format("    while True:\n        break\n"))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"def f(k: Kernel, n: int) -> int:\n    pass\n{STORES}", "return n"),
        (f"def f(k):\n    pass\n{STORES}", "return 0"),
        ("@SYSCALL_DEFINE1\ndef f(k: Kernel, n: Int) -> Long:\n    pass\n", "return n"),
    ],
)
def test_a_handler_that_returns_nothing_is_a_warning(text: str, answer: str) -> None:
    (found,) = warnings(text, builtin=text.startswith("@"))
    assert (found.kind, found.text) == ("warning", NO_RETURN)
    assert found.try_ == f"{answer}  (as the last line of f)"


@pytest.mark.parametrize("value", ['"text"', 'f"{k}"'])
def test_a_handler_that_returns_a_text_is_a_warning(value: str) -> None:
    (found,) = warnings(f"def f(k: Kernel, n: int) -> int:\n    return {value}\n{STORES}")
    assert (found.kind, found.line, found.column) == ("warning", 5, 12)
    assert "makes integer from pointer without a cast [-Wint-conversion]" in found.text
    assert found.try_.startswith("k.printk(KERN_INFO, ")


def test_a_helper_and_an_exit_function_may_return_what_they_like() -> None:
    text = "def helper(k):\n    return 'text'\ndef g(k):\n    pass\ndef e(k):\n    pass\nmodule_exit(e)\n"
    assert not warnings(text)


@pytest.mark.parametrize("name", ["hello_init", "init_module"])
def test_an_init_function_that_nothing_names_is_a_warning(name: str) -> None:
    text = f"def {name}(k: Kernel) -> int:\n    return 0\n"
    (found,) = warnings(text)
    assert (found.kind, found.line) == ("warning", 4)
    assert found.text == f"'{name}' defined but not used [-Wunused-function]"
    assert found.try_ == f"module_init({name})  (at the end of the file)"
    assert not warnings(text, builtin=True)
    assert not warnings(f"{text}module_init({name})\n")
    assert not warnings(f"{text}def start(k):\n    return {name}(k)\nmodule_init(start)\n")
