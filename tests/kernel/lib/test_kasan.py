"""KASAN: `boot ... kasan` reports what machine code does to memory that is not its own, in the release's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.shell.modules.insmod import rmmod
from kshell.shell.replay.frozen import freeze
from tests.kernel.module_lab import Lab
from tests.shell.lab import Lab as ShellLab

LINE = "=" * 66
BODIES = {
    "a load of what was freed": "kfree(k, p)\n    x = p.n",
    "a store to what was freed": "kfree(k, p)\n    p.m = 5",
    "a load behind the end": "x = Int(Ptr[Char](p)[20])",
    "a store behind the end": "p[1].n = 5",
    "freed twice": "kfree(k, p)\n    kfree(k, p)",
    "freed in its middle": "kfree(k, Ptr[Void](addr(p.n)))",
    "nothing wrong": "p.n = 1\n    x = p.n\n    p.m = Int(p.n)\n    kfree(k, p)\n    x = 0",
}
SOURCE = """
class e(Struct):
    m: Long
    n: Int
    o: Int
    p: Int
def go(k: Kernel) -> Long:
    p = kmalloc(k, e, GFP_KERNEL)
    {}
    return 0
EXPORT_SYMBOL(go)
"""
OLD = {
    "a load of what was freed": ("use-after-free", "Read of size 4 at addr"),
    "a store to what was freed": ("use-after-free", "Write of size 8 at addr"),
    "a load behind the end": ("slab-out-of-bounds", "Read of size 1 at addr"),
    "a store behind the end": ("slab-out-of-bounds", "Write of size 4 at addr"),
    "freed twice": ("double-free or invalid-free", ""),
    "freed in its middle": ("double-free or invalid-free", ""),
}
NEW = OLD | {
    "a load of what was freed": ("slab-use-after-free", "Read of size 4 at addr"),
    "a store to what was freed": ("slab-use-after-free", "Write of size 8 at addr"),
    "freed twice": ("double-free", "Free of addr"),
    "freed in its middle": ("invalid-free", "Free of addr"),
}


def run(folder: Path, what: str, release: str, cmdline: str = "kasan") -> tuple[Lab, list[str]]:
    """A machine whose module has done that, and the lines of its log from the report on."""
    lab = Lab(folder, release, cmdline)
    source = SOURCE.format(BODIES[what])
    if what == "a load behind the end":
        source = source.replace("kmalloc(k, e, GFP_KERNEL)", "Ptr[e](kmalloc(k, 20, GFP_KERNEL))")
    lab.load(source)
    assert lab.k.call_out(lab.address("go")) == 0
    log = lab.dmesg()
    return lab, log[log.index(LINE) :] if LINE in log else []


@pytest.mark.parametrize(("release", "words"), [("course", OLD), ("6.19", NEW)])
@pytest.mark.parametrize("what", OLD)
def test_each_mistake_is_told_in_the_release_s_words(
    tmp_path: Path, what: str, release: str, words: dict[str, tuple[str, str]]
) -> None:
    lab, log = run(tmp_path, what, release)
    kind, access = words[what]
    assert log[1].startswith(f"BUG: KASAN: {kind} in ")
    assert log[2].startswith(access) if access else log[2] == ""
    assert "Allocated by task 77:" in log or what == "freed in its middle"
    assert ("Freed by task 77:" in log) == ("free" in what and "middle" not in what)
    assert any("(m.py:" in line for line in log)
    assert "The buggy address belongs to the object at ffff888000000000" in log
    assert log.count(LINE) == 2
    assert "B" in lab.k.taint.letters
    lab.assert_well()


def test_a_report_has_the_lines_that_accessed_allocated_and_freed(tmp_path: Path) -> None:
    _, log = run(tmp_path, "a load of what was freed", "course")
    lines = [int(line.partition("(m.py:")[2].rstrip(")")) for line in log if "(m.py:" in line]
    first = lines[1]
    assert lines == [first + 2, first, first + 1]
    assert "Read of size 4 at addr ffff888000000008 by task kshell/77" in log
    assert "The buggy address is located 8 bytes inside of" in log
    assert " 32-byte region [ffff888000000000, ffff888000000020)" in log


def test_a_new_release_says_where_behind_the_object_it_was(tmp_path: Path) -> None:
    _, log = run(tmp_path, "a load behind the end", "6.19")
    assert "The buggy address is located 0 bytes to the right of" in log
    assert " allocated 20-byte region [ffff888000000000, ffff888000000014)" in log


@pytest.mark.parametrize("what", BODIES)
def test_without_the_word_nothing_is_said(tmp_path: Path, what: str) -> None:
    if what != "freed in its middle":  # that is a BUG there
        assert run(tmp_path, what, "course", "")[1] == []


def test_what_is_right_is_not_reported_and_one_report_is_enough(tmp_path: Path) -> None:
    lab, log = run(tmp_path, "nothing wrong", "course")
    assert log == []
    rmmod(lab.k, "m")
    lab.load(SOURCE.format(BODIES["a load of what was freed"]), "n")
    for _ in range(3):
        lab.k.call_out(lab.address("go"))
    assert sum(line.startswith("BUG: KASAN") for line in lab.dmesg()) == 1


def test_what_was_freed_is_not_given_again_at_once(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "course", "kasan")
    lab.load(
        """
        def go(k: Kernel) -> ULong:
            p = kmalloc(k, 8, GFP_KERNEL)
            kfree(k, p)
            return ULong(p)
        EXPORT_SYMBOL(go)
        """
    )
    assert len({lab.k.call_out(lab.address("go")) for _ in range(20)}) == 20


def test_large_memory_and_caches_are_watched_and_forgotten(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "course", "kasan")
    lab.load(
        """
        def go(k: Kernel) -> Long:
            for i in range(3):
                p = Ptr[Char](kmalloc(k, 20000, GFP_KERNEL))
                p[19999] = 1
                kfree(k, p)
                c = kmem_cache_create(k, "c", 40, 0, 0, NULL)
                q = Ptr[Char](kmem_cache_zalloc(k, c, GFP_KERNEL))
                q[39] = 1
                kmem_cache_free(k, c, q)
                kmem_cache_destroy(k, c)
                r = Ptr[Char](vmalloc(k, 100))
                r[99] = 1
                vfree(k, r)
            q = Ptr[Char](kmalloc(k, 20000, GFP_KERNEL))
            q[20000] = 1
            return 0
        EXPORT_SYMBOL(go)
        """
    )
    assert lab.k.call_out(lab.address("go")) == 0
    (said,) = (line for line in lab.dmesg() if line.startswith("BUG: KASAN"))
    assert said.startswith("BUG: KASAN: slab-out-of-bounds in go+")


def test_the_shell_boots_it_and_a_machine_that_was_put_by_still_watches(tmp_path: Path) -> None:
    lab = ShellLab()
    path = tmp_path / "m.py"
    path.write_text("from kshell.linux import *\nMODULE_LICENSE('GPL')" + SOURCE.format(BODIES["freed twice"]))
    assert lab.text("boot course kasan").startswith("booted 4.19.1-course")
    lab.text(f"insmod {path}")
    frozen = freeze(lab.session.kernel)
    assert frozen is not None
    for k in (frozen.thaw(), lab.session.kernel):
        k.call_out(next(each.address for each in k.symbols if each.name == "go"))
        said = [record.text for record in k.log.since(0)]
        assert "BUG: KASAN: double-free or invalid-free in kfree+0x0/0x10" in said
    assert lab.error("boot kasam")["what"].startswith("boot: ")
