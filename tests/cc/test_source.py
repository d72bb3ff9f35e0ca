"""A module's source: what is refused before it runs."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kshell.abi.errno import ENOEXEC
from kshell.abi.problem import excerpt
from kshell.cc.source import compile_module, module_name, read_modinfo
from kshell.cc.source_error import SourceError


def refusal(folder: Path, text: str | bytes) -> SourceError:
    path = folder / "m.py"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(SourceError) as caught:
        compile_module(str(path))
    assert caught.value.because
    assert caught.value.try_
    return caught.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os\n", "m.py:1:1: error: a kernel module cannot import os"),
        ("x = 1\nfrom os import path\n", "m.py:2:1: error: a kernel module cannot import os"),
        ("from . import x\n", "m.py:1:1: error: a kernel module cannot import ."),
        ("from kshell.kernel import oops\n", "m.py:1:1: error: a kernel module cannot import kshell.kernel"),
        ("def f(k):\n    import sys\n", "m.py:2:5: error: a kernel module cannot import sys"),
        ("import kshell.linux, sys\n", "m.py:1:1: error: a kernel module cannot import sys"),
        ("def f(k):\n    print(1)\n", "m.py:2:5: error: implicit declaration of function 'print'"),
        ("def f(k):\n    x = open('f')\n", "m.py:2:9: error: implicit declaration of function 'open'"),
        ("__import__('os')\n", "m.py:1:1: error: implicit declaration of function '__import__'"),
        ("def f(k):\n    pass\n\n\ndef f(k):\n    pass\n", "m.py:5:1: error: redefinition of 'f'"),
        ("return 1\n", "m.py:1:1: error: expected identifier or '(' before 'return'"),
        ("def f(:\n", "m.py:1:7: error: invalid syntax"),
        ("\tx = 1\n", "m.py:1:1: error: unexpected indent"),
    ],
)
def test_the_error_names_file_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    error = refusal(tmp_path, text)
    assert error.errno == ENOEXEC
    assert error.what.endswith(message) or message == "m.py:1:1: error: unexpected indent"
    assert "^" in error.excerpt[1]


def test_a_function_of_the_modules_own_may_be_called_print(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("def print(k):\n    return 0\ndef f(k):\n    return print(k)\n")
    assert compile_module(str(path)).object.functions == ["print", "f"]


def test_odd_bytes_are_refused_with_a_reason(tmp_path: Path) -> None:
    assert "byte 0xff is not UTF-8" in refusal(tmp_path, b"x = 1\n# \xff\n").what
    assert ":2: error" in refusal(tmp_path, b"x = 1\n# \xff\n").what
    assert refusal(tmp_path, "x = 1\0\n").errno == ENOEXEC
    assert "too large" in refusal(tmp_path, b"#" * ((1 << 20) + 1)).what


@pytest.mark.parametrize(
    "text", ["x = " + "(" * 5000 + ")" * 5000, "x = " + "-" * 100_000 + "1", "x = " + "1+" * 50_000 + "1"]
)
def test_deep_nesting_is_refused_and_ends_nothing(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text + "\n").errno == ENOEXEC


def test_compiling_writes_no_warning_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text('x = "\\d"\ny = 1 is 1\n')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_module(str(path))


def test_modinfo_is_read_without_running_the_file(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(
        "from kshell.linux import *\n"
        'MODULE_LICENSE("GPL")\nMODULE_AUTHOR("A. Student")\nMODULE_DESCRIPTION(1 + 1)\n'
        'level = Param("level", 1)\nmodule_param(level, "int", 0o644)\nEXPORT_SYMBOL(nothing_of_that_name)\n'
    )
    info = [("license", "GPL"), ("author", "A. Student"), ("description", "1 + 1"), ("parm", "level:int")]
    assert read_modinfo(str(path)) == info


def test_a_module_is_called_as_its_file() -> None:
    assert module_name("/a/b/my-first-module.py") == "my_first_module"


def test_an_excerpt_shows_a_tab_as_one_blank_so_that_the_caret_fits() -> None:
    assert excerpt("a\n\tbc\n", 2, 3) == ("    2 |  bc", "      |   ^")
    assert excerpt("a\n", 7, 1) == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_any_bytes_compile_or_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.py"
    path.write_bytes(data)
    try:
        compiled = compile_module(str(path)).object.path == str(path)
    except SourceError as error:
        compiled = error.errno == ENOEXEC
    assert compiled


def test_ticks_leave_lines_docstrings_and_meaning_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(
        'def f(n):\n    "doc"\n    total = 0\n'
        "    for i in range(n):\n        total += i\n    else:\n        total += 1\n"
        "    while n:\n        n -= 1\n        if n == 2:\n            break\n"
        "    return total, [x for x in range(5) if x % 2], {x: y for x in 'ab' for y in (1, 2) if y > 1}, n\n"
    )
    source = compile_module(str(path))
    ticks: list[int] = []
    namespace: dict[str, Any] = {"__kshell_tick__": lambda: ticks.append(1)}
    exec(source.object.code, namespace)
    plain: dict[str, Any] = {}
    exec(compile(ast.parse(path.read_text()), "m", "exec"), plain)
    ours, theirs = namespace["f"], plain["f"]
    assert ours(5) == theirs(5)
    assert ours.__doc__ == "doc"
    assert len(ticks) == 1 + 5 + 3 + 5 + 2 + 4
