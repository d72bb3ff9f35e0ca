"""Arguments of system calls: what may be written, and what is said to the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi.fcntl import AT_FDCWD, O_CREAT, O_RDWR
from kshell.kernel.entry.exec import Buffer
from kshell.shell.calls.arguments import BadValue, argument, c_string, number, symbol_address
from kshell.shell.lines.words import plain, split
from tests.shell.lab import Lab


def outcome(attempt: Callable[[], Any]) -> Any:
    """What an attempt gave: its value, or its refusal."""
    try:
        return attempt()
    except BadValue as refusal:
        return refusal


def value(lab: Lab, text: str) -> object:
    return argument(lab.session.kernel, split("x " + text)[0].words[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("42", 42),
        ("-1", -1),
        ("+7", 7),
        ("0x2a", 42),
        ("0X2A", 42),
        ("-0x10", -16),
        ("052", 42),
        ("0o52", 42),
        ("0b101010", 42),
        ("1_000", 1000),
        ("10UL", 10),
        ("0x1_0000_0027", 0x1_0000_0027),
        ("18446744073709551615", (1 << 64) - 1),
        ("-9223372036854775808", -(1 << 63)),
        ("'a'", 97),
        ("'\\n'", 10),
        ("'\\''", 39),
        ("'\\x41'", 65),
        ("NULL", 0),
        ("AT_FDCWD", AT_FDCWD),
        ("O_RDWR|O_CREAT", O_RDWR | O_CREAT),
        ("O_RDWR|0x40", O_RDWR | 0x40),
        ("STDOUT_FILENO", 1),
        ('"hi\\n"', b"hi\n"),
        ('""', b""),
        ('"a\\0b\\x41\\101\\e\\\\\\""', b'a\0bAA\x1b\\"'),
        ('"é"', "é".encode()),
        ("buf:64", Buffer(64)),
        ("buf:0x10", Buffer(16)),
    ],
)
def test_an_argument_is_written_as_in_C(shared: Lab, text: str, expected: object) -> None:
    assert value(shared, text) == expected


def test_the_address_of_a_symbol_is_written_with_an_ampersand(shared: Lab) -> None:
    k = shared.session.kernel
    assert value(shared, "&sys_call_table") == k.sys_call_table
    assert value(shared, "&sys_call_table+16") == k.sys_call_table + 16
    assert value(shared, "&sys_call_table[39]") == k.sys_call_table + 8 * 39


@pytest.mark.parametrize(
    ("text", "what", "try_"),
    [
        ("18446744073709551616", "does not fit", "-1"),
        ("-9223372036854775809", "does not fit", "-9223372036854775808"),
        ("089", "not a number", "89"),
        ("3.14", "not a number", "0x2a"),
        ("0xzz", "not a number", "0x2a"),
        ("/etc/hostname", "not a value", '"/etc/hostname"'),
        ("hello", "not a value", '"hello"'),
        ("O_RDONYL", "unknown constant", "O_RDONLY"),
        ("o_rdonly", "unknown constant", "O_RDONLY"),
        ("O_RDWR|", "a flag is missing", "O_RDWR|O_CREAT"),
        ("buf:", "not a buffer", "buf:64"),
        ("buf:0", "not a buffer", "buf:64"),
        ("buf:99999999999", "not a buffer", "buf:64"),
        ("buf:x", "not a buffer", "buf:64"),
        ("'ab'", "not a character", '"ab"'),
        ("''", "not a character", '""'),
        ("'é'", "not a character", '"é"'),
        ('"\\q"', "unknown escape", "\\\\q"),
        ("1,", "not an argument", "1"),
        ("&no_such", "no symbol", "kallsyms"),
        ("&sys_call_tabel", "no symbol", "sys_call_table"),
        ("sys_call_table", "is a kernel symbol", "&sys_call_table"),
        ("&+", "not an address", "sys_call_table"),
    ],
)
def test_what_is_no_argument_is_refused_with_a_way_out(shared: Lab, text: str, what: str, try_: str) -> None:
    with pytest.raises(BadValue) as caught:
        value(shared, text)
    assert what in caught.value.what
    assert try_ in caught.value.try_
    assert caught.value.because


def test_a_refusal_names_the_parameter_and_the_signature(shared: Lab) -> None:
    error = shared.error("syscall open /etc/hostname O_RDONLY 0")
    assert error["what"].startswith("syscall: argument 1 (const char __user *filename)")
    assert "open(" in error["because"]
    assert error["try"] == 'syscall open "/etc/hostname" O_RDONLY 0'
    assert shared.error("syscall write 1, 2 3")["try"] == "syscall write 1 2 3"


def test_too_few_arguments_are_refused_with_the_signature(shared: Lab) -> None:
    error = shared.error("syscall write 1")
    assert error["what"] == "syscall: too few arguments"
    assert "write(unsigned int fd, const char __user *buf, size_t count)" in error["because"]
    assert error["try"].startswith('syscall write 1 "hello\\n" 6  (')
    assert "it takes 2 or 3, and 1 was given" in shared.error('syscall open "/nope"')["because"]
    assert shared.error('syscall open "/nope"')["try"].startswith('syscall open "/nope" O_RDONLY  (')


def test_too_many_arguments_are_refused(shared: Lab) -> None:
    assert shared.error("syscall getpid 1")["what"] == "syscall: too many arguments"
    assert "six registers" in shared.error("syscall 9999 1 2 3 4 5 6 7")["because"]


def test_what_C_leaves_open_may_be_left_out(shared: Lab) -> None:
    assert shared.json('syscall open "/etc/hostname" O_RDONLY')["calls"][0]["ret"] >= 3
    assert shared.json("syscall fcntl 1 F_GETFL")["calls"][0]["errno"] is None


def test_raw_makes_the_call_with_any_number_of_arguments(shared: Lab) -> None:
    assert shared.json("syscall --raw getpid 1 2")["calls"][0]["ret"] > 0
    assert shared.json("syscall --raw close")["calls"][0]["name"] == "close"


@given(st.text(max_size=40))
def test_any_word_is_an_argument_or_refused(text: str) -> None:
    lab = _any_lab()
    word = plain(split("x '" + text.replace("'", "") + "'")[0].words[1].text or "?")
    found = outcome(lambda: argument(lab.session.kernel, word))
    assert isinstance(found, int | Buffer) or (found.what and found.because and found.try_)


@given(st.binary(max_size=30))
def test_a_string_of_escapes_gives_any_bytes(data: bytes) -> None:
    assert c_string("".join(f"\\x{byte:02x}" for byte in data)) == data


@given(st.integers(-(1 << 70), 1 << 70))
def test_a_number_reads_back_in_every_base(wanted: int) -> None:
    sign = "-" if wanted < 0 else ""
    for text in (str(wanted), f"{sign}{abs(wanted):#x}", f"{sign}{abs(wanted):#o}", f"{sign}{abs(wanted):#b}"):
        assert number(text) == wanted


@given(st.text(max_size=20))
def test_any_text_after_an_ampersand_is_an_address_or_refused(text: str) -> None:
    found = outcome(lambda: symbol_address(_any_lab().session.kernel, text))
    assert found.try_ if isinstance(found, BadValue) else 0 <= found < 1 << 64


_labs: list[Lab] = []


def _any_lab() -> Lab:
    if not _labs:
        _labs.append(Lab())
    return _labs[0]


def _typed(try_: str) -> str:
    """The command of a `try`, without the remark behind it."""
    return try_.partition("  (")[0]


@pytest.mark.parametrize("profile", ["course", "6.19"])
def test_a_call_with_too_few_arguments_gets_an_example_that_runs(profile: str) -> None:
    lab = Lab(profile)
    names = [
        row.name for row in lab.session.kernel.table.rows if lab.session.kernel.syscall_state(row.number) == "built"
    ]
    assert len(names) > 40
    for name in names:
        result = lab.result(f"syscall {name}")
        if result.error is not None:
            again = lab.result(_typed(result.error["try"]))
            assert again.error is None, (name, result.error, again.error)


@pytest.mark.parametrize(
    ("typed", "try_"),
    [
        ("syscall write 1 'hello' 5", 'syscall write 1 "hello" 5  (a string)'),
        ("syscall getpid()", "syscall getpid"),
        ("syscall test_call(42)", "syscall test_call 42"),
        ('syscall write(1, "a, (b)", 6)', 'syscall write 1 "a, (b)" 6'),
        ("syscall test_call, 42", "syscall test_call 42"),
        ('syscall write 1, "ab", 2', 'syscall write 1 "ab" 2'),
        ("syscall getpdi", "syscall getpid  (or getppid or getpgid)"),
        ("syscall GETPID", "syscall getpid"),
        ("man WRITE", "man write"),
        ("man write(2)", "man write"),
        ('syscall open "/tmp/a | b" O_CREAT | O_RDWR 0644', 'syscall open "/tmp/a | b" O_CREAT|O_RDWR 0644'),
        ('syscall open "/etc/hostname" O_RDWR |', 'syscall open "/etc/hostname" O_RDWR'),
        ("syscall open \u201c/etc/hostname\u201d O_RDONLY", 'syscall open "/etc/hostname" O_RDONLY'),
        ("syscall test_call abc", "syscall test_call 42"),
        ('syscall write 1 "a\\q" 3', 'syscall write 1 "a\\\\q" 3  (a backslash and q)'),
        ("syscall getpid 1 2 3 4 5 6 7", "syscall getpid"),
        ("syscall write 1 &STUB_test_cal 0", "syscall write 1 &STUB_test_call 0"),
        ("syscall write 1 &no_such 6", 'syscall write 1 "hello\\n" 6'),
        ("syscall 99999999999999999999", "syscall -1  (all 64 bits set)"),
    ],
)
def test_a_call_typed_wrongly_gets_the_whole_command_that_works(lab: Lab, typed: str, try_: str) -> None:
    assert lab.error(typed)["try"] == try_
    assert lab.result(_typed(try_)).error is None


def test_curly_quotes_are_called_by_their_name(shared: Lab) -> None:
    assert shared.error("syscall open \u201c/tmp/a b\u201d 0")["what"] == "syscall: curly quotes"
