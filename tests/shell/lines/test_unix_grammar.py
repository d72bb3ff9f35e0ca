"""What a Unix shell has and kshell has not is called by its name, and never taken for an argument."""

from __future__ import annotations

from pathlib import Path

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
        ("sudo dmesg | tail", "kshell has no pipes", "dmesg -n 10"),
        ("sudo lsmod | grep hello", "kshell has no pipes", "lsmod"),
        ("time lsmod && regs", "kshell has no & and no &&", "lsmod; regs"),
        ("sudo echo $(regs)", "kshell has no command substitution", "regs"),
        ("echo $(nothing 1)", "kshell has no command substitution", "help"),
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


@pytest.mark.parametrize(
    ("typed", "try_"),
    [
        ("time syscall getpid", "syscall --stat getpid"),
        ("time run --hex b83c0000000f05", "run --stat --hex b83c0000000f05"),
        ("time NULL", "syscall time NULL"),
        ("time lsmod", "lsmod"),
        ("nohup syscall getpid", "syscall getpid"),
        ("sudo modprobe hello", "modprobe hello"),
        ("strace syscall getpid", "trace syscall getpid"),
        ("strace ./p.s 5", "trace run ./p.s 5"),
        ("sycall getpid", "syscall getpid  (did you mean that?)"),
        ("sycall", "syscall getpid  (did you mean that?)"),
        ("dmseg -n 3", "dmesg -n 3  (did you mean that?)"),
        ("module cpy hello", "module copy hello"),
        ("run hello.c", "help run  (what NAME.s looks like)"),
        ("insmod .py", "module copy hello"),
        ("make", "tree new test_kernel  (makes one; then: make -C test_kernel)"),
        ("syscall getpid extra", "syscall getpid  (--raw makes the call all the same)"),
        ('syscall write 1 "a" 1 x', 'syscall write 1 "a" 1  (--raw makes the call all the same)'),
    ],
)
def test_what_was_nearly_right_is_answered_with_the_whole_line(lab: Lab, typed: str, try_: str) -> None:
    Path(".py").write_text("from kshell.linux import *\n")
    Path("p.s").write_text("mov eax, 60\nsyscall\n")
    assert lab.error(typed)["try"] == try_
    assert all(result.error is None for result in lab.results(try_.partition("  (")[0]))


def test_a_file_whose_name_needs_it_is_advised_between_quotes_and_never_as_an_option(lab: Lab) -> None:
    for name, typed, try_ in (("my module.py", "my", '"my module.py"'), ("-f.py", "f.py", "./-f.py")):
        Path(name).write_text("from kshell.linux import *\nMODULE_LICENSE('GPL')\n")
        assert lab.error(f"insmod {typed}")["try"] == f"insmod {try_}"
        Path(name).unlink()
