"""asm and run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kshell.assembler import available
from kshell.kernel.trace.tracer import MOST_CALLS
from kshell.shell.session import Session
from kshell.shell.views.output import PlainOutput
from tests.shell.lab import Lab, screen

needs_assembler = pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")
EXIT_7 = "b83c000000bf070000000f05"
HELLO = """
    .global _start
_start:
    mov eax, 1
    mov edi, 1
    lea rsi, [rip + msg]
    mov edx, 6
    syscall
    mov eax, 60
    xor edi, edi
    syscall
    .data
msg: .ascii "hello\\n"
"""


@pytest.fixture
def hello(tmp_path: Path) -> str:
    (tmp_path / "hello.s").write_text(HELLO)
    return "hello.s"


def test_run_of_bytes_shows_the_exit_status(shared: Lab) -> None:
    assert shared.text(f"run --hex {EXIT_7}") == "a.bin exited with status 7"


def test_run_has_the_fields_of_json(shared: Lab) -> None:
    result = shared.json(f"run --hex {EXIT_7}")
    assert result["exit_status"] == 7
    assert result["signal"] is None
    assert result["output"] == ""
    (call,) = result["calls"]
    assert (call["nr"], call["name"], call["ret"], call["errno"]) == (60, "exit", None, None)
    assert call["args"] == [7]


def test_json_of_a_program_that_makes_very_many_calls_has_the_first_of_them_and_says_so(shared: Lab) -> None:
    getpids = f"bb{(MOST_CALLS + 5).to_bytes(4, 'little').hex()} b827000000 0f05 ffcb 75f5"
    result = shared.result(f"run --hex '{getpids} {EXIT_7}'").json()
    assert len(result["result"]["calls"]) == MOST_CALLS
    assert result["result"]["exit_status"] == 7
    (note,) = result["notes"]
    assert f"{MOST_CALLS:,} system calls" in note
    assert "notes" not in shared.result(f"run --hex {EXIT_7}").json()


def test_a_plain_run_records_no_calls_and_a_traced_one_shows_each(shared: Lab) -> None:
    seen = []
    for command in ("run", "run --trace"):
        out, err, status = screen(f"{command} --hex 'b827000000 0f05 {EXIT_7}'")
        assert (err, status) == ("", 0)
        seen.append(out)
    assert "getpid()" not in seen[0]
    assert "getpid() " in seen[1]


def test_a_program_that_exits_non_zero_is_a_successful_experiment(shared: Lab) -> None:
    assert shared.result(f"run --hex {EXIT_7}").status == 0


@pytest.mark.parametrize("text", ["B8 3C", "\\xb8\\x3c", "0xb8,0x3c"])
def test_bytes_may_be_written_in_many_ways(shared: Lab, text: str) -> None:
    assert shared.json(f"run --hex '{text} 00 00 00 0f 05'")["exit_status"] == 0


@needs_assembler
def test_a_hello_world_runs(hello: str) -> None:
    out, err, status = screen(f"run {hello}")
    assert out == "hello\nhello.s exited with status 0\n"
    assert (err, status) == ("", 0)


@needs_assembler
def test_output_and_calls_are_collected_for_json(lab: Lab, hello: str) -> None:
    result = lab.json(f"run {hello}")
    assert result["output"] == "hello\n"
    assert [call["name"] for call in result["calls"]] == ["write", "exit"]


@needs_assembler
def test_trace_run_shows_calls_and_output_in_the_order_in_which_they_come(hello: str) -> None:
    out, _, _ = screen(f"trace run {hello}")
    assert out.split("\n") == [
        "hello",
        'write(1, "hello\\n", 6)                  = 6',
        "exit(0)                                 = ?",
        "+++ exited with 0 +++",
        "hello.s exited with status 0",
        "",
    ]


@pytest.mark.parametrize("command", ["run --trace", "trace run", "trace run --hops"])
@pytest.mark.parametrize(
    ("code", "last"), [(EXIT_7, "+++ exited with 7 +++"), ("0f0b", "+++ killed by SIGILL +++")], ids=["exit", "ud2"]
)
def test_the_last_line_of_a_trace_says_how_the_program_ended(shared: Lab, command: str, code: str, last: str) -> None:
    on_screen, _, _ = screen(f"{command} --hex {code}")
    collected = shared.result(f"{command} --hex {code}").view
    assert collected is not None
    for text in (on_screen, collected.text()):
        assert text.count("+++ ") == 1
        assert text.split("\n").index(last) > 0


@needs_assembler
def test_trace_run_with_hops_shows_each_call_hop_by_hop(lab: Lab, hello: str) -> None:
    result = lab.result(f"trace run --hops {hello}")
    assert result.view.text().count("LSTAR -> entry_SYSCALL_64") == 2
    assert result.json()["result"]["hops"]
    lines = result.view.text().split("\n")
    assert lines[0].startswith("ring 3  user  ")
    assert lines[0].split("  ")[-1].strip() == "hello.s:8, in _start"
    assert "  syscall  " in lines[0]
    assert lines[1].startswith("ring 0  cpu  ")
    shown = [line.split()[0] for line in lines if line.startswith(("        return", "write(", "exit("))]
    assert [word.partition("(")[0] for word in shown] == ["return", "write", "exit"]
    assert lines[lines.index(next(line for line in lines if line.startswith("write("))) + 1].startswith("ring 3  user")


def test_hops_that_were_shown_while_the_program_ran_are_told_too() -> None:
    out = io.StringIO()
    result = Session("course", output=PlainOutput(out, out)).execute(f"trace run --hops --hex {EXIT_7}")[-1]
    steps = [hop["step"] for hop in result.json()["result"]["hops"]]
    assert steps == ["user", "cpu", "entry", "dispatch", "table", "wrapper"]
    assert out.getvalue().count("sys_call_table[60]") == 1


def test_raw_machine_code_runs_from_its_first_byte(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "p.bin").write_bytes(bytes.fromhex(EXIT_7))
    assert lab.json("run p.bin")["exit_status"] == 7


@needs_assembler
def test_a_program_finds_its_arguments_on_the_stack(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "argc.s").write_text("mov rdi, [rsp]\nmov eax, 60\nsyscall\n")
    assert lab.json("run argc.s one 'two words'")["exit_status"] == 3


@needs_assembler
def test_a_killed_program_shows_the_instruction_its_line_and_why(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "bad.s").write_text("nop\nmov rax, [0x10]\n")
    result = lab.result("run bad.s")
    lines = result.view.text().split("\n")
    assert lines[0].startswith("Segmentation fault  (SIGSEGV, SEGV_MAPERR, address 0x")
    assert lines[1] == "  at: 0x401001  mov rax, qword ptr [0x10]   (bad.s:2)"
    assert lines[2].startswith("  because: it read 0x")
    signal = result.json()["result"]["signal"]
    assert (signal["name"], signal["code"]) == ("SIGSEGV", "SEGV_MAPERR")
    assert result.status == 0
    assert "segfault at" in lab.text("dmesg")


def test_an_endless_loop_in_a_script_is_stopped_and_says_where(lab: Lab) -> None:
    error = lab.error("run --hex ebfe")
    assert "stopped after" in error["what"]
    assert "jmp 0x401000" in error["because"]
    assert lab.ret("getpid") > 0


def test_the_registers_of_the_last_program_can_be_read(lab: Lab) -> None:
    lab.result("run --hex bb2a000000b83c0000000f05")
    rows = {row["register"]: row["value"] for row in lab.json("regs")["rows"]}
    assert rows["rbx"] == "0x2a"
    assert rows["rip"] == "0x40100c"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("run", "which program?"),
        ("run nope.s", "No such file or directory"),
        ("run --hex", "--hex needs bytes"),
        ("run --hex zz", "not hexadecimal bytes"),
        ("run --hex f", "not hexadecimal bytes"),
        ("run --hex ''", "it is empty"),
        ("run --foo", "unknown option --foo"),
        ("run .", "Is a directory"),
        ("run m.py", "a Python file"),
        ("run m.c", "a C file"),
        ("run prog", "an ELF file"),
        ("run empty.bin", "it is empty"),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_way_out(lab: Lab, tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "prog").write_bytes(b"\x7fELF" + bytes(60))
    (tmp_path / "empty.bin").write_bytes(b"")
    error = lab.error(line)
    assert what in error["what"]
    assert error["because"]
    assert error["try"]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
def test_a_file_without_an_end_is_refused(shared: Lab) -> None:
    for command in ("run", "source", "table check"):
        assert shared.error(f"{command} /dev/zero")["what"] == f"{command}: /dev/zero: File too large"


def test_a_misspelt_file_is_answered_with_the_nearest(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "hello.s").write_text("nop\n")
    assert lab.error("run helo.s")["try"] == "run hello.s"


@needs_assembler
def test_asm_on_one_line_runs_the_program(lab: Lab) -> None:
    assert lab.json('asm "mov eax, 60; mov edi, 5; syscall"')["exit_status"] == 5


@needs_assembler
def test_run_alone_runs_the_last_program_again(lab: Lab) -> None:
    lab.result('asm "mov eax, 60; mov edi, 5; syscall"')
    assert lab.json("run")["exit_status"] == 5


@needs_assembler
def test_asm_in_a_script_reads_the_lines_that_follow() -> None:
    out, err, status = screen("asm", "  mov eax, 60   # exit", "  mov edi, 4", "  syscall", "end", "echo done")
    assert out == "kshell-asm exited with status 4\ndone\n"
    assert (err, status) == ("", 0)


def test_asm_at_the_end_of_a_script_says_what_is_missing() -> None:
    _, err, status = screen("asm")
    assert "there is no program" in err
    assert status == 1


@needs_assembler
def test_asm_asks_the_front_for_a_program(lab: Lab) -> None:
    seen = []

    def edit(text: str) -> str | None:
        seen.append(text)
        return "mov eax, 60\nmov edi, 9\nsyscall\n"

    lab.session.interactive = True
    lab.session.edit_program = edit
    assert lab.json("asm")["exit_status"] == 9
    assert lab.json("asm")["exit_status"] == 9
    assert seen == ["", "mov eax, 60\nmov edi, 9\nsyscall\n"]
    lab.session.edit_program = lambda text: None
    assert "nothing was typed" in lab.error("asm")["what"]


@needs_assembler
def test_asm_list_shows_the_bytes_without_running(lab: Lab) -> None:
    result = lab.json('asm --list "xor eax, eax; hlt"')
    assert [(row["bytes"], row["text"]) for row in result["rows"]] == [("31c0", "xor eax, eax"), ("f4", "hlt")]


@needs_assembler
def test_run_list_shows_a_program_with_its_labels_and_lines_without_running_it(lab: Lab, hello: str) -> None:
    result = lab.result(f"run --list {hello}")
    lines = [" ".join(line.split()) for line in result.view.text().split("\n")]
    assert lines[1] == "0x401000 b8 01 00 00 00 mov eax, 1 # _start hello.s:4"
    assert lines[-1] == "0x402000 68 65 6c 6c 6f 0a 6 bytes of data"
    assert result.json()["result"]["rows"][0] == {
        "address": "0x401000",
        "bytes": "b801000000",
        "text": "mov eax, 1",
        "symbol": "_start",
        "source": "hello.s:4",
    }
    assert "output" not in result.json()["result"]


def test_run_list_names_what_is_called_and_takes_machine_code_too(lab: Lab) -> None:
    from kshell.kbuild.steps.userprog import USER

    lines = [" ".join(line.split()) for line in lab.text(f"run --list '{USER}/test_call_user'").split("\n")]
    assert any(line.endswith("<syscall> test_call_user.s:26") for line in lines)
    assert any(line.split(" # ")[-1].startswith("__syscall_error libc.s:") for line in lines)
    raw = lab.json(f"run --list --hex {EXIT_7}")["rows"]
    assert [row["text"] for row in raw] == ["mov eax, 0x3c", "mov edi, 7", "syscall"]


@needs_assembler
def test_asm_save_keeps_the_source_and_never_overwrites(lab: Lab) -> None:
    lab.result('asm --save p.s "mov eax, 60; mov edi, 5; syscall"')
    assert lab.json("run p.s")["exit_status"] == 5
    assert "File exists" in lab.error('asm --save p.s "nop"')["what"]


@needs_assembler
def test_every_mistake_of_a_source_is_shown_with_a_caret(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "bad.s").write_text("call a\nnop\njmp b\n")
    result = lab.result("run bad.s")
    text = result.view.text()
    assert "bad.s:1:" in text
    assert "bad.s:3:" in text
    assert text.count("^") >= 2
    assert result.status == 1


@needs_assembler
def test_a_semicolon_in_quotes_belongs_to_the_text(lab: Lab) -> None:
    source = 'mov eax, 1; mov edi, 1; lea rsi, [rip + m]; mov edx, 3; syscall; mov eax, 60; syscall; m: .ascii "a;b"'
    assert lab.json(f"asm '{source}'")["output"] == "a;b"


def test_a_program_reads_the_line_that_the_front_gives() -> None:
    lines = [b"first line\n", b"second\n", b""]
    lab = Lab(read_input=lambda: lines.pop(0))
    result = lab.json("syscall read 0 buf:64 64")
    assert result["calls"][0]["ret"] == 11
    assert lab.ret("read 0 buf:3 3") == 3
    assert lab.ret("read 0 buf:8 8") == 0


def test_a_program_in_a_script_without_input_reads_its_end(shared: Lab) -> None:
    assert shared.ret("read 0 buf:8 8") == 0
