"""edit: the person's own editor, and every reason why it cannot be opened."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from kshell.shell.session import Session
from kshell.shell.views.output import PlainOutput
from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab, screen

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the editor of these tests is a script for /bin/sh")


class Tty(io.StringIO):
    """Standard input, as if somebody sat before it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A session with a person, whose editor appends a line and notes what it was given."""
    monkeypatch.setattr(sys, "stdin", Tty())
    monkeypatch.delenv("VISUAL", raising=False)
    use(monkeypatch, 'echo "$*" > given; echo "# edited" >> "$1"')
    return Lab(interactive=True)


def use(monkeypatch: pytest.MonkeyPatch, script: str, variable: str = "EDITOR", words: str = "") -> None:
    """Let a script be the editor."""
    path = Path("an editor.sh").absolute()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv(variable, f"'{path}'{words}")


def test_the_editor_gets_the_file_and_what_it_saves_is_seen(person: Lab) -> None:
    Path("a file.py").write_text("x\n")
    assert person.json("edit 'a file.py'") == {}
    assert Path("given").read_text() == "a file.py\n"
    assert Path("a file.py").read_text() == "x\n# edited\n"


def test_a_file_of_the_tree_that_was_edited_is_newer_than_its_build(person: Lab) -> None:
    TreeLab(Path())
    person.json("make -C test_kernel")
    person.json("edit test_kernel/SystemCalls/test_call.py")
    assert person.json("tree")["changed"] == ["SystemCalls/test_call.py"]


def test_the_variable_visual_comes_first_and_may_hold_options(person: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")
    use(monkeypatch, 'echo "$1 $2" > given', "VISUAL", " --wait")
    person.json("edit new.py")
    assert Path("given").read_text() == "--wait new.py\n"


@pytest.mark.parametrize("value", ["no-such-editor", "'unclosed", "/nowhere/vi --wait"])
def test_an_editor_that_is_not_there_is_told_by_the_variable_that_names_it(
    person: Lab, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("EDITOR", value)
    error = person.error("edit new.py")
    assert error["what"] == "edit: no editor"
    assert error["because"].startswith("EDITOR is ")
    assert error["try"]


def test_without_any_editor_the_person_is_told_how_to_name_one(person: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDITOR")
    monkeypatch.setenv("PATH", "")
    error = person.error("edit new.py")
    assert error["because"].startswith("EDITOR is not set, and none of nano, ")
    assert error["try"]


def usual(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let these editors be all that is here, and none of them be named."""
    folder = Path("bin")
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(f'#!/bin/sh\necho {name} > "$1"\n')
        (folder / name).chmod(0o755)
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setenv("PATH", str(folder.absolute()))


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (("vi", "vim", "nano"), "nano"),
        (("vi", "vim", "notepad"), "notepad"),
        (("vi", "vim"), "vim"),
        (("vi",), "vi"),
    ],
)
def test_where_none_is_named_an_editor_that_tells_how_to_leave_it_comes_first(
    person: Lab, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], first: str
) -> None:
    usual(monkeypatch, *names)
    person.json("edit new.py")
    assert Path("new.py").read_text() == f"{first}\n"


@pytest.mark.parametrize(("name", "is_told"), [("vi", True), ("vim", True), ("nano", False)])
def test_before_vi_opens_how_to_leave_it_is_told_until_enter_is_pressed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, is_told: bool
) -> None:
    typed = Tty("\nsyscall getpid\n")
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.delenv("VISUAL", raising=False)
    usual(monkeypatch, name)
    Session(interactive=True, output=PlainOutput()).execute("edit new.py")
    assert Path("new.py").read_text() == f"{name}\n"
    shown = capsys.readouterr().out
    assert (":wq Enter saves and ends" in shown) == (":q! Enter" in shown) == is_told
    assert max(len(line) for line in [*shown.split("\n"), ""]) < 80
    assert typed.readline() == ("syscall getpid\n" if is_told else "\n")


def test_who_names_vi_knows_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", Tty())
    usual(monkeypatch, "vi")
    monkeypatch.setenv("EDITOR", "vi")
    Session(interactive=True, output=PlainOutput()).execute("edit new.py")
    assert Path("new.py").read_text() == "vi\n"
    assert capsys.readouterr().out == ""


def test_an_editor_that_fails_is_told_with_its_status(person: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "exit 3")
    error = person.error("edit new.py")
    assert error["what"] == "edit: new.py: the editor failed"
    assert error["because"].endswith("ended with status 3")


def test_a_file_that_is_no_program_does_not_start(person: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("broken").absolute()
    path.write_bytes(b"\x7fELFbroken")
    path.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(path))
    error = person.error("edit new.py")
    assert "Exec format error" in error["what"]
    assert error["because"] == "the editor did not start"


def test_a_folder_is_not_edited(person: Lab) -> None:
    Path("folder").mkdir()
    assert person.error("edit folder")["what"] == "edit: folder: Is a directory"
    assert not Path("given").exists()


def test_a_missing_folder_is_made_in_a_kernel_tree_only(person: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    TreeLab(Path(), bare=True)
    person.json("edit test_kernel/SystemCalls/test_call.py")
    assert Path("test_kernel/SystemCalls/test_call.py").read_text() == "# edited\n"
    for path in ("tset_kernel/Makefile", "test_kernel/a/b/c.py"):
        error = person.error(f"edit {path}")
        assert error["what"] == f"edit: {path}: No such file or directory"
        assert error["because"]
        assert error["try"]
    assert not Path("tset_kernel").exists()
    assert not Path("test_kernel/a").exists()


def test_a_folder_in_which_nothing_was_saved_is_not_left_behind(person: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    TreeLab(Path(), bare=True)
    use(monkeypatch, "exit 0")
    person.json("edit test_kernel/SystemCalls/test_call.py")
    assert not Path("test_kernel/SystemCalls").exists()


def test_one_file_at_a_time(person: Lab) -> None:
    assert person.error("edit")["what"] == "edit: which file?"
    assert person.error("edit a b")["what"] == "edit: one file at a time"


def test_a_script_and_a_pipe_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, 'touch "$1"')
    monkeypatch.setattr(sys, "stdin", Tty())
    _, err, status = screen("edit new.py")
    assert status == 1
    assert err.startswith("edit: new.py: no terminal\n  because: an editor needs a terminal")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert Lab(interactive=True).error("edit new.py")["what"] == "edit: new.py: no terminal"
    assert not Path("new.py").exists()
