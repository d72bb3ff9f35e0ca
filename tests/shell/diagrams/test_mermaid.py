"""The text for mermaid.

Its grammar, as far as kshell uses it, is checked line by line: what a label may hold, that boxes are closed and every
lane was named.  The rules are those of its lexer: # and ; end a label, %% is a comment.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.diagrams.mermaid import escaped, mermaid
from kshell.shell.diagrams.sequence import CALL, CROSS, NOTE, RETURN, Message, sequence_of
from tests.shell.lab import Lab, screen

LABEL = r"(?:[\w ()\[\]=,.+*/!?|'>-]|#\d+;)*"
PARTICIPANT = re.compile(rf"participant (\w+) as {LABEL}", re.ASCII)
BETWEEN = re.compile(rf"(\w+)(?:->>|-->>|-x)(\w+): {LABEL}", re.ASCII)
OVER = re.compile(rf"Note over (\w+): {LABEL}", re.ASCII)


def check(text: str) -> int:
    """How many messages and notes there are in a text that mermaid accepts."""
    first, *rest = text.removesuffix("\n").split("\n")
    assert first == "sequenceDiagram"
    named: set[str] = set()
    is_open, count = False, 0
    for line in (each.removeprefix("    ") for each in rest):
        if line.startswith("%% "):
            continue
        if line.startswith("box "):
            assert re.fullmatch("box transparent ring [03]", line)
            assert not is_open
            is_open = True
        elif line == "end":
            assert is_open
            is_open = False
        elif found := PARTICIPANT.fullmatch(line):
            assert found[1] not in named
            named.add(found[1])
        else:
            found = BETWEEN.fullmatch(line) or OVER.fullmatch(line)
            assert found is not None, line
            assert set(found.groups()) <= named
            count += 1
    assert not is_open
    return count


def test_a_call_in_mermaid_s_words(shared: Lab) -> None:
    assert shared.text("trace --mermaid syscall getpid").split("\n") == [
        "sequenceDiagram",
        "    box transparent ring 3",
        "    participant user as user",
        "    end",
        "    participant cpu as CPU",
        "    box transparent ring 0",
        "    participant entry as entry",
        "    participant table as table",
        "    participant wrapper as wrapper",
        "    end",
        "    Note over user: mov eax, 0x27",
        "    user->>cpu: syscall",
        "    cpu->>entry: LSTAR#58; entry_SYSCALL_64",
        "    Note over entry: pt_regs on the kernel stack",
        "    Note over entry: do_syscall_64(nr = 39)",
        "    entry->>table: sys_call_table[39]",
        "    table->>wrapper: __x64_sys_getpid()",
        "    wrapper-->>entry: __x64_sys_getpid = 77",
        "    entry-->>user: rax = 77",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "modprobe syscallModule; trace --mermaid syscall test_call 42",
        "modprobe crash; trace --mermaid syscall test_call 2",
        "modprobe crash; trace --mermaid syscall test_call 5",
        "modprobe hijack; trace --mermaid getpid",
        "modprobe sleepy; trace --mermaid syscall --during 'rmmod sleepy' test_call 42",
        "boot 6.19; trace --mermaid syscall 9999",
        "trace --mermaid run --hex b8270000000f05b83c000000bf070000000f05",
        "modprobe greeter; trace --mermaid modprobe guest",
        "modprobe syscallModule; trace --mermaid --lines syscall test_call 42",
        "trace --mermaid --insns getpid",
        'trace --mermaid syscall open "/end;#%{<b>$x$" 0',
        "modprobe hello; trace --mermaid modprobe hello",
    ],
)
def test_every_kind_of_call_is_text_that_mermaid_accepts(lab: Lab, line: str) -> None:
    for each in lab.results(line)[-1:]:
        count = check(each.json()["result"]["mermaid"])
        assert bool(count) == ("hello" not in line)


def test_what_mermaid_would_read_is_escaped() -> None:
    assert escaped('a; b # c: "d"') == "a#59; b #35; c#58; #34;d#34;"
    assert escaped("the end, an End; ending") == "the #101;nd, an #69;nd#59; ending"
    assert escaped("%%{init}\n<br/>") == "#37;#37;#123;init#125;#10;#60;br/>"


@given(st.text(max_size=60))
def test_a_label_reads_back_as_it_was(label: str) -> None:
    text = escaped(label)
    assert re.fullmatch(LABEL, text, re.ASCII)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text) == label


@given(
    st.lists(
        st.builds(
            Message,
            st.sampled_from([CALL, RETURN, NOTE, CROSS]),
            *[st.sampled_from(["user", "cpu", "log", "module end", "module par", "module style"])] * 2,
            st.text(max_size=20),
        ),
        max_size=20,
    )
)
def test_no_message_is_lost(messages: list[Message]) -> None:
    assert check(mermaid(sequence_of(messages, 500), ["a note\nof two lines"])) == len(messages)


def test_it_goes_to_a_file_which_is_not_overwritten(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lab.text("trace --mermaid -o a.mmd syscall getpid").split("\n")[-1] == "wrote a.mmd"
    assert check(Path("a.mmd").read_text(encoding="utf-8")) == 9
    error = lab.error("trace --mermaid -o a.mmd syscall getpid")
    assert (error["what"], error["try"]) == (
        "trace: a.mmd: File exists",
        "trace --mermaid -o a2.mmd syscall getpid",
    )


def test_a_note_is_a_comment_so_that_all_can_be_redirected() -> None:
    out, err, status = screen("modprobe sleepy", "trace --mermaid syscall --during lsmod getpid")
    assert status == 0
    assert not err
    assert check(out) == 9
    assert out.split("\n")[-2].startswith("    %% the call never slept")
