"""Parameters: what each type takes, how it reads, and the words of a refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.errno import EINVAL, ENOSPC, ERANGE
from kshell.kernel.elf.kernel_param import KernelParam
from kshell.kernel.lib.slab import slab_of
from kshell.kernel.module.params import Unfit, parse
from kshell.kernel.proc.sysfs import param_get, param_set
from kshell.shell.modules.insmod import insmod, rmmod
from tests.kernel.module_lab import Lab

OLD, NEW = (4, 19), (6, 19)


def parameter(type_: str) -> KernelParam:
    return KernelParam("level", type_, 0o644, 0)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("int", "2147483647", 2**31 - 1),
        ("int", "-2147483648", -(2**31)),
        ("int", "+5", 5),
        ("int", "010", 8),
        ("int", "-0x10", -16),
        ("int", "7\n", 7),
        ("uint", "4294967295", 2**32 - 1),
        ("long", "0x7fffffffffffffff", 2**63 - 1),
        ("ulong", "18446744073709551615", 2**64 - 1),
        ("byte", "255", 255),
        ("short", "-32768", -32768),
        ("ushort", "0xFFFF", 65535),
        ("hexint", "0xff", 255),
        ("bool", "Y", 1),
        ("bool", "yes", 1),
        ("bool", "on", 1),
        ("bool", "0", 0),
        ("bool", "OFF\n", 0),
        ("bool", None, 1),
        ("invbool", "y", 0),
        ("invbool", "no", 1),
    ],
)
def test_a_text_is_read_as_its_c_type(type_: str, text: str | None, value: int) -> None:
    assert parse(parameter(type_), text, OLD) == value


@pytest.mark.parametrize(
    ("type_", "text", "errno"),
    [
        ("int", "2147483648", ERANGE),
        ("int", "-2147483649", ERANGE),
        ("ulong", "18446744073709551616", ERANGE),
        ("byte", "256", ERANGE),
        ("short", "-32769", ERANGE),
        ("uint", "-1", EINVAL),
        ("int", "", EINVAL),
        ("int", "1.0", EINVAL),
        ("int", "1_000", EINVAL),
        ("int", "08", EINVAL),
        ("int", "0o17", EINVAL),
        ("int", "0x", EINVAL),
        ("int", "--1", EINVAL),
        ("int", "\u0663", EINVAL),
        ("int", " 1", EINVAL),
        ("int", "1\n\n", EINVAL),
        ("int", None, EINVAL),
        ("bool", "2", EINVAL),
        ("bool", "o", EINVAL),
        ("bool", "", EINVAL),
        ("invbool", None, EINVAL),
        ("charp", None, EINVAL),
        ("charp", "x" * 1025, ENOSPC),
    ],
)
def test_a_text_that_does_not_fit_has_linuxs_errno(type_: str, text: str | None, errno: int) -> None:
    with pytest.raises(Unfit) as caught:
        parse(parameter(type_), text, OLD)
    assert caught.value.errno == errno
    assert "level" in caught.value.because or errno == ENOSPC


def test_true_and_false_came_after_4_19() -> None:
    assert parse(parameter("bool"), "true", NEW) == 1
    assert parse(parameter("bool"), "false", NEW) == 0
    with pytest.raises(Unfit):
        parse(parameter("bool"), "true", OLD)


MODULE = """
level = Param("level", {default})
module_param(level, "{type}", 0o644{more})
def m_init(k: Kernel) -> int:
    k.printk(KERN_INFO, f"level is {{k.read(level)}}")
    return 0
module_init(m_init)
"""


@pytest.mark.parametrize(
    ("type_", "default", "given", "read", "shown"),
    [
        ("bool", "0", "y", "1", "Y"),
        ("bool", "5", "n", "0", "N"),
        ("invbool", "1", "y", "0", "Y"),
        ("byte", "0", "200", "200", "200"),
        ("short", "0", "-3", "-3", "-3"),
        ("ulong", "0", str(2**64 - 1), str(2**64 - 1), str(2**64 - 1)),
        ("charp", "'old'", "a longer text", "a longer text", "a longer text"),
        ("charp", "''", "\u00e4\u20ac", "\u00e4\u20ac", "\u00e4\u20ac"),
    ],
)
def test_a_module_reads_what_it_was_given(
    tmp_path: Path, type_: str, default: str, given: str, read: str, shown: str
) -> None:
    lab = Lab(tmp_path)
    module = lab.load(MODULE.format(type=type_, default=default, more=""), level=given)
    assert lab.dmesg()[-1] == f"level is {read}"
    assert param_get(lab.k, module.parameters["level"]) == shown


def test_a_hexint_reads_in_hexadecimal_and_is_none_of_4_19s(tmp_path: Path) -> None:
    text = MODULE.format(type="hexint", default="255", more="")
    error = Lab(tmp_path).refused(text)
    assert "error: 'param_ops_hexint' undeclared here (not in a function)" in error.details[0]
    lab = Lab(tmp_path, "6.19")
    path = tmp_path / "new.py"
    path.write_text('from kshell.linux import *\nMODULE_LICENSE("GPL")\n' + text)
    module = insmod(lab.k, str(path))
    assert param_get(lab.k, module.parameters["level"]) == "0x0000ff"
    assert param_set(lab.k, module.parameters["level"], "0") == 0
    assert param_get(lab.k, module.parameters["level"]) == "00000000"


def test_a_default_stands_until_something_is_written(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.load(MODULE.format(type="charp", default="'world'", more=""))
    level = module.parameters["level"]
    assert param_get(lab.k, level) == "world"
    assert param_set(lab.k, level, "moon\n") == 0
    assert param_get(lab.k, level) == "moon\n"
    assert param_set(lab.k, level, "x" * 2000) == -ENOSPC
    assert level.load(lab.k) == "moon\n"


def test_a_value_outside_the_range_is_refused_in_both_ways(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    text = MODULE.format(type="int", default="2", more=", range=(1, 5)")
    error = lab.refused(text, level="9")
    assert error.what.endswith(": Invalid parameters")
    assert error.because == "level is from 1 to 5, and 9 is not"
    assert lab.dmesg()[-1] == "m: `9' invalid for parameter `level'"
    module = lab.load(text, level="5")
    assert param_set(lab.k, module.parameters["level"], "0") == -EINVAL
    assert "from 1 to 5" in lab.k.take_notes()[-1]
    assert param_get(lab.k, module.parameters["level"]) == "5"


def test_a_string_that_is_too_long_is_said_twice(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    long = "x" * 1025
    error = lab.refused(MODULE.format(type="charp", default="''", more=""), level=long)
    assert error.what.endswith(": No space left on device")
    assert "level: string parameter too long" in lab.dmesg()
    assert lab.dmesg()[-1].startswith("m: `xxx")  # printk cuts a line


def test_a_variable_without_module_param_cannot_be_set(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.load("level = Param('level', 3)\n", level="4")
    assert not module.parameters
    assert "m: unknown parameter 'level' ignored" in lab.dmesg()


def test_a_variable_is_written_by_its_module(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.handler(
        """
        def handler(k: Kernel, n: int) -> Long:
            k.write(count, k.read(count) - n)
            return k.read(count)
        count = Param("count", 1)
        """
    )
    assert [lab.result(335, 5), lab.result(335, 6)] == [-4, -10]


def test_the_text_of_a_string_goes_when_another_comes_and_with_its_module(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    text = MODULE.format(type="charp", default="'world'", more="")
    module = lab.load(text + "def m_exit(k: Kernel) -> None:\n    pass\nmodule_exit(m_exit)\n", level="moon")
    slab, level = slab_of(lab.k), module.parameters["level"]
    free = len(slab.sizes[0].free)
    assert param_set(lab.k, level, "sun") == 0
    assert len(slab.sizes[0].free) == free
    rmmod(lab.k, "m")
    assert len(slab.sizes[0].free) == free + 1
    assert not slab.parameters


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ("p = Param('p', 1)\nmodule_param(p, 'double', 0)", "'param_ops_double' undeclared here"),
        ("p = Param('p', 'a')\nmodule_param(p, 'int', 0)", "makes integer from pointer without a cast"),
        ("p: Int = 1\nmodule_param(p, 'charp', 0)", "incompatible pointer type in '__check_p'"),
        ("p = Param('p', 1)\nmodule_param(p, 'int')", "requires 3 arguments, but only 2 given"),
        ("p = Param('p')\nmodule_param(p, 'int', 644)", "invalid mode of a module parameter"),
        ("p = Param('p')\nmodule_param(p, 'int', 0o666)", "invalid mode of a module parameter"),
        ("p = Param('p')\nmodule_param(p, 'int', 0o044)", "invalid mode of a module parameter"),
        ("p = Param('p')\nmodule_param(p, 'int', 0o464)", "invalid mode of a module parameter"),
        ("p = Param('p')\nmodule_param(p, 'int', 0o604)", "invalid mode of a module parameter"),
        ("p = Param('p')\nmodule_param(p, 'int', 0, range=5)", "expected ')' before '='"),
        ("p = Param('p')\nmodule_param(p, 'int', 0, range=(5, 1))", "initializer element is not constant"),
        ("MODULE_PARM_DESC('p', 'text')", "expected identifier before string constant"),
    ],
)
def test_a_declaration_that_c_refuses_is_refused(tmp_path: Path, declaration: str, words: str) -> None:
    assert words in Lab(tmp_path).refused(declaration + "\n").details[0]


def test_a_first_value_that_does_not_fit_is_cut_with_a_warning(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.load("p = Param('p', 300)\nmodule_param(p, 'byte', 0)\n")
    assert module.parameters["p"].load(lab.k) == 44
    assert "changes value from '300' to '44' [-Woverflow]" in lab.k.take_notes()[0]
