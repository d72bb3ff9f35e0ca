"""make and diff at the shell: what they show, and what else meets a tree there."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.shell.errors import INTERRUPTED
from tests.kbuild.tree_lab import HEADER, TABLE, TreeLab
from tests.shell.lab import Lab, screen
from tests.shell.tree_steps import CALL, NOT_THERE, PROGRAM, built, said


@pytest.fixture
def tree() -> TreeLab:
    """The slides' tree, with their call in it."""
    return TreeLab(Path())


# What make shows.


def test_a_build_that_fails_ends_with_make_s_own_lines_and_leaves_the_kernel_that_runs_alone(tree: TreeLab) -> None:
    lab = Lab()
    built(lab)
    tree.replace(CALL, "test_int: Int", "test_int: Itn")
    result = lab.result("make")
    assert result.status == 1
    assert result.error is not None
    assert result.error["what"].startswith(f"{CALL}:10:36: error: ")
    assert result.error["messages"][0]["line"] == 10
    assert result.error["messages"][0]["column"] == 36
    assert {"tool": "CC", "target": "SystemCalls/test_call.o"} in result.error["steps"]
    assert result.view.text().endswith("make: *** [SystemCalls] Error 2")
    assert said(lab, PROGRAM) == NOT_THERE


def test_each_error_of_a_build_is_shown_with_its_line_and_its_way_out(tree: TreeLab) -> None:
    tree.replace(CALL, "test_int: Int", "test_int: Itn")
    out, err, status = screen("make -C test_kernel")
    assert status == 1
    assert out.endswith("  CC      SystemCalls/test_call.o\n")
    lines = err.splitlines()
    assert lines[0].startswith(f"{CALL}:10:36: error: ")
    assert "def test_call(k: Kernel, test_int: Itn) -> Long:" in lines[1]
    assert lines[2].strip(" |") == "^~~"
    assert lines[3].startswith("  because: ")
    assert lines[-1] == "make: *** [SystemCalls] Error 2"


def test_the_closing_table_sets_a_rebuild_beside_a_module_and_is_left_out_where_nothing_was_linked(
    tree: TreeLab, lab: Lab
) -> None:
    view = lab.result("make -C test_kernel").view
    text = view.text(80)
    assert "37 files compiled, 1 linked" in text
    assert "on a real machine" in text
    assert text.endswith("next: make -C test_kernel install; boot test_kernel")
    assert all(len(line) <= 80 for line in text.split("\n")[-6:])
    assert "on a real machine" not in lab.text("make")


def test_a_build_on_a_stream_shows_each_line_as_it_comes_and_no_bar(tree: TreeLab) -> None:
    out, err, _ = screen("make -C test_kernel; echo done")
    assert err == ""
    assert "\r" not in out
    assert "\x1b" not in out
    assert out.index("CC      kernel/sys.o") < out.index("LD      vmlinux") < out.index("next: ") < out.index("done")


def test_ctrl_c_in_a_build_ends_the_build_and_not_the_shell(
    tree: TreeLab, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kshell.kbuild.make import Maker

    def press(self: Maker, request: object, depth: int = 0) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Maker, "make", press)
        result = lab.result("make -C test_kernel")
    assert result.status == INTERRUPTED
    assert result.error is not None
    assert result.error["what"] == "make: interrupted"
    lab = Lab()
    assert lab.json("make -C test_kernel")["build"] == 1


def test_the_fields_of_each_command_s_json_are_these(tree: TreeLab, lab: Lab) -> None:
    tree.replace(HEADER, "asmlinkage long sys_test_call(int);", "")
    report = lab.json("make -C test_kernel")
    assert set(report) == {"steps", "messages", "notes", "release", "build", "linked"}
    assert report["notes"]
    message = {"kind", "text", "file", "line", "column", "because", "try"}
    assert all(set(note) == message and note["kind"] == "note" for note in report["notes"])
    assert set(lab.json("make install")) == set(report)
    assert set(lab.json("tree")) == {"path", "release", "build", "changed", "running"}
    assert set(lab.json("tree new other")) == {"path", "version", "created", "kept"}
    found = lab.json("diff test_kernel")
    assert set(found) == {"path", "files", "text"}
    assert all(set(each) == {"path", "status", "note"} for each in found["files"])
    assert set(lab.json("boot test_kernel")) == {"kernel", "release", "system_calls", "build", "tree"}
    tree.replace(CALL, "test_int: Int", "test_int: Itn")
    error = lab.result("make").error
    assert error is not None
    assert set(error) == {"what", "because", "try", "steps", "messages", "notes"}
    assert all(set(each) == message for each in error["messages"])


@pytest.mark.parametrize("line", ["tree", "make -C", "diff", "boot", "edit", "tree new"])
@pytest.mark.parametrize("path", ["''", "/", "'a\0b'", "'\udcff'", "/dev/null", "..", "~", "file", "'\x1b[31m'"])
def test_no_path_makes_a_command_break(lab: Lab, line: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").touch()
    monkeypatch.setenv("HOME", str(Path("home").absolute()))
    result = lab.result(f"{line} {path}")
    assert result.status in (0, 1), result.error
    assert "\x1b" not in result.view.text()
    assert lab.session.tree == "" or Path(lab.session.tree).is_dir()


def test_a_tilde_is_one_s_own_folder_in_every_command_about_a_tree(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    assert lab.json("tree new ~/linux")["path"] == f"{Path.cwd()}/linux"
    assert lab.json("make -C ~/linux")["build"] == lab.json("make -C~/linux install")["build"] == 1
    assert lab.json("diff ~/linux")["files"] == []
    assert lab.json("boot ~/linux")["build"] == lab.json("tree ~/linux")["build"] == 1


# diff


def test_the_diff_has_a_role_for_each_kind_of_line(tree: TreeLab, lab: Lab) -> None:
    assert lab.text("tree new other; diff other") == "nothing: the tree is as it was made"
    tree.path("fs/pipe.py").unlink()
    view = lab.result("diff test_kernel").view
    roles = {(text[:1], role) for line in view.lines() for text, role in line if text}
    assert {("+", "good"), ("-", "error"), ("@", "address"), ("-", "heading"), ("+", "heading")} <= roles
    statuses = {each["path"]: each["status"] for each in view.json()["files"]}
    assert statuses[CALL] == "added"
    assert statuses[TABLE] == "changed"
    assert statuses["fs/pipe.py"] == "removed"
    assert "+335\tcommon\ttest_call\t\t__x64_sys_test_call" in view.json()["text"].split("\n")


def test_what_has_no_lines_to_compare_is_named_with_a_reason(tree: TreeLab, lab: Lab) -> None:
    tree.path("fs/notes").symlink_to("/nowhere")
    assert "fs/notes: added: a link to /nowhere" in lab.text("diff test_kernel")
    assert next(each for each in lab.json("diff")["files"] if each["path"] == "fs/notes")["note"]


def test_control_characters_in_a_diff_do_not_reach_the_terminal(tree: TreeLab, lab: Lab) -> None:
    tree.write("fs/new.py", "# \x1b[31mred\n")
    assert "\x1b" not in lab.text("diff test_kernel")
    assert "\\x1b[31mred" in lab.text("diff test_kernel")


# Other commands that meet a tree.


@pytest.mark.parametrize("line", ["cat test_kernel/Makefile", "ls test_kernel"])
def test_cat_and_ls_of_one_s_own_files_say_that_there_are_two_worlds(tree: TreeLab, lab: Lab, line: str) -> None:
    error = lab.error(line)
    assert "of your own, outside" in error["because"]
    assert error["try"].startswith(("edit test_kernel/Makefile", "tree"))


def test_the_line_of_an_outside_build_that_a_unix_shell_would_expand_is_answered_expanded(lab: Lab) -> None:
    here = Path.cwd()
    Path("Makefile").write_text("obj-m := m.o\n")
    Path("m.py").write_text("from kshell.linux import *\nMODULE_LICENSE('GPL')\n")
    for line in ("$(uname -r)/build M=$(pwd)", "`uname -r`/build M=$PWD"):
        error = lab.error(f"make -C /lib/modules/{line} modules")
        assert error["try"] == f"make -C /lib/modules/4.19.1-course/build M={here} modules"


def test_a_warning_of_the_compiler_is_shown_with_its_reason(tree: TreeLab, lab: Lab) -> None:
    tree.replace("SystemCalls/test_call.py", "    stub = k[", "    unused = 5\n    stub = k[")
    text = lab.text("make -C test_kernel")
    (at,) = [i for i, line in enumerate(text.split("\n")) if "warning: unused variable 'unused'" in line]
    assert [line.strip() for line in text.split("\n")[at + 3 : at + 5]] == [
        "because: nothing reads it",
        "try: take it out",
    ]
    assert "unused variable" not in lab.text("make -C test_kernel")  # as gcc, which does not compile it again
