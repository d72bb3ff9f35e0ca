"""The kernel tree: laying one out without losing anything, and reading what a student has made of it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.abi.syscall_tbl import load, parse, table_path
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.release import profile_of, release_of
from kshell.kbuild.tree import tree_files
from kshell.kbuild.tree.changes import diff
from kshell.kbuild.tree.new_tree import new_tree
from kshell.kbuild.tree.sources import Sources, is_tree, read_makefile, tree_at
from kshell.kbuild.tree.tree_contents import SOURCES, contents
from kshell.kbuild.tree.tree_files import TreeError, read_text
from kshell.kbuild.tree.tree_paths import HEADER, PRISTINE, TABLE, VERSIONS
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.syscalls import linked_in, subjects

NO_MAKE = "the oracle is GNU make, which is not installed"


@pytest.fixture
def tree(tmp_path: Path) -> Sources:
    new_tree(str(tmp_path / "linux"))
    return tree_at(str(tmp_path / "linux"))


def put(tree: Sources, relative: str, data: bytes) -> None:
    path = Path(tree.full(relative))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# What is in it.


@pytest.mark.parametrize("version", VERSIONS)
def test_a_new_tree_has_linux_s_own_paths_and_says_what_it_is(version: str, tmp_path: Path) -> None:
    made = new_tree(str(tmp_path / "a" / "linux"), version)
    root = tmp_path / "a" / "linux"
    assert made.kept == []
    assert sorted(everything(root)) == sorted([*made.created, PRISTINE])
    wanted = {
        "Makefile",
        "README",
        TABLE,
        HEADER,
        "kernel/sys.py",
        "kernel/sys_ni.py",
        "fs/read_write.py",
        "mm/mmap.py",
    }
    assert wanted | {"usr/Makefile", "user/test_call_user.s", "user/libc.s", "user/test_call_user"} <= set(made.created)
    tree = tree_at(str(root))
    assert tree.version() == version
    assert release_of(read_makefile(tree, "Makefile")) == PROFILES[version].release + "-test"
    assert tree.read_text(TABLE) == Path(table_path(version)).read_text(encoding="utf-8")
    assert tree.pristine == contents(version) == json.loads((root / PRISTINE).read_text())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_file_of_built_in_calls_is_in_the_tree_and_on_an_obj_y(version: str) -> None:
    files = contents(version)
    names = {module.__name__.rpartition(".")[2] for module in linked_in(load(version))}
    assert set(SOURCES) <= {module.__name__.rpartition(".")[2] for module in subjects()}
    assert {SOURCES.get(name, f"kernel/{name}.py") for name in names} | {"kernel/sys_ni.py"} == {
        path for path in files if path.endswith(".py")
    }
    for path in (path for path in files if path.endswith(".py")):
        folder, _, name = path.rpartition("/")
        assert name.removesuffix(".py") + ".o" in files[f"{folder}/Makefile"].split()
        compile(files[path], path, "exec")


@pytest.mark.parametrize("version", VERSIONS)
def test_each_row_of_the_table_has_a_body_or_stands_in_sys_ni(version: str) -> None:
    files = contents(version)
    left_out = {node.value.args[0].value for node in ast.parse(files["kernel/sys_ni.py"]).body
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
                and isinstance(node.value.args[0], ast.Constant)}  # fmt: skip
    defined = {
        node.name
        for path, text in files.items()
        if path.endswith(".py")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and any("SYSCALL_DEFINE" in ast.dump(mark) for mark in node.decorator_list)
    }
    assert "accept" in left_out
    assert "read" in defined
    assert not left_out & defined
    wanted = {entry_name(row.symbol) for row in parse(files[TABLE]).rows if row.symbol and row.abi != "x32"}
    assert left_out | defined >= wanted
    assert "test_call" not in left_out | defined


def test_uretprobe_is_in_the_newer_tree_only() -> None:
    assert "arch/x86/kernel/uprobes.py" in contents("6.19")
    assert not any("uprobe" in path for path in contents("4.19"))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_makefile_names_core_y_twice_before_it_is_used(version: str) -> None:
    lines = [line for line in contents(version)["Makefile"].splitlines() if "core-y" in line]
    assert lines[0].split() == ["core-y", ":=", "usr/"]
    assert lines[1].startswith("core-y += kernel/ mm/ fs/")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.skipif(shutil.which("make") is None, reason=NO_MAKE)
def test_gnu_make_reads_every_makefile_and_finds_the_directories(version: str, tmp_path: Path) -> None:
    new_tree(str(tmp_path / "linux"), version)
    top = tmp_path / "linux" / "Makefile"
    top.write_text(top.read_text().replace("core-y += kernel/ mm/ fs/", "core-y += kernel/ mm/ fs/ SystemCalls/"))
    for path in (tmp_path / "linux").rglob("Makefile"):
        command = ["make", "-n", "-p", "-f", path.name]
        ran = subprocess.run(
            command, cwd=path.parent, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        )
        assert "***" not in ran.stderr.replace("No targets.  Stop.", "").replace("make: *** ", ""), ran.stderr
        assert "warning" not in ran.stderr
        if path == top:
            assert f"KERNELRELEASE={PROFILES[version].release}-test" not in ran.stderr
            values = dict(line.split(" := ", 1) for line in ran.stdout.splitlines() if line.count(" := ") == 1)
            assert "SystemCalls/built-in.a" in values["core-y"].split()
            assert {"usr", "kernel", "mm", "fs", "SystemCalls"} <= set(values["vmlinux-dirs"].split())
    said = subprocess.run(["make", "-s", "M=/tmp"], cwd=tmp_path / "linux", capture_output=True, text=True)
    assert said.returncode == 0


# Laying it out.


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(TreeError) as caught:
        new_tree(str(tmp_path))
    assert caught.value.what.endswith("Directory not empty")
    assert "notes.txt" in caught.value.because
    assert "--force" in caught.value.try_
    assert everything(tmp_path) == {"notes.txt": b"mine"}


def test_force_keeps_a_copy_of_every_file_it_replaces_and_leaves_the_others(tmp_path: Path) -> None:
    root = tmp_path / "linux"
    new_tree(str(root))
    for content in (b"first", b"second", b"third"):
        (root / "Makefile").write_bytes(content)
        (root / "SystemCalls").mkdir(exist_ok=True)
        (root / "SystemCalls" / "test_call.py").write_bytes(b"my work")
        made = new_tree(str(root), force=True)
        assert made.created == ["Makefile"]
    assert made.kept == [("Makefile", "Makefile.mine2")]
    assert (root / "Makefile.mine").read_bytes() == b"first"
    assert (root / "Makefile.mine1").read_bytes() == b"second"
    assert (root / "Makefile.mine2").read_bytes() == b"third"
    assert (root / "Makefile").read_text() == contents("4.19")["Makefile"]
    assert (root / "SystemCalls" / "test_call.py").read_bytes() == b"my work"
    assert new_tree(str(root), force=True) == ([], [])


def test_where_there_are_no_hard_links_the_copy_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "Makefile").write_bytes(b"mine")
    (tmp_path / "Makefile.mine").write_bytes(b"older")
    assert new_tree(str(tmp_path), force=True).kept == [("Makefile", "Makefile.mine1")]
    assert (tmp_path / "Makefile.mine").read_bytes() == b"older"
    assert (tmp_path / "Makefile.mine1").read_bytes() == b"mine"


def test_whenever_it_is_stopped_what_was_there_is_still_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: f"mine: {path}".encode() for path in contents("4.19")}
    for steps in range(0, 60, 7):
        root = tmp_path / str(steps)
        for path, data in before.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        left = steps

        def stop(source: str, target: str, real: object = os.replace) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(28, "No space left on device")
            assert callable(real)
            real(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", stop)
            if steps < len(before):
                with pytest.raises(TreeError, match="No space left"):
                    new_tree(str(root), force=True)
            else:
                new_tree(str(root), force=True)
        found = set(everything(root).values())
        assert set(before.values()) <= found
        assert not [path for path in everything(root) if ".kshell-" in path]


def test_a_file_that_appears_while_the_tree_is_laid_out_is_kept_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tree_files.write_new

    def late(full: str, data: bytes) -> bool:
        if full.endswith("/README"):
            Path(full).write_bytes(b"saved just now")
        return real(full, data)

    monkeypatch.setattr("kshell.kbuild.tree.new_tree.write_new", late)
    assert new_tree(str(tmp_path), force=True).kept == [("README", "README.mine")]
    assert (tmp_path / "README.mine").read_bytes() == b"saved just now"
    assert (tmp_path / "README").read_text() == contents("4.19")["README"]


def test_a_temporary_name_that_is_taken_is_passed_over_and_left_alone(tmp_path: Path) -> None:
    taken = tmp_path / f"file.kshell-{os.getpid()}-0"
    taken.write_bytes(b"somebody's")
    tree_files.write_whole(str(tmp_path / "file"), b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert not tree_files.write_new(str(tmp_path / "file"), b"newer")
    assert everything(tmp_path) == {"file": b"new", taken.name: b"somebody's"}


@pytest.mark.parametrize("link", ["kernel", "Makefile", "include/linux"])
def test_force_follows_no_link(link: str, tmp_path: Path) -> None:
    root, outside = tmp_path / "linux", tmp_path / "outside"
    outside.mkdir()
    (outside / "sys.py").write_text("theirs")
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside / "sys.py" if link == "Makefile" else outside)
    before = everything(outside)
    if link == "Makefile":
        assert new_tree(str(root), force=True).kept == [("Makefile", "Makefile.mine")]
        assert os.readlink(root / "Makefile.mine") == str(outside / "sys.py")
        assert not (root / "Makefile").is_symlink()
    else:
        with pytest.raises(TreeError, match="is a link"):
            new_tree(str(root), force=True)
        assert not (root / "README").exists()
    assert everything(outside) == before


def test_names_with_blanks_and_other_letters_are_names(tmp_path: Path) -> None:
    root = tmp_path / "mein Kern ü 核"
    new_tree(str(root))
    assert tree_at(str(root)).read_text("README").startswith("A kernel tree")


def test_a_place_where_no_tree_can_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "kernel").write_text("a file")
    (tmp_path / "b" / "Makefile").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    os.mkfifo(tmp_path / "c" / "README")
    cases = {
        "": "no name", "x\0y": "no name", "/": "root of the file system", str(tmp_path / "file"): "Not a directory",
        str(tmp_path / "file" / "x"): "Not a directory", str(tmp_path / "a"): "Not a directory",
        str(tmp_path / "b"): "is a directory", str(tmp_path / "c"): "is a pipe", "/proc/kshell": "No such file",
        str(tmp_path / ("x" * 300)): "File name too long",
    }  # fmt: skip
    for path, what in cases.items():
        with pytest.raises(TreeError, match=what) as caught:
            new_tree(path, force=True)
        assert caught.value.because
        assert caught.value.try_
    assert not (tmp_path / "c" / "Makefile").exists()
    with pytest.raises(TreeError, match=r"release 2\.6"):
        new_tree(str(tmp_path / "d"), "2.6")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(TreeError, match="Permission denied"):
        new_tree(str(tmp_path))


# Finding it.


def test_a_folder_that_is_no_tree_is_told_apart(tmp_path: Path, tree: Sources) -> None:
    (tmp_path / "file").write_text("")
    for path, what in (("nowhere", "No such file"), ("file", "Not a directory"), (".", "is not a kernel tree")):
        with pytest.raises(TreeError, match=what):
            tree_at(str(tmp_path / path))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("makefile", [b"all:\n", b"ifeq (\n", b"VERSION = 2\nPATCHLEVEL = 6\n", b"\xff", None])
def test_a_tree_whose_makefile_is_broken_or_gone_is_one_and_can_be_compared(
    tmp_path: Path, version: str, makefile: bytes | None
) -> None:
    new_tree(str(tmp_path / "linux"), version)
    path = tmp_path / "linux" / "Makefile"
    path.unlink() if makefile is None else path.write_bytes(makefile)
    tree = tree_at(str(tmp_path / "linux"))
    assert [each.path for each in diff(tree)] == ["Makefile"]
    (tmp_path / "linux" / PRISTINE).unlink()
    tree = tree_at(str(tmp_path / "linux"))
    assert tree.version() == version
    assert [each.path for each in diff(tree)] == ["Makefile"]
    with pytest.raises(BuildFailed):
        profile_of(release_of(read_makefile(tree, "Makefile")), "Makefile")


def test_the_release_is_what_the_makefile_says_now(tree: Sources) -> None:
    text = tree.read_text("Makefile").replace("EXTRAVERSION = -test", "EXTRAVERSION := -mine  # this is my own")
    put(tree, "Makefile", text.replace("SUBLEVEL = 1", "SUBLEVEL =").encode())
    assert release_of(read_makefile(tree, "Makefile")) == "4.19-mine"
    assert tree.version() == "4.19"


def test_a_folder_is_a_tree_by_what_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("VERSION = 4\nPATCHLEVEL = 19\n")
    assert not is_tree(Sources(str(tmp_path)))
    (tmp_path / TABLE).parent.mkdir(parents=True)
    assert is_tree(Sources(str(tmp_path)))


@pytest.mark.parametrize("damage", [b"", b"[1]", b'{"a": 1}', b"[" * 100_000, b"\xff"])
def test_a_tree_that_has_lost_its_hidden_folder_is_compared_with_a_new_one(tree: Sources, damage: bytes) -> None:
    put(tree, PRISTINE, damage)
    assert tree.pristine == contents("4.19")
    assert not tree.is_changed("kernel/sys.py")


# Reading it.


def test_cr_lf_is_lf_in_sources_and_stays_in_what_make_and_the_scripts_read(tree: Sources) -> None:
    for name in ("a.py", "a.h", "a.c", "a.s"):
        put(tree, name, b"\xef\xbb\xbfa\r\nb\r\n")
        assert read_text(tree.root, name) == "a\nb\n"
    for name in ("Makefile", "a.tbl", "README"):
        put(tree, name, b"a\r\nb\r\n")
        assert read_text(tree.root, name) == "a\r\nb\r\n"


def test_what_is_no_utf_8_is_named_by_line_and_byte(tree: Sources) -> None:
    put(tree, "a.py", "x = 1\nname = 'Gr\xfc\xdfe'\n".encode("latin-1"))
    with pytest.raises(TreeError, match=r"a\.py:2:11: is not UTF-8") as caught:
        read_text(tree.root, "a.py")
    assert "0xfc" in caught.value.because
    put(tree, "a.py", "x = 1\n".encode("utf-16"))
    with pytest.raises(TreeError, match="UTF-16"):
        read_text(tree.root, "a.py")
    put(tree, "a.py", b"x = 1\ny\0 = 2\n")
    with pytest.raises(TreeError, match=r"a\.py:2: holds a NUL"):
        read_text(tree.root, "a.py")


def test_nothing_that_is_no_file_is_read_or_waited_for(tree: Sources, tmp_path: Path) -> None:
    os.mkfifo(tree.full("pipe"))
    os.mkdir(tree.full("folder"))
    os.symlink("/dev/zero", tree.full("zero"))
    os.symlink("loop", tree.full("loop"))
    os.symlink(tmp_path / "secret", tree.full("secret"))
    (tmp_path / "secret").write_text("x")
    os.symlink(tmp_path, tree.full("up"))
    put(tree, "large", b"x" * (tree_files.SIZE_MAX + 1))
    cases = {
        "pipe": "is a pipe", "folder": "is a directory", "zero": "leads out of the tree", "loop": "loop",
        "secret": "leads out of the tree", "up/secret": "leads out of the tree", "large": "File too large",
        "missing": "No such file", "Makefile/x": "Not a directory", "../secret": "leads out of the tree",
    }  # fmt: skip
    for name, what in cases.items():
        with pytest.raises(TreeError, match=what) as caught:
            read_text(tree.root, name)
        assert caught.value.what.startswith(name)
        assert caught.value.because
        assert caught.value.try_
    with pytest.raises(TreeError) as caught:
        read_text(tree.root, "secret")
    assert str(tmp_path / "secret") in caught.value.because


def test_a_link_to_another_file_of_the_tree_is_read(tree: Sources) -> None:
    os.symlink("kernel/sys.py", tree.full("here.py"))
    assert read_text(tree.root, "here.py") == read_text(tree.root, "kernel/sys.py")
