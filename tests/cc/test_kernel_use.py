"""What a source does with `k`: no writes to its fields, one text for printk, and no comparison for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc.kernel_use import members
from kshell.cc.source import compile_text
from kshell.cc.source_error import SourceError
from tests.kernel.module_lab import Lab

HEAD = """\
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB = extern("STUB_test_call")
level = Param("level", 1)
def my_test_call(k: Kernel, test: int) -> int:
    return test
def helper(k: Kernel, x: int) -> int:
"""
LINE = HEAD.count("\n") + 1
DECLARE = 'STUB_test_call = extern("STUB_test_call")  and  k[STUB_test_call]'
UNDECLARED = 'STUB_x = extern("STUB_x")  (in a module), or Stub("STUB_x")  (where it is defined)'


def refusal(line: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        compile_text(f"{HEAD}    {line}\n    return 0\n", "m.py")
    error = caught.value
    assert error.line == LINE
    assert error.column > 0
    assert error.because
    return error


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("k.memory = None", "memory"),
        ("k.printk = 5", "printk"),
        ("k.current = None", "current"),
        ("k.bodies = {}", "bodies"),
        ("k.oopses += 1", "oopses"),
        ("del k.log", "log"),
        ("for k.notes in (1, 2): pass", "notes"),
        ("k.tracer, y = 1, 2", "tracer"),
        ("setattr(k, 'log', None)", "log"),
        ("delattr(k, 'log')", "log"),
        ("k.__dict__['log'] = None", "__dict__"),
        ("vars(k)['log'] = None", "__dict__"),
    ],
)
def test_the_kernels_own_fields_are_not_written(line: str, name: str) -> None:
    assert refusal(line).text == f"assignment of member '{name}' in read-only object"


@pytest.mark.parametrize(
    ("line", "name", "try_"),
    [
        ("k.STUB_test_call = my_test_call", "STUB_test_call", f"{DECLARE} = my_test_call"),
        ("k.STUB_test_call = None", "STUB_test_call", f"{DECLARE} = None"),
        ("del k.STUB_test_call", "STUB_test_call", f"{DECLARE} = None"),
        ("return k.STUB_test_call(k, x)", "STUB_test_call", DECLARE),
        ("k.hook = my_test_call", "hook", 'hook = extern("hook")  and  k[hook] = my_test_call'),
        ("k.x = 5", "x", 'x = Param("x", 0)  (at the top level)  and  k.write(x, 5)'),
        ("del k.STUB", "STUB", "k[STUB] = None"),
        ("k.level += 1", "level", "k.write(level, k.read(level) + 1)"),
        ("k.x += 1", "x", 'x = Param("x", 0)  (at the top level)  and  k.write(x, k.read(x) + 1)'),
    ],
)
def test_the_kernel_has_no_member_of_that_name(line: str, name: str, try_: str) -> None:
    error = refusal(line)
    assert (error.text, error.try_) == (f"'struct kernel' has no member named '{name}'", try_)


@pytest.mark.parametrize(
    "line",
    ["k.current.comm = 'me'", "y = k.current", "k.memory.store(0, 1)", "k.printk('x')", "vars(x)", "k[STUB] = None"],
)
def test_other_uses_of_the_kernel_compile(line: str) -> None:
    assert not compile_text(f"{HEAD}    {line}\n    return 0\n", "m.py").warnings


def test_a_handler_that_calls_the_kernel_otherwise_may_not_write_to_it_either() -> None:
    text = "def f(machine):\n    machine.log = None\n    return 0\nmodule_init(f)\n"
    with pytest.raises(SourceError, match="assignment of member 'log'"):
        compile_text(f"{HEAD}    return 0\n{text}", "m.py")
    assert (
        compile_text(f"{HEAD}    return 0\ndef g(record):\n    record.log = None\n", "m.py").object.functions[-1] == "g"
    )


def test_the_members_of_a_kernel_are_those_of_one_that_runs(tmp_path: Path) -> None:
    missing = set(vars(Lab(tmp_path).k)) - members()
    # What comes into being later on, at boot, is declared in the class or its initialiser all the same.
    assert not missing - {"table", "fs", "current", "shell_task", "call_out"}


@pytest.mark.parametrize(
    ("line", "try_"),
    [
        ('k.printk(KERN_INFO, "x is %d\\n", x)', 'k.printk(KERN_INFO, f"x is {x}")'),
        ('k.printk(KERN_INFO, "%s: %08x 100%%", __func__, x)', 'k.printk(KERN_INFO, f"helper: {x:08x} 100%")'),
        ('k.printk(KERN_INFO, "x is", x)', 'k.printk(KERN_INFO, f"x is {x}")'),
        ('k.printk("x is %d", x)', 'k.printk(KERN_INFO, f"x is {x}")'),
        ('k.printk(KERN_INFO, f"{x}", x)', "k.printk(KERN_INFO, f'{x}')"),
        ('k.printk(KERN_INFO, "{%p}", x)', 'k.printk(KERN_INFO, f"{{{x:#x}}}")'),
    ],
)
def test_printk_takes_a_level_and_one_text(line: str, try_: str) -> None:
    error = refusal(line)
    assert (error.text, error.try_) == ("too many arguments to function 'printk'", try_)


def test_a_level_and_a_text_without_a_comma_are_answered_with_the_line() -> None:
    error = refusal('k.printk(KERN_NOTICE "text %d\\n", x)')
    assert error.try_ == 'k.printk(KERN_NOTICE, f"text {x}")'
    assert "a comma stands between the level and the text" in error.because


@pytest.mark.parametrize("line", ["k[STUB_x] = my_test_call", "return k[STUB_x](k, x)", "if STUB_x: pass"])
def test_a_pointer_that_nothing_declares_is_answered_with_its_declaration(line: str) -> None:
    error = refusal(line)
    assert (error.text, error.try_) == ("'STUB_x' undeclared (first use in this function)", UNDECLARED)


def test_any_name_that_is_used_as_a_pointer_is_one() -> None:
    assert refusal("k[my_test_cal] = my_test_call").try_.startswith('my_test_cal = extern("my_test_cal")')


def test_a_slip_in_the_name_of_a_declared_pointer_is_told() -> None:
    with pytest.raises(SourceError) as caught:
        compile_text("from kshell.linux import *\nSTUB_call = Stub('c')\ndef f(k):\n    k[STUB_cal] = None\n", "m.py")
    assert caught.value.try_ == "STUB_call  (did you mean that?)"


@pytest.mark.parametrize(
    ("line", "try_"),
    [
        ("k[STUB] == my_test_call", "k[STUB] = my_test_call"),
        ("x == 5  # five", "x = 5"),
        ("x < 5", "if x < 5: ..."),
    ],
)
def test_a_comparison_for_nothing_is_a_warning(line: str, try_: str) -> None:
    (warning,) = compile_text(f"{HEAD}    {line}\n    return 0\n", "m.py").warnings
    assert warning[:4] == ("warning", "statement with no effect [-Wunused-value]", LINE, 5)
    assert (warning.try_, bool(warning.because)) == (try_, True)


def test_a_warning_hides_no_error_of_its_line() -> None:
    assert refusal("nobody == 5").text.startswith("'nobody' undeclared")
