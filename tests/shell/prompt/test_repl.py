"""The conversation at the prompt, with keys sent through a pipe."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from kshell.machine.sigint import take_over
from kshell.shell.commands import registry
from kshell.shell.errors import INTERRUPTED
from kshell.shell.lines.words import pasted
from kshell.shell.prompt.f1 import explain
from kshell.shell.prompt.guard import Guard
from kshell.shell.prompt.repl import Repl
from kshell.shell.prompt.warming import warm_up
from kshell.shell.session import Session
from kshell.shell.settings import Config
from kshell.shell.views.output import Result
from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab

ESC, ENTER, TAB, LEFT, UP = "\x1b", "\r", "\t", "\x1b[D", "\x1b[A"
CTRL_C, CTRL_D, CTRL_R, F1, F5 = "\x03", "\x04", "\x12", "\x1bOP", "\x1b[15~"


class Talk:
    """A REPL fed with keys; `results` is everything that was run, in order."""

    def __init__(self, pipe: Any, **settings: Any) -> None:
        self.config = Config()
        self.config.history = False
        for name, value in settings.items():
            setattr(self.config, name, value)
        self.session = Session("course", interactive=True)
        self.pipe = pipe
        self.repl = Repl(self.session, self.config, input=pipe, output=DummyOutput())
        self.results: list[Result] = []
        execute = self.session.execute

        def noted(line: str) -> list[Result]:
            found = execute(line)
            self.results += found
            return found

        self.session.execute = noted  # type: ignore[method-assign]

    def type(self, *keys: str) -> int:
        """Type these and leave; the exit status."""
        self.pipe.send_text("".join(keys) + CTRL_C + CTRL_D)
        return self.repl.run()

    def type_slowly(self, *parts: str) -> list[str]:
        """Type each part at a prompt of its own, a moment after it has appeared, as a person does; what was run."""
        waiting = [*parts, CTRL_C, CTRL_D]
        terminal = self.repl._terminal
        assert terminal is not None

        def soon() -> None:
            asyncio.get_running_loop().call_later(0.05, self.pipe.send_text, waiting.pop(0))

        terminal._schedule_warm_up = soon  # type: ignore[method-assign]
        self.repl.run()
        return [result.text for result in self.results]

    def type_in_parts(self, *parts: str) -> list[str]:
        """Type the parts at one prompt, each a moment after the one before, and leave; what was run."""
        waiting = [*parts, CTRL_C + CTRL_D]
        terminal = self.repl._terminal
        assert terminal is not None

        def send() -> None:
            if waiting:
                self.pipe.send_text(waiting.pop(0))
                asyncio.get_running_loop().call_later(0.05, send)

        terminal._schedule_warm_up = send  # type: ignore[method-assign]
        self.repl.run()
        return [result.text for result in self.results]

    def lines(self, *keys: str) -> list[str]:
        """The commands that typing these ran."""
        self.type(*keys)
        return [result.text for result in self.results]


@pytest.fixture
def talk() -> Iterator[Talk]:
    with create_pipe_input() as pipe:
        yield Talk(pipe)


@pytest.fixture
def vi_talk() -> Iterator[Talk]:
    with create_pipe_input() as pipe:
        yield Talk(pipe, keys="vi")


def test_a_line_is_run_and_ctrl_d_leaves_with_status_0(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    assert talk.type("nonsense", ENTER, "syscall getpid", ENTER) == 0
    assert [result.status for result in talk.results] == [1, 0]
    out = capsys.readouterr().out
    assert "command not found" in out
    assert "getpid()                                = " in out


def test_exit_gives_its_status(talk: Talk) -> None:
    assert talk.type("exit 7", ENTER) == 7


def test_the_banner_is_short_and_names_the_kernel(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk.type()
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert len(lines) <= 4
    assert "4.19.1-course" in lines[0]
    assert max(len(line) for line in lines) < 80


def test_the_line_that_the_banner_suggests_works(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk.type("trace syscall getpid", ENTER)
    assert "Try: trace syscall getpid" in capsys.readouterr().out
    assert [result.status for result in talk.results] == [0]


def test_ctrl_c_clears_the_line_and_never_ends_the_shell(talk: Talk) -> None:
    assert talk.lines("syscall getp", CTRL_C, CTRL_C, "lsmod", ENTER) == ["lsmod"]


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself SIGINT")
def test_a_press_while_enter_is_on_its_way_is_for_what_was_entered(talk: Talk) -> None:
    take_over()
    assert talk.repl._terminal is not None
    processor = talk.repl._terminal.prompt.app.key_processor
    process = processor.process_keys

    def press_first() -> None:
        if any(key.data == ENTER for key in processor.input_queue):
            signal.raise_signal(signal.SIGINT)
        process()

    processor.process_keys = press_first  # type: ignore[method-assign]
    talk.type_slowly("syscall getpid" + ENTER)
    assert [result.status for result in talk.results] == [INTERRUPTED]


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself SIGINT")
def test_a_press_before_the_prompt_takes_keys_is_for_what_is_typed_there(talk: Talk) -> None:
    take_over()
    assert talk.repl._terminal is not None
    session = talk.repl._terminal.prompt
    prompt = session.prompt
    begun: list[int] = []

    def press_first(**how: Any) -> str:
        if not begun:
            signal.raise_signal(signal.SIGINT)
        return prompt(**how)

    def type_at_the_second() -> None:
        begun.append(len(talk.results))
        patience = 0.0 if len(begun) > 1 else 10.0
        asyncio.get_running_loop().call_later(patience, talk.pipe.send_text, "exit" + ENTER)

    session.prompt = press_first  # type: ignore[method-assign, assignment]
    talk.repl._terminal._schedule_warm_up = type_at_the_second  # type: ignore[method-assign]
    talk.repl.run()
    assert begun == [0, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself SIGINT")
def test_a_search_that_ctrl_c_ended_leaves_a_prompt_that_takes_lines(talk: Talk) -> None:
    take_over()
    assert talk.repl._terminal is not None
    app = talk.repl._terminal.prompt.app

    def press_in_search(_: object) -> None:
        if app.layout.is_searching and app.current_buffer.text == "ls":
            signal.raise_signal(signal.SIGINT)

    app.key_processor.after_key_press += press_in_search
    assert talk.type_slowly("lsmod" + ENTER, CTRL_R + "ls", "lsmod" + ENTER) == ["lsmod", "lsmod"]


def test_a_key_that_prompt_toolkit_cannot_read_does_nothing(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    broken = "\x1b[<;;M"  # a click of the mouse, nowhere
    assert talk.type_in_parts(broken, "lsmod" + ENTER) == ["lsmod"]
    assert "error" not in capsys.readouterr().out


def test_a_key_whose_handler_has_a_bug_is_told_of_and_the_line_goes_on(
    talk: Talk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kshell.shell.prompt.keys.choices", lambda buffer: 1 // 0)
    assert talk.type_in_parts("lsm", TAB, "od" + ENTER) == ["lsmod"]
    assert "internal error: ZeroDivisionError" in capsys.readouterr().out


def test_ctrl_d_leaves_only_on_an_empty_line(talk: Talk) -> None:
    assert talk.lines("lsmodx", LEFT, CTRL_D, ENTER) == ["lsmod"]


def test_ctrl_d_leaves_in_vi_mode_too(vi_talk: Talk) -> None:
    vi_talk.pipe.send_text("lsmod" + ENTER + ESC)
    vi_talk.pipe.send_text(CTRL_D)
    assert vi_talk.repl.run() == 0
    assert [result.text for result in vi_talk.results] == ["lsmod"]


def test_vi_keys_edit_the_line(vi_talk: Talk) -> None:
    vi_talk.pipe.send_text("xlsmod" + ESC + "0x" + ENTER + CTRL_C + CTRL_D)
    vi_talk.repl.run()
    assert [result.text for result in vi_talk.results] == ["lsmod"]


def test_tab_completes_the_only_choice_and_a_blank_behind_it(talk: Talk) -> None:
    assert talk.lines("lsmo", TAB, ENTER) == ["lsmod"]
    assert [line.text for line in talk.session.history] == ["lsmod "]


def test_tab_completes_inside_quotes_and_closes_them(talk: Talk) -> None:
    keys = 'syscall open "/etc/hostn', TAB, "O_RDON", TAB, " 0", ENTER
    assert talk.lines(*keys) == ['syscall open "/etc/hostname" O_RDONLY 0']
    assert talk.results[0].json()["result"]["calls"][0]["ret"] == 3


def test_up_brings_the_last_line_back(talk: Talk) -> None:
    assert talk.type_slowly("lsmod" + ENTER, UP + ENTER) == ["lsmod", "lsmod"]


def test_ctrl_r_searches_earlier_lines(talk: Talk) -> None:
    typed = "lsmod" + ENTER, "echo a" + ENTER, CTRL_R + "smo" + ENTER + ENTER
    assert talk.type_slowly(*typed) == ["lsmod", "echo a", "lsmod"]


def test_a_pasted_text_waits_for_enter_and_runs_line_by_line(talk: Talk) -> None:
    paste = f"{ESC}[200~kshell> lsmod\r\necho a; echo b\r\n\r\n{ESC}[201~"
    assert talk.lines(paste, CTRL_C) == []


def test_pasted_lines_run_in_order(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    paste = f"{ESC}[200~kshell> lsmod\r\necho a; echo b\r\n\r\n{ESC}[201~"
    assert talk.lines(paste, ENTER) == ["lsmod", "echo a", "echo b"]
    assert "kshell> echo a; echo b\na\nb\n" in capsys.readouterr().out


def test_a_line_that_was_copied_with_its_prompt_runs(talk: Talk) -> None:
    assert talk.lines("kshell> echo a", ENTER) == ["echo a"]


def test_a_program_in_a_pasted_text_needs_no_editor(talk: Talk) -> None:
    pytest.importorskip("keystone")
    lines = ["asm", "mov eax, 60", "mov edi, 5", "syscall", "end", "lsmod"]
    paste = f"{ESC}[200~{chr(10).join(lines)}{ESC}[201~"
    assert talk.lines(paste, ENTER) == ["asm", "lsmod"]
    assert talk.results[0].json()["result"]["exit_status"] == 5


def test_what_is_pasted_loses_the_prompt_and_the_last_newline() -> None:
    assert pasted("kshell> a\r\nkshell 6.19> b\rc\n\n") == "a\nb\nc"


def test_a_program_is_typed_over_several_lines(talk: Talk) -> None:
    pytest.importorskip("keystone")
    talk.type("asm", ENTER, "mov eax, 60", ENTER, "mov edi, 9", ENTER, "syscall", ENTER, "end", ENTER)
    assert talk.results[0].json()["result"]["exit_status"] == 9


def test_the_end_that_was_typed_is_gone_when_the_program_is_refused(talk: Talk) -> None:
    pytest.importorskip("keystone")
    keys = "asm", ENTER, "mvo eax, 60", ENTER, "syscall", ENTER, "end", ENTER, "\x01\x0bmov eax, 60", F5
    talk.type(*keys)
    assert talk.results[0].error is None
    assert talk.session.program == "mov eax, 60\nsyscall\n"


@pytest.mark.parametrize("key", [F1, "\x18h"])
def test_F1_in_the_editor_explains_the_instruction(talk: Talk, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    talk.type("asm", ENTER, "lea", key, CTRL_C)
    assert "compute an address" in capsys.readouterr().out


def test_F1_on_a_goal_of_make_says_what_it_makes(shared: Lab) -> None:
    line = "make -C test_kernel install"
    assert explain(shared.session, line, len(line)).view.text().startswith("make install: put the kernel where boot")
    assert "make [-C DIR]" in explain(shared.session, "make -C x", 9).view.text()
    assert "tree new DIR" in explain(shared.session, "tree new x", 10).view.text()


def test_the_prompt_names_the_release_of_a_tree_s_kernel(talk: Talk) -> None:
    TreeLab(Path())
    for line in ("make -C test_kernel", "make install", "boot test_kernel"):
        assert talk.session.execute(line)[-1].error is None
    assert talk.session.prompt == "kshell 4.19.1-test> "
    assert talk.lines(f"{talk.session.prompt}lsmod", ENTER)[-1] == "lsmod"
    talk.session.execute("boot 6.19")
    assert talk.session.prompt == "kshell 6.19> "
    talk.session.execute("boot course")
    assert talk.session.prompt == "kshell> "


def test_the_files_of_a_tree_are_watched_while_nobody_types(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = TreeLab(Path())
    talk.session.execute("make -C test_kernel")
    terminal = talk.repl._terminal
    assert terminal is not None
    later: list[tuple[float, Any, Any]] = []
    drawn: list[int] = []
    loop: Any = SimpleNamespace(call_later=lambda seconds, look, *args: later.append((seconds, look, args)))
    monkeypatch.setattr(terminal.prompt.app, "invalidate", lambda: drawn.append(1))

    def wait() -> int:
        seconds, look, args = later.pop()
        assert seconds >= 0.5
        look(*args)
        return len(drawn)

    terminal._watch(loop, None)
    assert wait() == 0
    tree.write("fs/new.py", "")  # which no Makefile names
    assert wait() == 0
    source = tree.path("fs/open.py").rename("open.py")
    assert wait() == 1
    assert wait() == 1
    source.rename(tree.path("fs/open.py"))
    assert wait() == 2
    talk.session.tree = ""
    assert wait() == 2
    assert later == []


def test_without_a_tree_nothing_is_watched(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = talk.repl._terminal
    assert terminal is not None
    watched: list[object] = []
    monkeypatch.setattr(terminal, "_watch", lambda *args: watched.append(args))
    assert talk.lines("lsmod", ENTER) == ["lsmod"]
    assert watched == []


def test_F1_on_an_empty_line_names_the_settings(shared: Lab) -> None:
    text = explain(shared.session, "", 0).view.text()
    assert "help config" in text
    assert "kshell --write-config" in text
    assert all(len(line) <= 80 for line in text.split("\n"))


def test_a_program_that_does_not_assemble_stays_in_the_editor(talk: Talk) -> None:
    pytest.importorskip("keystone")
    keys = "asm", ENTER, "mvo eax, 60", ENTER, "mov edi, 4", ENTER, "syscall", F5, "\x01\x0bmov eax, 60", F5
    talk.type(*keys)
    assert [result.json()["result"]["exit_status"] for result in talk.results] == [4]


def test_a_program_that_is_left_is_there_again(talk: Talk) -> None:
    pytest.importorskip("keystone")
    talk.type("asm", ENTER, "mov eax, 60", ENTER, "xor edi, edi", CTRL_C, "asm", ENTER, ENTER, "syscall", F5)
    assert [result.status for result in talk.results] == [130, 0]
    assert talk.session.program.split("\n") == ["mov eax, 60", "xor edi, edi", "syscall"]


def test_a_new_program_begins_empty_and_the_up_arrow_brings_the_last_one_back(talk: Talk) -> None:
    pytest.importorskip("keystone")
    again = "asm" + ENTER + UP + F5
    new = "mov eax, 60" + ENTER + "mov edi, 2" + ENTER + "syscall" + ENTER + "end" + ENTER
    talk.type_slowly("asm 'mov eax, 60; mov edi, 1; syscall'" + ENTER, again, "asm" + ENTER + new, again)
    assert [result.json()["result"]["exit_status"] for result in talk.results] == [1, 1, 2, 2]


def test_f1_explains_and_leaves_the_line_alone(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk.pipe.send_text("syscall getpid" + F1)
    talk.pipe.send_text(ENTER + CTRL_C + CTRL_D)
    talk.repl.run()
    assert [result.text for result in talk.results] == ["syscall getpid"]
    assert "SYSCALL_DEFINE0(getpid)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "column", "part"),
    [
        ("", 0, "Keys of the prompt"),
        ("rmmod x", 2, "Unload modules"),
        ("syscall write 1", 10, "SYSCALL_DEFINE3(write"),
        ("trace write", 8, "SYSCALL_DEFINE3(write"),
        ("write", 3, "SYSCALL_DEFINE3(write"),
        ('syscall open "/x" O_RDWR|O_CREAT', 20, "O_CREAT = 0x40"),
        ('syscall open "/x" ', 18, "SYSCALL_DEFINE3(open"),
        ("disas entry_SYSCALL_64", 10, "entry_SYSCALL_64"),
        ("modinfo hello", 9, "license"),
        ("lsmod; dmesg -n 5", 9, "kernel's log"),
        ("lsmod; ", 7, "Keys of the prompt"),
        ("frobnicate", 3, "frobnicate"),
        ("x/4gx 0", 1, "Examine memory"),
    ],
)
def test_f1_knows_what_is_under_the_cursor(shared: Lab, line: str, column: int, part: str) -> None:
    assert part in explain(shared.session, line, column).view.text()


def test_a_kernel_that_is_not_the_usual_one_is_in_the_prompt(talk: Talk) -> None:
    assert talk.session.prompt == "kshell> "
    talk.type("boot 6.19", ENTER)
    assert talk.session.prompt == "kshell 6.19> "


def test_a_bug_in_a_command_does_not_end_the_session(
    talk: Talk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = registry.find("lsmod")
    assert found is not None
    monkeypatch.setattr(found, "handler", lambda session, words: 1 // 0)
    assert talk.lines("lsmod", ENTER, "echo on", ENTER) == ["lsmod", "echo on"]
    out = capsys.readouterr().out
    assert "ZeroDivisionError" in out
    assert "Traceback" not in out


def test_a_bug_in_completion_is_told_once_and_the_shell_goes_on(
    talk: Talk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kshell.shell.prompt.candidates.complete", lambda session, before: 1 // 0)
    assert talk.lines("ls", TAB, TAB, "mod", ENTER, "lsmod", ENTER) == ["lsmod", "lsmod"]
    out = capsys.readouterr().out
    assert out.count("ZeroDivisionError") == 1
    assert "Traceback" not in out


def test_output_without_a_newline_does_not_hide_the_prompt(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk.type("echo -n abc", ENTER, "echo def", ENTER)
    assert "abc\ndef\n" in capsys.readouterr().out


def test_what_a_program_writes_is_shown_at_once(talk: Talk) -> None:
    pytest.importorskip("keystone")
    seen: list[bytes] = []
    talk.repl.screen.write = seen.append  # type: ignore[method-assign,assignment]
    talk.type('syscall write 1 "hi" 2', ENTER)
    assert seen == [b"hi"]


def test_a_config_problem_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with create_pipe_input() as pipe:
        Talk(pipe, problem="~/config.toml: menu is true or false, not 3; the default is used").type()
    assert "kshell: ~/config.toml: menu is true" in capsys.readouterr().out


@pytest.mark.parametrize(
    "switches", [{"menu": False}, {"suggestion": False}, {"toolbar": False}, {"colour": False}, {"history": True}]
)
def test_every_switch_leaves_a_prompt_that_works(
    switches: dict[str, bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("kshell.shell.prompt.terminal.history_path", lambda: os.path.join(tmp_path, "history"))
    kept = os.path.join(tmp_path, "sessions")
    monkeypatch.setattr("kshell.shell.state.saved_session.sessions_folder", lambda: kept)
    with create_pipe_input() as pipe:
        talk = Talk(pipe, **switches)
        assert talk.lines("lsmo", TAB, ENTER) == ["lsmod"]
    assert os.path.exists(os.path.join(tmp_path, "history")) == ("history" in switches)
    assert os.path.exists(kept) == ("history" in switches)


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdin", io.StringIO("asm\nmov eax, 60\nmov edi, 2\nsyscall\nend\necho hi\n"))
    session = Session("course", interactive=True)
    assert Repl(session, Config()).run() == 0
    out = capsys.readouterr().out
    assert "kshell> " in out
    assert "hi\n" in out
    assert "\x1b" not in out


def test_warming_up_boots_the_machine_and_stops(talk: Talk) -> None:
    warming = warm_up(talk.session, talk.repl.screen, Guard())
    for step, _ in enumerate(warming, 1):
        assert step < 20
    assert talk.session._kernel is not None
    assert next(warming, "over") == "over"
