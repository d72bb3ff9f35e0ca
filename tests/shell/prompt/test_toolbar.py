"""The bottom line, and the colours of the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi.object_file import read_object
from kshell.shell.commands.registry import everything
from kshell.shell.prompt.highlight import highlight
from kshell.shell.prompt.line import LONGEST
from kshell.shell.prompt.toolbar import toolbar
from kshell.shell.session import Session
from kshell.shell.trees.tree_state import tree_state
from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab

_SESSION = Session("course")


def shown(session: Session, before: str, width: int = 160, after: str = "") -> str:
    return "".join(text for _, text in toolbar(session, before, after, width)).strip()


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("syscall write ", "write([unsigned int fd], const char *buf, size_t count) in rdi"),
        ('syscall write 1 "hel', "write(unsigned int fd, [const char *buf], size_t count) in rsi"),
        ("trace write 1 2 ", "write(unsigned int fd, const char *buf, [size_t count]) in rdx"),
        ("trace syscall mmap 0 1 2 ", "[unsigned long flags], unsigned long fd, unsigned long off) in r10"),
        ("syscall stat ", "stat([const char *filename], struct stat *statbuf) in rdi"),
        ("syscall 39 ", "getpid(void) │ complete: Enter makes the call"),
        ("syscall getpid 1", "takes no arguments, this is number 1"),
        ("syscall write 1 2 3 4", "takes 3 arguments, this is number 4"),
        ("syscall ptrace ", "not built here: it answers -ENOSYS"),
        ("syscall writ", "syscall NAME|NR [ARGS...]"),
        ("syscall write", "write(unsigned int fd, const char *buf, size_t count)"),
        ("lsmod; rmmod ", "rmmod [-f] [-v] NAME..."),
        ("module copy ", "module copy NAME [FOLDER|FILE.py]"),
        ("dmesg -n ", "dmesg -n [N]"),
        ("make -C ", "make -C [DIR]  the folder to build"),
        ("tree new ", "tree new DIR [4.19|6.19] [--force]"),
        ("make ", "make [-C DIR] [VARIABLE=VALUE...] [GOAL...]"),
        ('echo "a', "echo [-n] [WORDS...]"),
        ("nonsense ", "no such command"),
        ("# hello", "a comment"),
    ],
)
def test_the_bottom_line_shows_what_is_being_typed(shared: Lab, before: str, text: str) -> None:
    assert text in shown(shared.session, before)


def test_on_a_narrow_screen_the_marked_argument_and_its_register_stay() -> None:
    text = shown(_SESSION, "syscall mmap 0 4096 PROT_READ ", 80)
    assert text == "mmap(addr, len, prot, [unsigned long flags], fd, off) in r10"


def test_an_empty_line_shows_the_state_of_the_kernel(lab: Lab) -> None:
    assert shown(lab.session, "").startswith("Linux 4.19.1-course │ no modules │ not tainted")
    lab.json("modprobe syscallModule")
    assert "1 module: syscallModule │ tainted" in shown(lab.session, "  ")
    assert "F1 explains" in shown(lab.session, "", 80)


def test_with_a_tree_an_empty_line_says_how_the_tree_stands(lab: Lab) -> None:
    tree = TreeLab(Path())
    lab.json("tree test_kernel")
    start = "Linux 4.19.1-course │ test_kernel"
    assert shown(lab.session, "").startswith(f"{start}: not built yet │ no modules │ not tainted │ ")
    lab.json("make")
    assert shown(lab.session, "").startswith(f"{start} #1 is built, not installed │ ")
    lab.json("make install")
    assert shown(lab.session, "").startswith(f"{start} #1 is built, not booted │ ")
    lab.json("boot test_kernel")
    assert shown(lab.session, "").startswith("Linux 4.19.1-test #1 │ test_kernel #1 │ no modules │ ")
    tree.replace("SystemCalls/test_call.py", "Your int", "The int")
    assert "│ test_kernel: 1 file changed since make │" in shown(lab.session, "")
    tree.write("fs/new.py", "")  # which no Makefile names
    assert "│ test_kernel: 1 file changed since make │" in shown(lab.session, "")
    tree.write("fs/Makefile", tree.read("fs/Makefile") + "# mine\n")
    assert "│ test_kernel: 2 files changed since make │" in shown(lab.session, "", 80)
    lab.json("make")
    assert "│ test_kernel #2 is built, not installed │" in shown(lab.session, "")


def test_a_tree_that_is_gone_is_not_shown(lab: Lab) -> None:
    lab.json("tree new test_kernel")
    Path("test_kernel").rename("elsewhere")
    assert shown(lab.session, "").startswith("Linux 4.19.1-course │ no modules │")


def test_a_second_look_at_the_tree_reads_no_kernel(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    TreeLab(Path())
    lab.json("make -C test_kernel")
    first = tree_state(lab.session)
    read: list[str] = []

    def recorded(data: bytes, path: str) -> tuple[str, dict[str, Any]]:
        read.append(path)
        return read_object(data, path)

    monkeypatch.setattr("kshell.abi.object_file.read_object", recorded)
    assert tree_state(lab.session) == first
    assert not [path for path in read if "vmlinu" in path]


def test_the_line_behind_the_cursor_does_not_change_what_is_shown(shared: Lab) -> None:
    assert shown(shared.session, "syscall write ", after='1 "x" 1').startswith("write([unsigned int fd]")


@given(st.text(alphabet="syscall writemmap01 \"'/|&-$#;O_xé日", max_size=40), st.integers(1, 200))
def test_it_always_fits(before: str, width: int) -> None:
    assert sum(len(text) for _, text in toolbar(_SESSION, before, "", width)) <= width


def test_a_line_too_long_to_read_shows_the_state() -> None:
    assert shown(_SESSION, "syscall write " + "x" * LONGEST).startswith("Linux")


def styles(line: str) -> list[tuple[str, str]]:
    return [(style.removeprefix("class:"), text) for style, text in highlight(_SESSION, line) if text.strip()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lsmod", [("command", "lsmod")]),
        ("lsm", [("", "lsm")]),
        ("lsmox", [("unknown", "lsmox")]),
        ("lsmod; foo x", [("command", "lsmod"), ("separator", ";"), ("unknown", "foo"), ("", "x")]),
        ("syscall getpid", [("command", "syscall"), ("call", "getpid")]),
        ("syscall getpi", [("command", "syscall"), ("", "getpi")]),
        ("syscall getpi 1", [("command", "syscall"), ("unknown", "getpi"), ("number", "1")]),
        ("syscall 39", [("command", "syscall"), ("number", "39")]),
        (
            'syscall open "/x" O_RDWR|O_FOO 0644 # c',
            [
                *[("command", "syscall"), ("call", "open"), ("string", '"/x"'), ("constant", "O_RDWR")],
                *[("separator", "|"), ("", "O_FOO"), ("number", "0644"), ("comment", "# c")],
            ],
        ),
        ("syscall write 1 0999", [*[("command", "syscall"), ("call", "write"), ("number", "1")], ("unknown", "0999")]),
        ('echo "a b', [("command", "echo"), ("unbalanced", '"'), ("string", "a b")]),
        (
            "make -C tree M=/x V=1 modules",
            [
                *[("command", "make"), ("option", "-C"), ("", "tree"), ("option", "M="), ("", "/x"), ("option", "V=")],
                *[("number", "1"), ("", "modules")],
            ],
        ),
        ("insmod a.ko level=3", [("command", "insmod"), ("", "a.ko"), ("option", "level="), ("number", "3")]),
        ("dmesg -n 5", [("command", "dmesg"), ("option", "-n"), ("number", "5")]),
        ("trace run a.s", [("command", "trace"), ("command", "run"), ("", "a.s")]),
        ("x/4gx 0x10", [("command", "x/4gx"), ("number", "0x10")]),
        (
            "syscall read 0 buf:8 8",
            [*[("command", "syscall"), ("call", "read"), ("number", "0")], ("buffer", "buf:8"), ("number", "8")],
        ),
    ],
)
def test_every_word_has_the_colour_of_what_it_is(line: str, expected: list[tuple[str, str]]) -> None:
    assert styles(line) == expected


@given(st.text(alphabet="syscall writemmap01 \"'/|&-$#;O_xé日\\\t", max_size=40))
def test_colouring_never_changes_the_text(line: str) -> None:
    assert "".join(text for _, text in highlight(_SESSION, line)) == line


EXAMPLES = [line for found in everything() for line, _ in found.examples]


@pytest.mark.parametrize("line", [*EXAMPLES, "man insmod", "table 0x0-0xc", "table opena", "table 12 335", "trace on"])
def test_nothing_that_help_shows_is_painted_as_wrong(line: str) -> None:
    for typed in (line, line + " "):
        assert [text for style, text in highlight(_SESSION, typed) if style == "class:unknown"] == []
