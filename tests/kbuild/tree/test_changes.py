"""The student's work on one screen: a diff against a new tree, and what has changed since the last build."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi.object_file import write_object
from kshell.kbuild.tree.changes import changed_since, diff, snapshot
from kshell.kbuild.tree.new_tree import new_tree
from kshell.kbuild.tree.sources import Sources, tree_at
from kshell.kbuild.tree.tree_paths import TABLE
from kshell.kbuild.tree.unified import unified

NO_DIFF = "the oracle is patch, which is not installed"


LEFT_BEHIND = """
SystemCalls/test_call.o vmlinux System.map Module.symvers boot/vmlinuz-4.19.1-test x.ko user/mine
arch/x86/include/generated/asm/syscalls_64.h Makefile~ #Makefile# .Makefile.swp
Makefile.orig Makefile.mine Makefile.mine3 a.kshell-12-0
.kshell/state __pycache__/a.pyc .git/config
"""


@pytest.fixture
def tree(tmp_path: Path) -> Sources:
    new_tree(str(tmp_path / "linux"))
    return tree_at(str(tmp_path / "linux"))


def put(tree: Sources, relative: str, data: bytes) -> None:
    path = Path(tree.full(relative))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_a_new_tree_differs_in_nothing(tree: Sources) -> None:
    assert diff(tree) == []


def test_the_homework_is_a_unified_diff_of_five_files(tree: Sources) -> None:
    put(tree, "SystemCalls/Makefile", b"obj-y := test_call.o\nobj-m := syscallModule.o\n")
    put(tree, "SystemCalls/test_call.py", b"x = 1")
    table = tree.read_text(TABLE).replace("\n\n# x32", "\n335\tcommon\ttest_call\t__x64_sys_test_call\n\n# x32")
    put(tree, TABLE, table.encode())
    put(tree, "Makefile", tree.read_text("Makefile").replace(" fs/\n", " fs/ SystemCalls/\n").encode())
    os.remove(tree.full("usr/Makefile"))
    found = diff(tree)
    assert [(each.path, each.status) for each in found] == [
        ("Makefile", "changed"), ("SystemCalls/Makefile", "added"), ("SystemCalls/test_call.py", "added"),
        (TABLE, "changed"), ("usr/Makefile", "removed"),
    ]  # fmt: skip
    assert found[0].lines[:2] == ["--- a/Makefile", "+++ b/Makefile"]
    assert "-core-y += kernel/ mm/ fs/" in found[0].lines
    assert "+core-y += kernel/ mm/ fs/ SystemCalls/" in found[0].lines
    assert found[1].lines == [
        "--- /dev/null",
        "+++ b/SystemCalls/Makefile",
        "@@ -0,0 +1,2 @@",
        "+obj-y := test_call.o",
        "+obj-m := syscallModule.o",
    ]
    assert found[2].lines[-2:] == ["+x = 1", "\\ No newline at end of file"]
    assert found[4].lines[:2] == ["--- a/usr/Makefile", "+++ /dev/null"]


def test_what_a_build_and_an_editor_leave_is_nobody_s_work(tree: Sources) -> None:
    made = write_object("record", {"source": "a.py"})
    for name in LEFT_BEHIND.split():
        put(tree, name, made)
    put(tree, "user/test_call_user", made)
    assert diff(tree) == []
    put(tree, "vmlinux.txt", b"mine\n")
    put(tree, "a.orig.py", b"mine\n")
    assert [each.path for each in diff(tree)] == ["a.orig.py", "vmlinux.txt"]


def test_what_cannot_be_shown_is_named(tree: Sources, tmp_path: Path) -> None:
    put(tree, "binary", b"\x7fELF\0\xff")
    put(tree, "latin.py", b"x = '\xfc'\n")
    put(tree, "large.txt", b"x\n" * (1 << 20))
    put(tree, "empty.py", b"")
    os.mkfifo(tree.full("pipe"))
    os.symlink(tmp_path, tree.full("out"))
    os.remove(tree.full("README"))
    os.symlink("/dev/zero", tree.full("README"))
    found = {each.path: (each.status, each.lines, each.note) for each in diff(tree)}
    assert found == {
        "README": ("changed", [], "a link to /dev/zero"),
        "binary": ("added", [], "binary"),
        "empty.py": ("added", [], "empty"),
        "large.txt": ("added", [], "larger than 1 MiB"),
        "latin.py": ("added", [], "binary"),
        "out": ("added", [], f"a link to {tmp_path}"),
        "pipe": ("added", [], "a pipe"),
    }


def test_line_ends_that_changed_are_said(tree: Sources) -> None:
    put(tree, "README", tree.read_text("README").replace("\n", "\r\n").encode())
    assert [each.note for each in diff(tree)] == ["CR LF line ends"]


lines_of = st.lists(st.sampled_from(["a", "b", "", "\tc", "- d", "é", "e\r"]), max_size=30)
texts = st.tuples(lines_of, st.booleans()).map(lambda t: "\n".join(t[0]) + ("\n" if t[1] and t[0] else ""))


@given(texts, texts)
@pytest.mark.skipif(shutil.which("patch") is None, reason=NO_DIFF)
def test_patch_turns_the_old_text_into_the_new_one(old: str, new: str) -> None:
    import tempfile

    lines = unified("file", old, new)
    assert bool(lines) is (old != new)
    if not lines or not new or not old:
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "file").write_bytes(old.encode())
        command = ["patch", "--binary", "-s", "-p1", "--fuzz=0"]
        patch = "".join(line + "\n" for line in lines)
        subprocess.run(command, cwd=folder, input=patch.encode(), check=True, capture_output=True)
        assert Path(folder, "file").read_bytes() == new.encode()


@given(texts, texts)
def test_a_diff_holds_all_that_is_new_and_all_that_is_gone(old: str, new: str) -> None:
    lines = [line for line in unified("file", old, new)[2:] if not line.startswith(("@@", "\\"))]
    grown = sum(line.startswith("+") for line in lines) - sum(line.startswith("-") for line in lines)

    def count(text: str) -> int:
        return text.count("\n") + (not text.endswith("\n") and text != "")

    assert grown == count(new) - count(old)


def test_two_large_texts_have_a_diff_too() -> None:
    old = "".join(f"{n % 7}\n" for n in range(100_000))
    new = "".join(f"{n % 5}\n" for n in range(100_000))
    assert unified("file", old, new)
    assert unified("file", old[:1800], new[:1800])


# Since the last build.


def test_what_has_changed_since_a_snapshot_is_new_gone_or_another(tree: Sources) -> None:
    stamp = snapshot(tree)
    assert changed_since(tree, stamp) == []
    put(tree, "SystemCalls/test_call.py", b"x = 1\n")
    put(tree, "Makefile", (tree.read_bytes("Makefile") or b"").replace(b"usr/", b"rsu/"))  # as long as it was
    os.remove(tree.full("README"))
    put(tree, "vmlinux", b"")
    put(tree, "user/mine", write_object("program", {}))
    assert changed_since(tree, stamp) == ["Makefile", "README", "SystemCalls/test_call.py"]
    assert changed_since(tree, snapshot(tree)) == []


def test_a_file_that_was_only_touched_has_not_changed(tree: Sources) -> None:
    stamp = snapshot(tree)
    os.utime(tree.full("Makefile"), ns=(1, 1))
    assert changed_since(tree, stamp) == []


def test_a_snapshot_survives_as_json(tree: Sources) -> None:
    stamp = json.loads(json.dumps(snapshot(tree)))
    os.utime(tree.full("Makefile"), ns=(1, 1))
    assert changed_since(tree, stamp) == []


def test_looking_for_changes_reads_no_file_that_was_not_touched_and_follows_no_link(
    tree: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.symlink("/", tree.full("all"))
    os.symlink(".", tree.full("here"))
    stamp = snapshot(tree)
    read: list[str] = []

    def hashed(root: str, path: str, status: os.stat_result) -> str:
        read.append(path)
        return ""

    monkeypatch.setattr("kshell.kbuild.tree.changes._hash", hashed)
    assert changed_since(tree, stamp) == []
    assert read == ["user/test_call_user"]  # to see that a build made it


def test_a_walk_that_is_cut_says_where_and_always_cuts_there(tree: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kshell.kbuild.tree.changes.FILES_MAX", 6)
    first, again = diff(tree), diff(tree)
    assert first == again
    (told,) = first
    assert "more than 6 files" in told.note
    stamp = snapshot(tree)
    assert len(stamp) == 6
    assert list(stamp) == sorted(stamp, key=lambda path: (path.count("/") > 0, path))
    assert changed_since(tree, stamp) == []
