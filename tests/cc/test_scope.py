"""The top level of a source: declarations pass, everything else gets gcc's words, and nothing ever runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

import kshell.kernel.syscalls
import kshell.modules
from kshell.cc.source import compile_text
from kshell.cc.source_error import SourceError

BUILTIN = sorted(Path(kshell.kernel.syscalls.__file__).parent.glob("*.py"))
SAMPLES = sorted(Path(kshell.modules.__file__).parent.glob("*.py"))
HEAD = "from kshell.linux import *\n"


def refusal(text: str, builtin: bool = False) -> SourceError:
    with pytest.raises(SourceError) as caught:
        compile_text(HEAD + text, "m.py", builtin=builtin)
    assert caught.value.because
    assert caught.value.try_
    return caught.value


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("while True:\n    pass\n", 1, "expected identifier or '(' before 'while'"),
        ("for i in range(9):\n    pass\n", 1, "expected identifier or '(' before 'for'"),
        ("if 1:\n    pass\n", 1, "expected identifier or '(' before 'if'"),
        ("try:\n    pass\nfinally:\n    pass\n", 1, "expected identifier or '(' before 'try'"),
        ("try:\n    pass\nexcept* ValueError:\n    pass\n", 1, "expected identifier or '(' before 'try'"),
        ("with open:\n    pass\n", 1, "expected identifier or '(' before 'with'"),
        ("match 5:\n    case _:\n        pass\n", 1, "expected identifier or '(' before 'match'"),
        ("return 5\n", 1, "expected identifier or '(' before 'return'"),
        ("raise SystemExit\n", 1, "expected identifier or '(' before 'raise'"),
        ("x = 1\ndel x\n", 1, "expected identifier or '(' before 'del'"),
        ("5\n", 1, "expected identifier or '(' before numeric constant"),
        ("f = 5\nf\n", 1, "expected identifier or '(' before 'f'"),
        ("printk('x')\n", 1, "expected declaration specifiers or '...' before string constant"),
        ("range(9)\n", 1, "expected declaration specifiers or '...' before numeric constant"),
        ("f()\n", 1, "data definition has no type or storage class"),
        ("x = f(1)\n", 5, "initializer element is not constant"),
        ("x: int = f(1)\n", 10, "initializer element is not constant"),
        ("x = [i for i in range(9)]\n", 5, "initializer element is not constant"),
        ("x = {1: (i for i in y)}\n", 9, "initializer element is not constant"),
        ("x = (y := 5)\n", 6, "initializer element is not constant"),
        ("x = 10 ** 9\n", 5, "initializer element is not constant"),
        ("x = 1 // 0\n", 5, "initializer element is not constant"),
        ("x = 1 << 64\n", 5, "initializer element is not constant"),
        ("n = 60\nx = 1 << (n + n)\n", 5, "initializer element is not constant"),
        ("x = [0] * 1000000000\n", 5, "initializer element is not constant"),
        ("x = 'ab' * 1000000000\n", 5, "initializer element is not constant"),
        ("a = [0]\nx = a * 1000000000\n", 5, "initializer element is not constant"),
        ("x = 1\nx += 2\n", 1, "expected '=', ',', ';', 'asm' or '__attribute__' before a compound assignment"),
        ("a = [0]\na[0] = 5\n", 1, "expected '=', ',', ';', 'asm' or '__attribute__' before '[' token"),
        ("MODULE_LICENSE(f())\n", 16, "initializer element is not constant"),
        ("def f(k, n=g()):\n    pass\n", 12, "initializer element is not constant"),
        ("def f(k: g()):\n    pass\n", 10, "initializer element is not constant"),
        ("@wraps\ndef f(k):\n    pass\n", 2, "stray '@' in program"),
        ("def f(k):\n    pass\nf = 5\n", 1, "'f' redeclared as different kind of symbol"),
        ("class C:\n    while True:\n        pass\n", 5, "expected identifier or '(' before 'while'"),
        ("class C(f()):\n    pass\n", 9, "initializer element is not constant"),
        ("def Stub(k):\n    return 0\nx = Stub('x')\n", 5, "initializer element is not constant"),
        ("x = lambda n=f(): n\n", 14, "initializer element is not constant"),
        ("if TYPE_CHECKING:\n    while True:\n        pass\n", 5, "expected identifier or '(' before 'while'"),
    ],
)
def test_what_is_no_declaration_is_refused_in_gccs_words(text: str, column: int, words: str) -> None:
    for builtin in (False, True):
        if builtin and (" ** " in text or "+=" in text):
            continue
        error = refusal(text, builtin)
        assert (error.text, error.column) == (words, column)
        assert error.what == f"m.py:{error.line}:{column}: error: {words}"
        assert error.excerpt[1] == "      | " + " " * (column - 1) + "^"


@pytest.mark.parametrize(
    "text",
    [
        '"""What it is."""\n"a comment"\n',
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from typing import Any\n",
        "SIZE = 1 << 12\nMASK = ~(SIZE - 1)\nBOTH = (SIZE | 5, MASK, -1)\n",
        "WP = X86_CR0_WP * 2\nMORE = (WP + EINVAL) * 4\nBIT = 1 << EPERM\n",
        "table = [0] * 64\nnames = {'a': 1}\nempty: list[int] = []\n",
        "class Pair:\n    '''Two.'''\n    first = 1\n\n    def f(self):\n        while True:\n            pass\n",
        "STUB_x: Stub[[int]] = Stub('STUB_x')\nEXPORT_SYMBOL_GPL(STUB_x)\n",
        "level = Param('level', 1)\nmodule_param(level, 'int', 0o644, range=(0, 5))\nMODULE_PARM_DESC(level, 'Loud')\n",
        "@SYSCALL_DEFINE1\ndef f(k: Kernel, n: Int) -> Long:\n    return n\nCOND_SYSCALL('g')\n",
        "f = kallsyms_lookup_name\ng = lambda k: 0\nhandlers = (f, g)\n",
        "import kshell.linux as l\nf = l.kallsyms_lookup_name\n",
    ],
)
def test_declarations_pass(text: str) -> None:
    code = compile_text(HEAD + text, "m.py").object.code
    exec(code, {"__kshell_tick__": lambda: None})


@pytest.mark.parametrize("path", BUILTIN, ids=lambda path: path.stem)
def test_the_kernels_own_files_pass(path: Path) -> None:
    if path.stem != "__init__":
        assert compile_text(path.read_text(encoding="utf-8"), str(path), builtin=True).object.functions


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_pass(path: Path) -> None:
    compile_text(path.read_text(encoding="utf-8"), str(path))


def test_a_built_in_file_may_import_the_kernel_and_compute_a_power() -> None:
    compile_text(
        "from kshell.kernel.fs import file\nimport struct\nSECOND = 10**9\nX = 1\nX |= 2\n", "m.py", builtin=True
    )
    assert refusal("import os\n", builtin=True).text == "a kernel source cannot import os"
    assert refusal("x = 10**90\n", builtin=True).text == "initializer element is not constant"


@pytest.mark.parametrize(
    "text",
    ["x = 1\n" + "x = x * 3 + x\n" * 5000, "x = " + "+".join(["1 * 2"] * 5000), "x = [" + "1 << 3, " * 20000 + "]"],
)
def test_a_long_top_level_comes_to_an_end(text: str) -> None:
    with suppress(SourceError):  # Python itself may call it too deeply nested
        compile_text(text + "\n", "m.py")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc here to compare with")
@pytest.mark.parametrize(
    ("c", "ours"),
    [
        ("while (1) ;", "while True:\n    pass\n"),
        ("if (1) ;", "if 1:\n    pass\n"),
        ("return 3;", "return 3\n"),
        ("5;", "5\n"),
        ("int f(int);\nint x = f(1);", "x = f(1)\n"),
        ("int f(int);\nf(1);", "f(1)\n"),
        ("int f(void) { return 0; }\nint f = 5;", "def f(k):\n    return 0\nf = 5\n"),
    ],
)
def test_gcc_says_the_same(tmp_path: Path, c: str, ours: str) -> None:
    path = tmp_path / "x.c"
    path.write_text(c + "\n")
    command = ["gcc", "-c", str(path), "-o", os.devnull]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    assert f"error: {refusal(ours).text}" in done.stderr
