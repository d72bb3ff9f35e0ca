"""insmod of a .ko that a build has made: its code is that of the build, and its version magic counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.elf_writer import write_elf
from kshell.abi.errno import ENOEXEC
from kshell.abi.object_file import write_object
from kshell.cc.compiler import compile_file
from kshell.cc.module_object import make_module
from kshell.kernel.report.taint import tainted
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

TEXT = """from kshell.linux import *
MODULE_LICENSE("GPL")
STUB: Stub[[int]] = extern("STUB_test_call")
def handler(k: Kernel, n: int) -> Long:
    return n // (n - 1)
def m_init(k: Kernel) -> int:
    k[STUB] = handler
    return 0
def m_exit(k: Kernel) -> None:
    k[STUB] = None
module_init(m_init)
module_exit(m_exit)
"""
THEIRS = "4.19.1-other SMP mod_unload "


def ko(lab: Lab, file: str = "m.ko", vermagic: str = "", *, intree: bool = False) -> str:
    """The path of TEXT as the module m, in a file of any name."""
    obj = compile_file("SystemCalls/m.py", TEXT, lab.k.release, lab.k.profile.version).object
    path = lab.folder / file
    path.write_bytes(write_elf(make_module(obj, "m", vermagic or lab.k.vermagic, [], intree=intree)))
    return str(path)


def refusal(lab: Lab, path: str) -> ModuleError:
    with pytest.raises(ModuleError) as caught:
        insmod(lab.k, path)
    assert caught.value.because
    assert caught.value.try_
    return caught.value


def test_a_ko_serves_its_call_with_the_code_of_its_build(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    (tmp_path / "m.py").write_text("this is no longer what was built\n")
    module = insmod(lab.k, ko(lab))
    assert module.path == str(tmp_path / "m.ko")
    assert lab.result(335, 3) == 1
    assert lab.call(335, 1).outcome.kind == "killed"
    assert "divide error: 0000 [#1] SMP PTI" in lab.dmesg()
    assert any(line.startswith("RIP: 0010:handler+0x") and "(m.py:5)" in line for line in lab.dmesg())


def test_a_ko_is_called_as_it_was_built_whatever_its_file_is_called(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    assert insmod(lab.k, ko(lab, "other.ko")).name == "m"
    assert "m: loading out-of-tree module taints kernel." in lab.dmesg()
    rmmod(lab.k, "m.ko")
    assert "m" not in lab.k.modules


def test_a_module_of_the_tree_does_not_taint(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    assert insmod(lab.k, ko(lab, intree=True)).taints == ""
    assert not lab.k.taint.letters


def test_another_kernels_version_magic_is_refused_before_anything_else(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "6.19")
    error = refusal(lab, ko(lab, vermagic=THEIRS))
    assert error.what == f"insmod: ERROR: could not insert module {tmp_path}/m.ko: Invalid module format"
    assert error.errno == ENOEXEC
    assert lab.dmesg()[-1] == f"m: version magic '{THEIRS}' should be '{lab.k.vermagic}'"
    assert "it was built for kernel 4.19.1-other" in error.because
    assert not lab.k.taint.letters


def test_force_loads_it_all_the_same_and_taints(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = insmod(lab.k, ko(lab, vermagic=THEIRS), force=True)
    assert module.taints == "FO"
    assert lab.dmesg().count("m: bad vermagic: kernel tainted.") == 1
    assert "Disabling lock debugging due to kernel taint" in lab.dmesg()
    assert tainted(lab.k.taint).startswith("Tainted: GF          O")
    assert lab.result(335, 3) == 1


@pytest.mark.parametrize(
    ("name", "data", "because"),
    [
        ("m.ko", b"\x7fELF\x02\x01\x01\x00", "its ELF header"),
        ("m.o", b"\x7fELF\x02\x01\x01\x00", "its ELF header"),
        ("m.ko", b"", "it is empty"),
        ("m.ko", b"def f(): pass\n", "it does not begin as an ELF file does"),
        ("notes.txt", b"hello", "a source that ends in .py"),
    ],
)
def test_a_file_that_is_no_module_is_refused(tmp_path: Path, name: str, data: bytes, because: str) -> None:
    lab = Lab(tmp_path)
    (tmp_path / name).write_bytes(data)
    error = refusal(lab, str(tmp_path / name))
    assert error.what.endswith(": Invalid module format")
    assert because in error.because


@pytest.mark.parametrize(
    ("kind", "because", "try_"),
    [("vmlinux", "a whole kernel", "boot "), ("program", "a program for user mode", "run ")],
)
def test_what_is_booted_or_run_is_sent_where_it_belongs(tmp_path: Path, kind: str, because: str, try_: str) -> None:
    lab = Lab(tmp_path)
    (tmp_path / "m.ko").write_bytes(write_object(kind, {}))
    error = refusal(lab, str(tmp_path / "m.ko"))
    assert because in error.because
    assert error.try_.startswith(try_)
