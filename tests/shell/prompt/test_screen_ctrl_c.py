"""After ^C, which the terminal writes by itself, what follows stands on a line of its own."""

from __future__ import annotations

import os
import signal

import pytest

from kshell.machine.ctrl_c import CtrlC
from kshell.shell.prompt.screen import Screen


@pytest.mark.skipif(os.name != "posix", reason="a process cannot send itself SIGINT")
def test_what_comes_after_a_ctrl_c_begins_a_new_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    with CtrlC(lambda: None) as ctrl_c:
        os.kill(os.getpid(), signal.SIGINT)
        while not ctrl_c.pressed:
            pass
    screen.say("one")
    screen.say("two")
    assert capsys.readouterr().out == "\none\ntwo\n"
    Screen().say("three")
    assert capsys.readouterr().out == "three\n"
