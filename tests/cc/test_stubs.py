"""A declaration taken for the memory it stands for: the most literal translations of the slides' C are errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc.source import compile_text
from kshell.cc.source_error import SourceError
from tests.kernel.module_lab import Lab

HEAD = """from kshell.linux import *
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
mine = Stub("mine")
level = Param("level", 1)
def my_test_call(k: Kernel, test: int) -> int:
    return test
def hello_init(k: Kernel) -> int:
"""
LINE = HEAD.count("\n") + 1


def refusal(text: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        compile_text(text, "m.py")
    return caught.value


@pytest.mark.parametrize(
    ("line", "column", "words", "try_"),
    [
        ("STUB_test_call = my_test_call", 5, "'STUB_test_call' is assigned", "k[STUB_test_call] = my_test_call"),
        ("STUB_test_call = None", 5, "'STUB_test_call' is assigned", "k[STUB_test_call] = None"),
        ("k.mine = my_test_call", 5, "'struct kernel' has no member named 'mine'", "k[mine] = my_test_call"),
        ("f = k.mine", 9, "'struct kernel' has no member named 'mine'", "k[mine]"),
        ("if mine != None: pass", 8, "the declaration of 'mine' is compared", "if k[mine] is not None: pass"),
        ("if None is mine: pass", 16, "the declaration of 'mine' is compared", "if k[mine] is None: pass"),
        ("if mine != NULL: pass", 8, "the declaration of 'mine' is compared", "if k[mine] is not None: pass"),
        ("if mine == my_test_call: pass", 8, "the declaration of 'mine'", "if k[mine] == my_test_call: pass"),
        ("if mine: pass", 8, "the declaration of 'mine' is used", "if k[mine]: pass"),
        ("if not mine: pass", 12, "the declaration of 'mine' is used", "if not k[mine]: pass"),
        ("while level and mine: pass", 11, "the declaration of 'level' is used", "while k.read(level) and mine: pass"),
        ("return mine(5)", 12, "called object 'mine' is not a function or function pointer", "k[mine](k, 5)"),
        ("return mine(k, 5)", 12, "called object 'mine' is not", "k[mine](k, 5)"),
        ("return k[mine](5)", 12, "too few arguments to function 'mine'", "k[mine](k, 5)"),
        ("k[mine] = my_test_call(k, 5)", 15, "makes pointer from integer without a cast", "k[mine] = my_test_call"),
        ("x = k.read(mine)", 9, "'mine' is a pointer, not a Param", "k[mine]"),
        ("x = k[level]", 9, "'level' is a variable, not a pointer", "x = k.read(level)"),
        ("k[level] = 5", 5, "'level' is a variable, not a pointer", "k.write(level, 5)"),
        ("level = 5", 5, "'level' is assigned", "k.write(level, 5)"),
        ("level += 2", 5, "'level' is assigned", "k.write(level, k.read(level) + 2)"),
        ("x = level + 1", 9, "the declaration of 'level' is used", "x = k.read(level) + 1"),
        ("if level > 3: pass", 8, "the declaration of 'level' is compared", "if k.read(level) > 3: pass"),
        ("return level", 12, "the declaration of 'level' is used", "return k.read(level)"),
        ('x = f"{level}"', 12, "the declaration of 'level' is used", 'x = f"{k.read(level)}"'),
    ],
)
def test_a_declaration_is_not_the_memory_it_stands_for(line: str, column: int, words: str, try_: str) -> None:
    error = refusal(f"{HEAD}    {line}\n    return 0\n")
    assert (error.line, error.try_) == (LINE, try_)
    assert words in error.text
    if 'f"' not in line:  # Python 3.11 says where an f-string begins, later releases where the name is
        assert error.column == column
    assert error.because
    assert error.what.startswith(f"m.py:{LINE}:")
    assert error.excerpt[1].endswith("^")


def test_the_reason_is_that_a_stub_is_memory_and_its_name_a_declaration() -> None:
    because = refusal(f"{HEAD}    mine = my_test_call\n    return 0\n").because
    assert "a Stub is 8 bytes of kernel memory; the Python name mine is only its declaration" in because


def test_a_global_statement_makes_it_no_better() -> None:
    error = refusal(f"{HEAD}    global STUB_test_call\n    STUB_test_call = my_test_call\n    return 0\n")
    assert error.try_ == "k[STUB_test_call] = my_test_call"


def test_what_a_stub_points_to_is_called_with_k() -> None:
    error = refusal(f"{HEAD}    stub = k[mine]\n    return stub(5)\n")
    assert error.try_ == "stub(k, 5)"


def test_outside_the_functions_a_stub_is_declared_once() -> None:
    error = refusal(f"{HEAD}    return 0\nmine = None\n")
    assert error.text == "redefinition of 'mine'"
    assert error.try_ == "k[mine] = None  (in a function, such as the init)"


@pytest.mark.parametrize(
    "line",
    [
        "k[STUB_test_call] = my_test_call",
        "k[mine] = 5",
        "k[mine] = k[STUB_test_call]",
        "k.printk(KERN_INFO, hex(k.stub_address(mine)))",
        "k.write(level, k.read(level) + 1)",
        "return k[mine](k, 5) if k[mine] is not None else 0",
        "every = [mine, STUB_test_call]",
        "kernel = k; f = kernel[mine]; f(kernel, 5)",
        "level: int = 5",
    ],
)
def test_what_means_the_memory_compiles(line: str) -> None:
    assert not compile_text(f"{HEAD}    {line}\n    return 0\nmodule_init(hello_init)\n", "m.py").warnings


def test_a_parameter_of_the_same_name_is_another_thing() -> None:
    text = f"{HEAD}    return 0\ndef helper(k, level):\n    level = level + 1\n    return level\n"
    assert compile_text(text, "m.py").object.functions[-1] == "helper"


@pytest.mark.parametrize(
    ("line", "try_"),
    [
        ("size = Param(1)", 'size = Param("size", 1)'),
        ("other = Stub(NULL)", 'other = Stub("other")'),
        ("other = Stub(None)", 'other = Stub("other")'),
        ("other = Stub()", 'other = Stub("other")'),
        ("other = extern(other)", 'other = extern("other")'),
        ("other = extern(other, int)", 'other = extern("other", int)'),
        ("module_param(level, int, 0o644)", 'module_param(level, "int", 0o644)'),
        ("module_param(level, charp, 0)  # mode", 'module_param(level, "charp", 0)'),
        ('module_param("level", "int", 0o644)', 'module_param(level, "int", 0o644)'),
        ('module_param(level, "int", 0644)', 'module_param(level, "int", 0o644)'),
    ],
)
def test_a_declaration_that_is_nearly_right_is_corrected(line: str, try_: str) -> None:
    error = refusal(f"{HEAD}    return 0\n{line}\n")
    assert error.try_ == try_
    assert error.line == LINE + 1


# At run time, where no check of the text can know.


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_pointer_that_is_called_without_k_says_so(lab: Lab) -> None:
    lab.handler(
        "def handler(k, n):\n    if n:\n        call = [k[STUB_test_call]][0]\n        return call(0)\n    return 7\n"
    )
    assert lab.result(335, 0) == 7
    lab.call(335, 1)
    why = "\n".join(lab.dmesg())
    assert "STUB_test_call is called with (0), and every kernel function takes k first: k[STUB_test_call](k, 0)" in why


def test_a_number_in_a_pointer_is_explained(lab: Lab) -> None:
    lab.load("five = 5\ndef m_init(k):\n    k[STUB_test_call] = five\n    return 0\nmodule_init(m_init)\n")
    signal = lab.call(335, 1).outcome.signal
    assert signal is not None
    assert "it called 0x5, and that is the number 5 and no function" in signal.why


def test_a_stub_of_the_modules_own_is_noted_where_the_kernel_exports_one(lab: Lab) -> None:
    lab.load('other = Stub("STUB_test_call")\n')
    assert any('exports is extern("STUB_test_call")' in note for note in lab.k.take_notes())


def test_an_init_that_returns_a_positive_number_is_noted(lab: Lab) -> None:
    lab.load("def m_init(k):\n    return 38\nmodule_init(m_init)\n")
    assert any("returned 38, and m is loaded all the same" in note for note in lab.k.take_notes())


def test_a_positive_errno_is_noted_when_the_module_is_loaded(lab: Lab) -> None:
    lab.load("def m_init(k):\n    return ENOSYS\nmodule_init(m_init)\n")
    note = lab.k.take_notes()[0]
    assert note.startswith("m.py:5: warning: 'm_init' returns ENOSYS, which is 38")
    assert "return -ENOSYS" in note
