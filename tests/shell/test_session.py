"""The session: lines, scripts, statuses; and help, history, source, echo, exit."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kshell.shell.errors import BUG, INTERRUPTED
from kshell.shell.session import Session
from kshell.shell.views.output import JsonOutput, Output, Result
from kshell.shell.views.view import View
from tests.shell.lab import Lab, screen
from tests.shell.tree_steps import at


def test_commands_of_a_line_are_run_in_order(lab: Lab) -> None:
    assert [r.view.text() for r in lab.results("echo a; echo b;; echo 'c;d' # e")] == ["a", "b", "c;d"]
    assert [r.text for r in lab.results("echo  a ;echo b")] == ["echo  a", "echo b"]


def test_an_empty_line_and_a_comment_do_nothing(lab: Lab) -> None:
    assert lab.results("") == lab.results("  # x") == []


def test_a_script_stops_at_its_first_failure() -> None:
    out, err, status = screen("echo a", "nope; echo b", "echo c", keep_going=False)
    assert out == "a\n"
    assert err.startswith("nope: command not found\n  because: ")
    assert status == 1


def test_keep_going_goes_on_and_ends_with_1() -> None:
    out, _, status = screen("nope", "echo c", keep_going=True)
    assert (out, status) == ("c\n", 1)


def test_exit_ends_a_script_with_its_status() -> None:
    assert screen("exit 3", "echo no") == ("", "", 3)
    assert screen("exit 256")[2] == 0
    assert screen("nope", "exit")[2] == 1
    assert screen("exit x")[2] == 1


def test_an_interactive_session_goes_on_after_a_failure(lab: Lab) -> None:
    lab.session.interactive, lab.session.keep_going = True, False
    assert [r.status for r in lab.results("nope; echo a")] == [1, 0]
    assert not lab.session.finished


@pytest.mark.made_up
def test_ctrl_c_in_a_command_ends_the_command_and_a_script(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(words: object) -> View:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab.session, "call", press)
    result = lab.result("echo a")
    assert result.status == INTERRUPTED
    assert result.error is not None
    assert "interrupted" in result.error["what"]
    assert lab.session.finished
    assert lab.session.final_status() == INTERRUPTED


@pytest.mark.made_up
def test_ctrl_c_never_ends_the_interactive_session(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.session.interactive = True

    def press(words: object) -> View:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab.session, "call", press)
    assert len(lab.results("echo a; echo b")) == 1
    assert not lab.session.finished


def test_a_result_that_cannot_be_shown_is_one_line_and_status_3(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    show = lab.session.output.show

    def fail(result: Result) -> None:
        if result.error is None:
            raise ZeroDivisionError("division by zero")
        show(result)

    monkeypatch.setattr(lab.session.output, "show", fail)
    result = lab.result("echo a")
    assert result.status == BUG
    assert result.error is not None
    assert result.error["what"] == "kshell: internal error: ZeroDivisionError: division by zero"
    monkeypatch.undo()
    assert lab.ret("getpid") > 0


def test_ctrl_c_ends_an_endless_program_at_the_prompt(lab: Lab) -> None:
    import os
    import signal
    import threading
    import time

    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals arrive in the main thread only")
    lab.session.interactive = True
    lab.ret("getpid")
    for code in ("ebfe", "b8270000000f05ebf7"):  # a bare loop, and one with a system call in it
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        began = time.monotonic()
        result = lab.result(f"run --hex {code}")
        assert result.status == INTERRUPTED
        assert "interrupted" in result.view.text()
        assert "0x40100" in result.view.text()
        assert time.monotonic() - began < 5
    assert not lab.session.finished
    assert lab.ret("getpid") > 0


def test_a_bug_of_kshells_own_is_one_line_and_status_3(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(words: object) -> View:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(lab.session, "call", fail)
    monkeypatch.delenv("KSHELL_DEBUG", raising=False)
    result = lab.result("echo a")
    assert result.status == BUG
    assert result.error is not None
    assert result.error["what"] == "kshell: internal error: ZeroDivisionError: division by zero"
    assert "report" in result.error["try"]
    assert lab.session.final_status() == BUG
    assert capfd.readouterr().err == ""
    monkeypatch.setenv("KSHELL_DEBUG", "1")
    lab.result("echo a")
    assert "Traceback" in capfd.readouterr().err


def test_the_kernel_is_booted_when_it_is_first_needed() -> None:
    session = Session()
    assert session._kernel is None
    assert session.kernel is session.kernel


def test_two_sessions_never_meet() -> None:
    one, two = Lab(), Lab()
    one.result("modprobe hello")
    assert two.json("lsmod")["modules"] == []


# The shell's own commands.


def test_help_lists_every_command_with_its_sentence(shared: Lab) -> None:
    from kshell.shell.commands.registry import everything

    text = shared.text("help")
    for command in everything():
        assert f"  {command.name:<10} {command.summary}" in text


def test_help_of_a_command_has_sentence_usage_and_example(shared: Lab) -> None:
    text = shared.text("help insmod")
    assert text.startswith("insmod: Load a module")
    assert "usage: insmod [-f] FILE.py|FILE.c|FILE.ko [name=value...]" in text
    assert "examples:" in text
    assert shared.json("help x")["name"] == "x"


def test_help_of_something_else_says_where_to_look(shared: Lab) -> None:
    assert shared.error("help write")["try"] == "man write"
    assert shared.error("help strace")["what"] == "help: no command strace"
    assert "dmesg" in shared.error("help dmseg")["try"]


def test_history_shows_the_lines_of_the_session(lab: Lab) -> None:
    lab.results("echo a")
    lab.results("nope; echo b")
    assert lab.json("history")["lines"] == ["echo a", "nope; echo b", "history"]
    assert lab.text("history 1") == "    5  history 1"  # five commands, on four lines
    assert "not a positive number" in lab.error("history x")["what"]


def test_history_saves_a_script_that_source_runs(lab: Lab) -> None:
    lab.result("modprobe hello")
    lab.result("echo a")
    lab.result("history --save lab.ks")
    assert Path("lab.ks").read_text() == "modprobe hello\necho a\n"
    assert "File exists" in lab.error("history --save lab.ks")["what"]
    lab.result("boot")
    assert lab.json("source lab.ks") == {"commands": 2}
    assert len(lab.json("lsmod")["modules"]) == 1


def test_source_stops_at_a_failure_and_says_where(lab: Lab) -> None:
    Path("s.ks").write_text("echo a\n\nnope\necho b\n")
    lab.session.keep_going = False
    error = lab.error("source s.ks")
    assert error["what"] == "source: s.ks:3: stopped at a command that failed"
    lab = Lab()
    assert lab.json("source s.ks") == {"commands": 3}


def test_source_nests_up_to_a_limit(lab: Lab) -> None:
    Path("inner.ks").write_text("echo inner\n")
    Path("outer.ks").write_text("source inner.ks\n")
    assert lab.json("source outer.ks") == {"commands": 1}
    Path("self.ks").write_text("source self.ks\n")
    lab.session.keep_going = False
    lab.session.output = JsonOutput(out := io.StringIO())
    assert lab.result("source self.ks").status == 1
    assert "it is being read already" in out.getvalue().split("\n")[0]
    for number in range(20):
        Path(f"{number}.ks").write_text(f"source {number + 1}.ks\n")
    assert "nested too deep" in screen("source 0.ks")[1]


def test_a_sourced_file_has_the_lines_that_a_script_has() -> None:
    Path("odd.ksh").write_text("echo a\x1cb\u2028c\x85d\necho e\r\n", encoding="utf-8", newline="")
    sourced = screen("source odd.ksh")
    assert sourced == screen(*Path("odd.ksh").read_text(encoding="utf-8").split("\n"))
    assert sourced[0].count("\n") == 2


def test_files_that_source_each_other_end_at_once_though_failures_are_passed_over(lab: Lab) -> None:
    Path("a.ks").write_text("source b.ks\n" * 3)
    Path("b.ks").write_text("source a.ks\n" * 3)
    assert lab.session.keep_going
    assert lab.json("source a.ks") == {"commands": 3}
    assert [line.text for line in lab.session.history if "source" in line.text] == ["source a.ks"]


def test_exit_in_a_sourced_file_ends_the_session(lab: Lab) -> None:
    Path("e.ks").write_text("exit 4\necho no\n")
    lab.result("source e.ks")
    assert lab.session.finished
    assert lab.session.final_status() == 4


def test_source_of_a_missing_file_is_answered_with_the_nearest(lab: Lab) -> None:
    Path("lesson.ks").write_text("")
    assert lab.error("source leson.ks")["try"] == "source lesson.ks"
    assert "Is a directory" in lab.error("source .")["what"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("echo", ""),
        ("echo a  b", "a b"),
        ("echo 'a  b'", "a  b"),
        ("echo -e 'a\\tb'", "a\tb"),
        ("echo a -n", "a -n"),
        ("echo '-n'", "-n"),
        ("echo 'a\\n'", "a\\n"),
    ],
)
def test_echo_writes_its_words(shared: Lab, line: str, text: str) -> None:
    assert shared.text(line) == text


def test_echo_n_leaves_the_line_open() -> None:
    assert screen("echo -n a; echo -n b; echo c")[0] == "ab\nc\n"


def test_what_is_left_of_a_typed_line_is_not_for_the_next_command() -> None:
    lab = Lab(read_input=iter([b"one\n", b"two\n"]).__next__)
    assert lab.ret("read 0 buf:2 2") == 2
    memory = lab.json("syscall read 0 buf:4 4")["memory"]
    assert bytes.fromhex(memory[0]["bytes"]) == b"two\n"


def test_every_result_is_shown_as_it_comes() -> None:
    shown: list[Result] = []

    class Watching(Output):
        collects = True

        def show(self, result: Result) -> None:
            shown.append(result)

    session = Session(output=Watching())
    assert session.execute("echo a; echo b") == shown


def test_a_line_pasted_with_its_prompt_runs(lab: Lab) -> None:
    assert lab.text("kshell 4.19.1-test> echo a") == "a"
    assert lab.ret("getpid") == lab.json("kshell> syscall getpid")["calls"][0]["ret"]
    assert lab.json("kshell 6.19> syscall getpid")["calls"]


def test_files_that_source_each_other_fail_with_one_line_for_the_chain() -> None:
    Path("a.ks").write_text("source b.ks\n", encoding="utf-8")
    Path("b.ks").write_text("echo in b\nfoo\n", encoding="utf-8")
    Path("self.ks").write_text("source self.ks\n", encoding="utf-8")
    _, err, status = screen("source a.ks", keep_going=False)
    assert status == 1
    assert err.count("foo: command not found") == 1
    assert err.count("stopped at a command that failed") == 1
    assert "in b.ks:2, sourced from a.ks:1" in err
    _, err, _ = screen("source self.ks", keep_going=False)
    assert err.count("source: ") == 2
    assert "source: self.ks:1: stopped at a command that failed" in err


def test_the_steps_to_a_new_system_call_fit_the_screen_and_work_as_typed(lab: Lab) -> None:
    lines = lab.text("help add-a-system-call").split("\n")
    assert len(lines) < 24
    assert all(len(line) <= 80 or Path(line.strip()).is_file() for line in lines)  # a folder's name may be long
    steps = [step["command"] for step in lab.json("help add-a-system-call")["steps"]]
    assert lab.json(steps[0])["path"] == "test_kernel"
    at(Path("test_kernel"), "4.19").add_call()
    edited = [line.removeprefix("edit test_kernel/") for line in steps if line.startswith("edit ")]
    for step in steps[1 + len(edited) :]:
        assert lab.result(step).error is None, step
    assert {each["path"] for each in lab.json("diff")["files"]} == set(edited)
    assert "help add-a-system-call" in lab.text("help")


def test_a_page_of_help_fits_the_screen(shared: Lab) -> None:
    from kshell.shell.commands.registry import everything

    index = shared.result("help").view
    assert all(len(line) <= 80 for line in index.text(80).split("\n"))
    for command in everything():
        lines = shared.result(f"help {command.name}").view.text(80).split("\n")
        prose = [line for line in lines if not line.startswith(("  ", "usage:"))]
        assert all(len(line) <= 80 for line in prose)
        assert all(line.index("# ") + len(line.split("# ")[1]) < 80 for line in lines if "  # " in line)
