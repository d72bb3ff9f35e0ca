"""What modules use of one another: exports for everybody and for GPL modules, variables, inherited taint."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.module.struct_module import Module
from kshell.shell.modules.insmod import insmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

EXPORTS = """
plain = Param("plain", 5)
EXPORT_SYMBOL(plain)
gpl = Param("gpl", 7)
EXPORT_SYMBOL_GPL(gpl)
def twice(k: Kernel, n: int) -> Long:
    return 2 * n
EXPORT_SYMBOL_GPL(twice)
"""


def using(*names: str) -> str:
    """A module that refers to variables of others."""
    externs = "".join(f'{name} = extern("{name}", Int)\n' for name in names)
    return externs + f"def f(k: Kernel) -> int:\n    return {' + '.join(names)}\n"


USES = """
{0} = extern("{0}", Int)
def m_init(k: Kernel) -> int:
    k.printk(KERN_INFO, f"it is {{k.read({0})}}")
    k.write({0}, 9)
    return 0
module_init(m_init)
"""


def load(lab: Lab, text: str, name: str = "m", licence: str = "GPL") -> Module:
    """insmod a module that uses nothing of the course kernel's own."""
    path = lab.folder / f"{name}.py"
    path.write_text(f'from kshell.linux import *\nMODULE_LICENSE("{licence}")\n{text}')
    return insmod(lab.k, str(path))


def load_proprietary(lab: Lab, text: str, name: str = "p") -> Module:
    return load(lab, text, name, "Mine")


def refused(lab: Lab, text: str, name: str = "m", licence: str = "GPL") -> ModuleError:
    with pytest.raises(ModuleError, match="Unknown symbol in module") as caught:
        load(lab, text, name, licence)
    return caught.value


def test_a_variable_is_shared_between_modules(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    owner = load(lab, EXPORTS, "owner")
    load(lab, USES.format("gpl"), "user")
    assert lab.dmesg()[-1] == "it is 7"
    assert lab.value("gpl") == 9
    assert owner.used_by == ["user"]


def test_each_export_is_known_by_its_macro(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    load(lab, EXPORTS, "owner")
    exported = {symbol.name: (symbol.kind, symbol.exported) for symbol in lab.k.symbols if symbol.module == "owner"}
    assert exported["plain"] == ("D", "EXPORT_SYMBOL")
    assert exported["gpl"] == ("D", "EXPORT_SYMBOL_GPL")
    assert exported["twice"] == ("T", "EXPORT_SYMBOL_GPL")


@pytest.mark.parametrize("profile", ["4.19", "6.19"])
@pytest.mark.parametrize("name", ["gpl", "twice"])
def test_a_proprietary_module_does_not_find_what_is_gpl_only(tmp_path: Path, profile: str, name: str) -> None:
    lab = Lab(tmp_path, profile)
    load(lab, EXPORTS, "owner")
    error = refused(lab, using(name), "p", "Mine")
    assert "EXPORT_SYMBOL_GPL" in error.because
    assert lab.dmesg()[-1] == f"p: Unknown symbol {name} (err -2)"
    assert load_proprietary(lab, using("plain")).taints == "PO"


def test_the_licence_is_said_twice_since_6_4(tmp_path: Path) -> None:
    for profile, lines in (("4.19", 1), ("6.19", 2)):
        lab = Lab(tmp_path, profile)
        load_proprietary(lab, "")
        assert sum("license" in line for line in lab.dmesg()) == lines
    assert lab.dmesg()[-3:] == [
        "p: module license 'Mine' taints kernel.",
        "Disabling lock debugging due to kernel taint",
        "p: module license taints kernel.",
    ]


def test_a_user_of_a_proprietary_module_inherits_its_taint_since_5_9(tmp_path: Path) -> None:
    old, new = Lab(tmp_path, "4.19"), Lab(tmp_path, "6.19")
    for lab in (old, new):
        load_proprietary(lab, "x = Param('x')\nEXPORT_SYMBOL(x)\n")
    assert load(old, using("x")).taints == "O"
    assert load(new, using("x")).taints == "PO"
    assert new.dmesg()[-1] == "m: module uses symbols x from proprietary module p, inheriting taint."


def test_since_5_9_a_module_cannot_join_a_proprietary_one_with_gpl_only_symbols(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "6.19")
    load(lab, EXPORTS, "owner")
    load_proprietary(lab, "x = Param('x')\nEXPORT_SYMBOL(x)\n")
    both = using("gpl", "x")
    error = refused(lab, both)
    assert error.because == "p is proprietary, and m also uses what is GPL-only"
    assert lab.dmesg()[-2:] == [
        "m: module using GPL-only symbols uses symbols x from proprietary module p.",
        "m: Unknown symbol x (err -2)",
    ]
    assert not lab.k.modules["owner"].used_by
    old = Lab(tmp_path, "4.19")
    load(old, EXPORTS, "owner")
    load_proprietary(old, "x = Param('x')\nEXPORT_SYMBOL(x)\n")
    assert load(old, both).state == "Live"


def test_a_symbol_of_a_module_that_died_in_its_init_is_waited_for_in_vain(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    dies = "def i(k: Kernel) -> int:\n    return 1 // 0\nmodule_init(i)\n"
    with pytest.raises(ModuleError):
        load(lab, "x = Param('x')\nEXPORT_SYMBOL(x)\n" + dies, "owner")
    before = lab.k.clock.ns
    with pytest.raises(ModuleError) as caught:
        load(lab, using("x"), "user")
    error = caught.value
    assert error.what.endswith("Device or resource busy")
    assert lab.dmesg()[-2:] == ["user: gave up waiting for init of module owner.", "user: Unknown symbol x (err -16)"]
    assert lab.k.clock.ns - before >= 30 * 10**9
    assert not lab.k.modules["owner"].used_by


def test_a_symbol_that_is_missing_is_told_before_one_that_is_exported_twice(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    load(lab, "x = Param('x')\nEXPORT_SYMBOL(x)\n", "owner")
    refused(lab, "x = Param('x')\nEXPORT_SYMBOL(x)\n" + using("y"))
    assert lab.dmesg()[-1] == "m: Unknown symbol y (err -2)"
