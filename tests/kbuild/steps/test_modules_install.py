"""make modules_install: where modprobe finds the modules of a tree's kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kbuild.steps.modules_install import installed_modules
from kshell.kbuild.tree.changes import diff
from kshell.kbuild.tree.sources import Sources
from tests.kbuild.tree_lab import MODULE, TreeLab

KO = "SystemCalls/syscallModule.ko"
RELEASES = {"4.19": "4.19.1-test", "6.19": "6.19.0-test"}
EXPORTER = MODULE.replace("import ", "import EXPORT_SYMBOL, ").replace(
    'extern("STUB_test_call")', 'Stub("STUB_test_call")\nEXPORT_SYMBOL(STUB_test_call)'
)


def exporter(name: str) -> str:
    """A module that exports a pointer of that name."""
    return EXPORTER.replace("STUB_test_call", name)


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_the_modules_of_a_tree_are_copied_and_found(tmp_path: Path, version: str) -> None:
    lab, release = TreeLab(tmp_path, version), RELEASES[version]
    assert installed_modules(str(lab.root), release) == {}
    lab.make()
    outcome = lab.make("modules_install")
    assert not outcome.errors, outcome.show()
    there = f"boot/modules/{release}/kernel/{KO}"
    shown = (KO, release) if version == "4.19" else (there, f"boot/modules/{release}")
    assert outcome.lines == [f"  INSTALL {shown[0]}", f"  DEPMOD  {shown[1]}"]
    assert lab.path(there).read_bytes() == lab.path(KO).read_bytes()
    assert installed_modules(str(lab.root), release) == {"syscallModule": str(lab.path(there))}
    assert installed_modules(str(lab.root), "4.19.9") == {}
    assert "modules.dep" not in "".join(each.path for each in diff(Sources(str(lab.root))))
    lab.make("clean")
    assert lab.path(there).exists()


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_modules_dep_names_what_a_module_needs_the_nearest_first(tmp_path: Path, version: str) -> None:
    lab, release = TreeLab(tmp_path, version), RELEASES[version]
    lab.write("SystemCalls/one-more.py", exporter("STUB_one"))
    user = 'STUB_one: Stub[[int]] = extern("STUB_one")\n\n\ndef other(k: Kernel) -> None:\n    k[STUB_one] = None\n\n\n'
    middle = (
        exporter("STUB_two")
        .replace("import ", "import extern, ")
        .replace("module_init(hello", f"{user}module_init(hello")
    )
    lab.write("SystemCalls/middle.py", middle)
    lab.write("SystemCalls/top.py", MODULE.replace("STUB_test_call", "STUB_two"))
    lab.replace("SystemCalls/Makefile", "obj-m := syscallModule.o", "obj-m := top.o middle.o one-more.o")
    assert not lab.make().errors, lab.make().show()
    assert not lab.make("modules_install").errors
    folder = "kernel/SystemCalls"
    assert lab.read(f"boot/modules/{release}/modules.dep").split("\n") == [
        f"{folder}/middle.ko: {folder}/one-more.ko",
        f"{folder}/one-more.ko:",
        f"{folder}/top.ko: {folder}/middle.ko {folder}/one-more.ko",
        "",
    ]
    assert set(installed_modules(str(lab.root), release)) == {"middle", "one_more", "top"}


@pytest.mark.parametrize(("version", "below"), [("4.19", "extra"), ("6.19", "updates")])
def test_a_module_from_outside_goes_into_the_tree_that_it_was_built_for(
    tmp_path: Path, version: str, below: str
) -> None:
    lab, folder = TreeLab(tmp_path, version), tmp_path / "outside"
    folder.mkdir()
    (folder / "Makefile").write_text("obj-m := syscallModule.o\n")
    (folder / "syscallModule.py").write_text(MODULE)
    lab.make()
    lab.make("modules_install")
    lab.make(M=str(folder))
    assert not lab.make("modules_install", M=str(folder)).errors
    there = lab.path(f"boot/modules/{RELEASES[version]}/{below}/syscallModule.ko")
    assert installed_modules(str(lab.root), RELEASES[version]) == {"syscallModule": str(there)}


def test_what_was_not_built_cannot_be_installed(tmp_path: Path) -> None:
    error = TreeLab(tmp_path).make("modules_install").errors[0]
    assert error.text == f"cp: cannot stat '{KO}': No such file or directory"
    assert error.try_ == "make modules"


def test_a_file_of_somebody_s_own_in_the_way_is_kept_under_another_name(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.make()
    lab.write("boot/modules/4.19.1-test/modules.dep", "my notes\n")
    assert not lab.make("modules_install").errors
    assert lab.read("boot/modules/4.19.1-test/modules.dep.mine") == "my notes\n"
