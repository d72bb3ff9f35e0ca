"""insmod says which file exports what is missing, and how a .ko comes to be that is not built."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.elf_reader import read_elf
from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab

EXPORTER = """from kshell.linux import *

MODULE_LICENSE("GPL")


def helper(k: Kernel, n: int) -> Long:
    return n


EXPORT_SYMBOL(helper)
"""
IMPORTER = """from kshell.linux import *

MODULE_LICENSE("GPL")
helper: Stub[[int]] = extern("helper")


def start(k: Kernel) -> int:
    return Int(helper(k, 0))


module_init(start)
"""
LISTS = "obj-m := importer.o exporter.o\n"
RULE = "all:\n\tmake -C /lib/modules/$(shell uname -r)/build M=$(CURDIR) modules\n"


def pair(folder: str, makefile: str = LISTS + RULE) -> None:
    Path(folder).mkdir(parents=True)
    for name, text in (("importer.py", IMPORTER), ("exporter.py", EXPORTER), ("Makefile", makefile)):
        Path(folder, name).write_text(text)


@pytest.mark.parametrize("kernel", ["4.19", "6.19"])
def test_the_exporter_beside_the_importer_is_named_and_then_it_works(kernel: str) -> None:
    pair("m")
    lab = Lab(kernel)
    assert lab.text("make -C m").endswith("next: insmod m/exporter.ko; insmod m/importer.ko")
    for suffix in ("ko", "py"):
        error = lab.error(f"insmod m/importer.{suffix}")
        assert error["because"] == f"m/exporter.{suffix} exports helper, and is not loaded"
        assert error["try"] == f"insmod m/exporter.{suffix}  (then this one)"
    assert lab.result("insmod m/exporter.ko").status == 0
    assert lab.result("insmod m/importer.ko").status == 0
    assert lab.json("lsmod")["modules"][1]["used_by"] == ["importer"]


def test_an_exporter_elsewhere_in_the_tree_is_found_by_Module_symvers() -> None:
    tree, lab = TreeLab(Path()), Lab()
    tree.write("a/Makefile", "obj-m := exporter.o\n")
    tree.write("b/Makefile", "obj-m := importer.o\n")
    tree.write("a/exporter.py", EXPORTER)
    tree.write("b/importer.py", IMPORTER)
    tree.replace("Makefile", "mm/ fs/", "mm/ fs/ b/ a/")
    assert lab.result("make -C test_kernel; make -C test_kernel install; boot test_kernel").status == 0
    error = lab.error("insmod test_kernel/b/importer.ko")
    assert error["try"] == "insmod test_kernel/a/exporter.ko  (then this one)"


NOT_BUILT = [
    (LISTS + RULE, "make -C hello; insmod hello/importer.ko"),
    (LISTS, "make -C /lib/modules/4.19.1-course/build M={here}/hello modules; insmod hello/importer.ko"),
    ("", "cc hello/importer.py -o hello/importer.ko"),
]


@pytest.mark.parametrize(("makefile", "try_"), NOT_BUILT)
def test_a_ko_that_is_not_built_is_answered_with_the_way_to_build_it(shared: Lab, makefile: str, try_: str) -> None:
    pair("hello", makefile)
    error = shared.error("insmod hello/importer.ko")
    assert error["because"] == "hello/importer.py is not compiled yet"
    assert error["try"] == try_.format(here=Path().absolute())
    assert shared.result(error["try"].partition(";")[0]).status == 0
    assert Path("hello/importer.ko").is_file()


def test_a_ko_of_a_sample_s_name_that_the_tree_has_is_the_tree_s(lab: Lab) -> None:
    tree = TreeLab(Path(), bare=True)
    tree.write("drv/Makefile", "obj-m := hello.o\n")
    tree.write("drv/hello.py", EXPORTER)
    lab.result("tree test_kernel")
    assert lab.error("insmod hello.ko")["try"] == "make -C test_kernel modules; insmod test_kernel/drv/hello.ko"
    assert lab.error("insmod refcount.ko")["try"] == "modprobe refcount"
    assert lab.error("insmod test_kernel/drv/other.ko")["try"].startswith("make -C") is False


@pytest.mark.parametrize("name", [b"hel(er", b"[elper", b"hel\\er"])
def test_whatever_a_damaged_object_asks_for_is_looked_for_as_it_stands(name: bytes) -> None:
    pair("m")
    lab = Lab()
    lab.text("cc m/importer.py -o m/importer.ko")
    path = Path("m/importer.ko")
    path.write_bytes(path.read_bytes().replace(b"\0helper\0", b"\0" + name + b"\0"))
    assert "Unknown symbol" in lab.error("insmod m/importer.ko")["what"]


def test_a_damaged_object_beside_it_exports_what_it_says() -> None:
    pair("m")
    lab = Lab()
    lab.text("cc m/exporter.py -o m/exporter.ko")
    path = Path("m/exporter.ko")
    whole = path.read_bytes()
    names = read_elf(whole, "").section("__ksymtab_strings")
    assert names is not None
    path.write_bytes(whole.replace(names.data, b"he\xe8per\0", 1))
    Path("m/exporter.py").unlink()
    assert "Unknown symbol" in lab.error("insmod m/importer.py")["what"]
