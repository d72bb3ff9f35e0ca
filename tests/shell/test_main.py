"""The command line, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.__main__ import run
from kshell.shell.command_line import UsageError, read_arguments

ROOT = Path(__file__).parents[2]
PATHS = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(PATHS)}  # the tests stand in a folder of their own
LESSON = "syscall test_call 42; modprobe syscallModule; syscall test_call 42; rmmod syscallModule; syscall test_call 42"


def kshell(*args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = {**ENVIRONMENT, **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "kshell", *args], input=stdin, capture_output=True, timeout=60, env=environment
    )


def test_the_lesson_gives_the_same_through_c_file_and_pipe(tmp_path: Path) -> None:
    script = "\n".join(LESSON.split("; ")) + "\n"
    (tmp_path / "lesson.ks").write_text(script)
    ways = [kshell("-c", LESSON), kshell("lesson.ks"), kshell(stdin=script.encode())]
    assert {way.returncode for way in ways} == {0}
    assert len({way.stdout for way in ways}) == 1
    lines = ways[0].stdout.decode().split("\n")
    assert lines.count("test_call(42)                           = 42") == 1
    assert sum("-1 ENOSYS (Function not implemented)" in line for line in lines) == 2


def test_json_gives_one_object_a_line() -> None:
    done = kshell("--json", "-c", LESSON + "; nope")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(objects) == 6
    assert objects[2]["result"]["calls"][0]["ret"] == 42
    assert "error" in objects[5]
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["-c", "echo"], 0),
        (["-c", "insmod nope.py"], 1),
        (["-c", "nope; echo a"], 1),
        (["--keep-going", "-c", "nope; echo a"], 1),
        (["-c", "exit 42"], 42),
        (["-c", "run --hex ebfe"], 1),
        (["-c", "run --hex 0f0b"], 0),
        (["--nope"], 2),
        (["nope.ks"], 2),
        (["--version"], 0),
        (["--help"], 0),
        (["tree", "new", "test_kernel"], 0),
        (["--json", "tree", "new", "test_kernel", "6.19"], 0),
        (["tree", "new", "."], 1),
        (["tree", "new", "test_kernel", "5.10"], 1),
        (["tree", "new"], 2),
        (["tree"], 2),
        (["tree", "--help"], 0),
    ],
)
def test_the_exit_status(args: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "here").touch()
    assert run(args) == status
    assert "Traceback" not in capsys.readouterr().err


def test_the_exit_status_is_that_of_the_process() -> None:
    assert kshell("-c", "exit 42").returncode == 42


def test_a_tree_is_laid_out_from_the_command_line(tmp_path: Path) -> None:
    done = kshell("tree", "new", "my kernel", "--force")
    assert done.stdout.startswith(b'"my kernel": ')
    assert b"type them at its prompt" in done.stdout
    assert (tmp_path / "my kernel" / "arch/x86/entry/syscalls/syscall_64.tbl").is_file()
    again = kshell("tree", "new", "my kernel")
    assert again.stderr.startswith(b"my kernel: Directory not empty\n  because: ")
    found = json.loads(kshell("--json", "--kernel", "6.19", "tree", "new", "newer").stdout)
    assert (found["result"]["path"], found["result"]["version"]) == ("newer", "6.19")


def test_a_file_called_tree_is_a_script_when_its_path_says_so(tmp_path: Path) -> None:
    (tmp_path / "tree").write_text("echo from the file\n")
    assert kshell("./tree").stdout == kshell("--", "tree").stdout == b"from the file\n"
    refused = kshell("tree")
    assert refused.returncode == 2
    assert b"kshell tree new DIR [4.19|6.19] [--force]  (a file called tree: kshell ./tree)" in refused.stderr


def test_a_plain_run_imports_no_terminal_library() -> None:
    code = (
        "import sys; from kshell.__main__ import run; run(['-c', 'syscall getpid']);"
        "print([m for m in ('rich', 'prompt_toolkit', 'argparse', 'capstone', 'keystone', 'dataclasses')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, timeout=60)
    assert done.stdout.split(b"\n")[1] == b"[]", done


def test_a_reader_that_has_enough_is_no_error() -> None:
    command = f'"{sys.executable}" -m kshell -c "table; table; table; table; table" | head -1'
    if sys.platform == "win32":
        pytest.skip("no head on Windows")
    done = subprocess.run(command, shell=True, capture_output=True, env=ENVIRONMENT, timeout=60)
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


def test_a_pipe_is_answered_line_by_line() -> None:
    command = [sys.executable, "-m", "kshell"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in (b"one", b"two"):
            process.stdin.write(b"echo " + text + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == text
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process on Windows")
def test_ctrl_c_ends_a_script_with_130() -> None:
    import signal

    command = [sys.executable, "-m", "kshell"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"echo ready\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert b"Traceback" not in err


def test_a_program_of_c_reads_standard_input() -> None:
    done = kshell("-c", "syscall read 0 buf:8 8", stdin=b"hello\n")
    assert b'read(0, "hello\\n", 8)' in done.stdout


def test_output_is_utf8_whatever_the_locale() -> None:
    done = kshell("-c", "echo héllo 漢", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert done.stdout == "héllo 漢\n".encode()


def test_bytes_that_are_no_text_get_one_clear_answer(tmp_path: Path) -> None:
    (tmp_path / "bad.ks").write_bytes(b"\xff\xfe\x00\x01\necho ok\n\x80\x81\n")
    done = kshell("--keep-going", "bad.ks")
    assert done.stdout == b"ok\n"
    assert done.stderr.count(b"command not found") == 2
    assert b"Traceback" not in done.stderr


def test_windows_line_ends_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    (tmp_path / "win.ks").write_bytes(b"\xef\xbb\xbfecho a\r\necho b\r\n")
    assert kshell("win.ks").stdout == b"a\nb\n"
    assert kshell(stdin=b"\xef\xbb\xbfecho a\r\n").stdout == b"a\n"


def test_another_kernel_is_chosen_on_the_command_line() -> None:
    assert b"6.19" in kshell("--kernel", "6.19", "-c", "dmesg").stdout
    assert b"4.19.1 " in kshell("--kernel=4.19", "-c", "dmesg").stdout


@pytest.mark.parametrize(
    "argv",
    [
        *[["--kernel"], ["--kernel", "5.0"], ["-c"], ["a", "b"], ["-c", "x", "f"], ["--jsn"], ["-x"]],
        *[["tree"], ["tree", "new"], ["tree", "nwe", "a"], ["-c", "x", "tree", "new", "a"]],
    ],
)
def test_a_wrong_command_line_is_refused_with_a_way_out(argv: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        read_arguments(argv)
    assert caught.value.what
    assert caught.value.try_


def test_a_misspelt_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        read_arguments(["--jsn"])
    assert caught.value.try_.startswith("--json")


def test_the_command_line_is_read_in_any_order() -> None:
    found = read_arguments(["-c", "echo", "--json", "--kernel=6.19", "--keep-going"])
    assert (found.commands, found.json, found.kernel, found.keep_going) == (["echo"], True, "6.19", True)
    assert read_arguments(["--", "-odd"]).file == "-odd"
    assert read_arguments([]).file is None


def test_the_file_of_settings_is_written_once_and_never_over(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    first = kshell("--write-config", env=home)
    path = Path(first.stdout.decode().strip())
    assert first.returncode == 0
    assert "menu = true" in path.read_text(encoding="utf-8")
    path.write_text("menu = false\n", encoding="utf-8")
    second = kshell("--write-config", env=home)
    assert (second.returncode, path.read_text(encoding="utf-8")) == (1, "menu = false\n")
    assert b"was not written" in second.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the descriptor")
def test_a_closed_standard_output_is_an_output_that_cannot_be_written() -> None:
    line = f"{sys.executable} -m kshell -c 'syscall getpid' >&-"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 1
    assert done.stderr.startswith("kshell: cannot write the output: ")
