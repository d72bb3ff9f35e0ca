"""make install, and what the boot loader finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.object_file import read_object, write_object
from kshell.kbuild.steps.install import InstallError, installed, is_stale
from kshell.kbuild.tree.sources import Sources
from tests.kbuild.tree_lab import CALL, TreeLab

KERNEL, MAP = "boot/vmlinuz-4.19.1-test", "boot/System.map-4.19.1-test"


@pytest.fixture
def lab(tmp_path: Path) -> TreeLab:
    """A tree that is built and installed."""
    lab = TreeLab(tmp_path)
    assert not lab.make("all", "install").errors
    return lab


def refused(lab: TreeLab) -> InstallError:
    with pytest.raises(InstallError) as caught:
        installed(Sources(str(lab.root)), "DIR")
    assert caught.value.because
    assert caught.value.try_
    return caught.value


def test_install_copies_kernel_and_map(lab: TreeLab) -> None:
    assert lab.path(KERNEL).read_bytes() == lab.path("vmlinux").read_bytes()
    assert lab.read(MAP) == lab.read("System.map")
    found = installed(Sources(str(lab.root)), "DIR")
    assert (found.release, found.build, found.profile.name) == ("4.19.1-test", 1, "4.19")
    assert found.tree == str(lab.root)


def test_install_says_what_it_runs(lab: TreeLab) -> None:
    outcome = lab.make("install")
    assert outcome.lines == ['sh ./arch/x86/boot/install.sh 4.19.1-test arch/x86/boot/bzImage System.map "/boot"']
    assert outcome.made.release == "4.19.1-test"


def test_install_keeps_the_kernel_before(lab: TreeLab) -> None:
    before = lab.path(KERNEL).read_bytes()
    lab.write("SystemCalls/test_call.py", CALL + "\n# changed\n")
    assert not lab.make("all", "install").errors
    assert lab.path(f"{KERNEL}.old").read_bytes() == before
    assert lab.path(KERNEL).read_bytes() != before


def test_the_boot_loader_starts_what_was_installed_last(lab: TreeLab) -> None:
    lab.replace("Makefile", "EXTRAVERSION = -test", "EXTRAVERSION = -mine")
    assert not lab.make("all", "install").errors
    assert installed(Sources(str(lab.root)), "DIR").release == "4.19.1-mine"
    assert lab.path(KERNEL).exists()


def test_clean_leaves_what_is_installed(lab: TreeLab) -> None:
    assert not lab.make("mrproper").errors
    assert lab.boot_only().image.build == 1


def test_a_tree_is_stale_between_make_and_make_install(lab: TreeLab) -> None:
    sources = Sources(str(lab.root))
    assert not is_stale(sources)
    lab.write("SystemCalls/test_call.py", CALL + "\n# changed\n")
    lab.make()
    assert is_stale(sources)
    lab.make("install")
    assert not is_stale(sources)


def test_nothing_built_and_nothing_installed_are_told_apart(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    assert refused(lab).because == "the tree has not been built"
    lab.make()
    error = refused(lab)
    assert error.what == "boot: DIR: no kernel is installed"
    assert error.try_ == "make -C DIR install"


@pytest.mark.parametrize(
    "data", [b"", b"notes", b"\x7fELF", b"kshell-object 1 vmlinux\n{}", b"kshell-object 9 vmlinux\n{}"]
)
def test_a_damaged_kernel_is_not_booted(lab: TreeLab, data: bytes) -> None:
    lab.path(KERNEL).write_bytes(data)
    assert KERNEL in refused(lab).what


def test_a_kernel_that_was_edited_by_hand_is_not_booted_or_installed(lab: TreeLab) -> None:
    kind, payload = read_object(lab.path("vmlinux").read_bytes(), "vmlinux")
    edited = write_object(kind, payload | {"release": "../../x"})
    lab.path(KERNEL).write_bytes(edited)
    assert "file is damaged" in refused(lab).what
    lab.path("vmlinux").write_bytes(edited)
    error = lab.make("install").errors[0]
    assert error.text == "vmlinux: file is damaged"
    assert not lab.make("all", "install").errors
    assert installed(Sources(str(lab.root)), "DIR").release == "4.19.1-test"


def test_a_module_is_no_kernel(lab: TreeLab) -> None:
    lab.path(KERNEL).write_bytes(lab.path("SystemCalls/syscallModule.ko").read_bytes())
    assert refused(lab).because == "it is an object file or a module, and no kernel"


@pytest.mark.parametrize("text", ["", "../../../etc/passwd", "9.9", "\xff", "a\nb"])
def test_a_damaged_note_of_what_to_boot_is_no_kernel(lab: TreeLab, text: str) -> None:
    lab.write(".kshell/boots", text)
    refused(lab)


def test_a_file_in_the_place_of_the_installed_kernel_is_kept_under_another_name(lab: TreeLab) -> None:
    lab.write(KERNEL, "notes about the kernel")
    assert not lab.make("install").errors
    assert lab.read(f"{KERNEL}.mine") == "notes about the kernel"
