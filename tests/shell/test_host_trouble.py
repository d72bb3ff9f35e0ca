"""What the host does not give: one sentence each, whatever was being done."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.__main__ import _lines_of
from kshell.kernel.core.memory import KernelFault
from kshell.shell.errors import CommandError
from tests.shell.lab import Lab

ROOT = Path(__file__).parents[2]
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="needs a Unix")
LIMITS = {
    "-v 1000000": ("Cannot allocate memory", "ulimit -v unlimited"),
    "-n 5": ("Too many open files", "ulimit -n 256"),
}


@UNIX
@pytest.mark.skipif(sys.platform == "darwin", reason="no limit of address space")
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_of_the_host_is_one_sentence(limit: str) -> None:
    command = f"ulimit {limit}; exec {sys.executable} -S -c 'import sys; sys.path[:0] = sys.argv[1:]; sys.argv[1:] = "
    command += '["-c", "syscall getpid"]; from kshell.__main__ import main; sys.exit(main())\' "$@"'
    done = subprocess.run(["sh", "-c", command, "sh", *sys.path[1:], str(ROOT)], capture_output=True, text=True)
    what, try_ = LIMITS[limit]
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"kshell: {what}"
    assert done.stderr.splitlines()[-1] == f"  try: {try_}"


@UNIX
def test_a_folder_that_was_removed_is_named_whatever_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    lab = Lab(interactive=True)
    for command in ("insmod x.py", "cc x.py", "tree new t"):
        error = lab.error(command)
        assert "internal error" not in error["what"]
    assert lab.error("insmod x.py")["because"].startswith("the folder that kshell was started in has been removed")
    assert lab.text("syscall getpid").startswith("getpid()")
    with pytest.raises(CommandError, match="No such file or directory") as told:
        _lines_of("x.ks")
    assert told.value.because == lab.error("insmod x.py")["because"]


def test_from_an_archive_it_says_what_to_do(tmp_path: Path) -> None:
    package = tmp_path / "in" / "kshell"
    for path in (ROOT / "kshell").rglob("*.py"):
        copy = package / path.relative_to(ROOT / "kshell")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    archive = shutil.make_archive(str(tmp_path / "k"), "zip", tmp_path / "in")
    code = f"import sys; sys.path.insert(0, {archive!r}); from kshell.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "kshell: cannot run from an archive")


@pytest.mark.made_up
@pytest.mark.parametrize(
    ("error", "what"),
    [
        (OSError(errno.EMFILE, "x"), "kshell: Too many open files"),
        (MemoryError(), "kshell: Cannot allocate memory"),
        (RuntimeError("can't start new thread"), "kshell: Cannot allocate memory"),
        (KernelFault(0, 16, 0), "Kernel panic - not syncing: Fatal exception"),
        (OSError(errno.EIO, "x"), "kshell: internal error: OSError: [Errno 5] x"),
    ],
)
def test_what_comes_out_of_any_command_is_told(error: Exception, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(interactive=True)

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(lab.session, "call", broken)
    assert lab.error("lsmod")["what"] == what


SCRIPT = 'syscall getpid\r\nsyscall write 1 "a\\x1cb\u2028c\\n" 7\n# a comment\u2028syscall getuid\n'


def test_a_sourced_file_and_a_script_end_lines_at_newlines_only(tmp_path: Path) -> None:
    path = tmp_path / "lines.ksh"
    path.write_bytes(SCRIPT.encode())
    lab = Lab(interactive=True)
    assert lab.session.source(str(path)) == 2
    other = Lab(interactive=True)
    other.session.run_lines(SCRIPT.split("\n"))
    assert lab.session.kernel.statistics.keys() == other.session.kernel.statistics.keys()
