"""insmod of a .ko: frozen code, version magic, and files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kshell.abi.errno import ENOEXEC
from kshell.abi.object_file import write_object
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import HEAD, TAIL, Lab

TEXT = HEAD + "def handler(k, n):\n    return n // (n - 1)\n" + TAIL


def ko(lab: Lab, name: str = "m.ko", kind: str = "module", **changed: Any) -> str:
    payload = {
        "source": "SystemCalls/m.py",
        "text": TEXT,
        "modname": "m",
        "vermagic": lab.k.vermagic,
        "depends": [],
        "intree": False,
        "undefined": ["STUB_test_call"],
        "exports": [],
    }
    payload.update(changed)
    path = lab.folder / name
    path.write_bytes(write_object(kind, payload))
    return str(path)


def refusal(lab: Lab, path: str, **more: Any) -> ModuleError:
    with pytest.raises(ModuleError) as caught:
        insmod(lab.k, path, **more)
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
    assert "kernel BUG at m.py:5!" in lab.dmesg()
    assert any("return n // (n - 1)" in line for line in lab.dmesg())
    rmmod(lab.k, "m.ko")


def test_a_ko_is_called_as_it_was_built_whatever_its_file_is_called(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    assert insmod(lab.k, ko(lab, "other.ko")).name == "m"
    assert "m: loading out-of-tree module taints kernel." in lab.dmesg()


def test_a_module_of_the_tree_does_not_taint(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = insmod(lab.k, ko(lab, intree=True))
    assert module.taints == ""
    assert not lab.k.taint.letters


def test_another_kernels_version_magic_is_refused_before_anything_else(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "6.19")
    error = refusal(lab, ko(lab, vermagic="4.19.1-test SMP mod_unload "))
    assert error.what == f"insmod: ERROR: could not insert module {tmp_path}/m.ko: Invalid module format"
    assert error.errno == ENOEXEC
    assert lab.dmesg()[-1] == f"m: version magic '4.19.1-test SMP mod_unload ' should be '{lab.k.vermagic}'"
    assert "it was built for kernel 4.19.1-test" in error.because
    assert not lab.k.taint.letters


def test_force_loads_it_all_the_same_and_taints(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = insmod(lab.k, ko(lab, vermagic="4.19.1-test SMP mod_unload "), force=True)
    assert module.taints == "FO"
    assert lab.dmesg().count("m: bad vermagic: kernel tainted.") == 1
    assert "Disabling lock debugging due to kernel taint" in lab.dmesg()
    assert str(lab.k.taint).startswith("Tainted: GF          O")
    assert lab.result(335, 3) == 1


@pytest.mark.parametrize(
    ("name", "data", "because"),
    [
        ("m.ko", b"\x7fELF\x02\x01\x01\x00", "its ELF header"),
        ("m.o", b"\x7fELF\x02\x01\x01\x00", "its ELF header"),
        ("m.ko", b"", "it is empty"),
        ("m.ko", b"kshell-object 1 module\n{", "damaged"),
        ("m.ko", b"kshell-object 9 module\n{}", "another version of kshell"),
        ("m.ko", b"def f(): pass\n", "kshell's build did not make it"),
        ("m.ko", b"kshell-object 1 module\n{}", "not all there"),
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
    [
        ("object", "an object file", "insmod "),
        ("vmlinux", "a whole kernel", "boot DIR"),
        ("program", "a program for user mode", "run "),
    ],
)
def test_another_kind_of_object_is_sent_where_it_belongs(tmp_path: Path, kind: str, because: str, try_: str) -> None:
    lab = Lab(tmp_path)
    error = refusal(lab, ko(lab, "m.o", kind))
    assert because in error.because
    assert error.try_.startswith(try_)


@pytest.mark.parametrize(
    "changed",
    [{"text": 5}, {"modname": "no name"}, {"depends": None}, {"depends": [5]}, {"vermagic": None}, {"source": []}],
)
def test_a_ko_with_odd_parts_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    lab = Lab(tmp_path)
    assert "not all there" in refusal(lab, ko(lab, **changed)).because


def test_a_text_that_does_not_compile_shows_its_line(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    error = refusal(lab, ko(lab, text="def f(:\n"))
    assert error.details[0].startswith(f"{tmp_path}/m.py:1:7: error: ")
