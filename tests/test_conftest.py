"""That a test of main() leaves Ctrl-C to those after it."""

import signal

import pytest

from kshell.__main__ import main
from kshell.machine.sigint import state


def test_main_keeps_sigint_to_the_end_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["kshell", "--version"])
    main()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_and_the_next_test_has_it_again() -> None:
    assert not state.owned
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
