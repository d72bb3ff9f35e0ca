"""What a Unix shell has and kshell has not is called by its name, and never taken for an argument."""

from __future__ import annotations

import pytest

from tests.shell.lab import Lab


@pytest.mark.parametrize(
    ("typed", "what", "try_"),
    [
        ("dmesg | grep test_call", "kshell has no pipes", "dmesg --grep test_call"),
        ("dmesg |grep -i test_call", "kshell has no pipes", "dmesg --grep test_call"),
        ("table | grep open", "kshell has no pipes", "table open"),
        ("dmesg | tail -5", "kshell has no pipes", "dmesg -n 10"),
        ("syscall getpid | grep 1", "kshell has no pipes", "syscall getpid"),
        ("cat < /etc/hostname", "kshell has no redirection", "cat /etc/hostname"),
        ("regs > out", "kshell has no redirection", "regs"),
        ("regs &", "kshell has no & and no &&", "regs"),
        ("regs && dmesg", "kshell has no & and no &&", "regs; dmesg"),
        ("echo $(regs)", "kshell has no command substitution", "regs"),
        ("echo `regs`", "kshell has no command substitution", "regs"),
    ],
)
def test_the_grammar_of_a_unix_shell_is_answered_with_what_to_type(lab: Lab, typed: str, what: str, try_: str) -> None:
    error = lab.error(typed)
    assert error["what"] == what
    assert error["try"] == try_
    assert all(result.error is None for result in lab.results(try_))


def test_a_file_of_the_machine_is_written_by_a_call(lab: Lab) -> None:
    try_ = lab.error("cat > /tmp/x")["try"].partition("  (")[0]
    assert lab.result(try_).error is None


@pytest.mark.parametrize(
    "line", ['echo "a | b > c & $(d)"', 'syscall open "/tmp" O_RDONLY|O_DIRECTORY', "x/gx &STUB_test_call", "x $rsp"]
)
def test_what_only_looks_like_it_is_left_alone(lab: Lab, line: str) -> None:
    lab.result("syscall getpid")
    assert lab.result(line).error is None
