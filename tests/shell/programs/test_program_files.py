"""Programs as bytes and as source: what is read, and what is said of mistakes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from kshell import assembler
from kshell.abi.elf import ElfObject
from kshell.abi.elf_writer import write_elf
from kshell.abi.object_file import write_object
from kshell.assembler import available
from kshell.assembler.problems import KeystoneMissing
from kshell.kbuild.steps.userprog import SOURCES, USER
from tests.shell.lab import Lab

needs_assembler = pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")
EXIT_7 = "b83c000000bf070000000f05"


@pytest.mark.parametrize(
    ("code", "at"), [("cc 90", "0x401000  int3"), ("cd03", "0x401000  int 3"), ("90 cd 04", "0x401001  int 4")]
)
def test_a_trap_names_the_instruction_that_made_it(shared: Lab, code: str, at: str) -> None:
    assert f"  at: {at}\n" in shared.text(f"run --hex {code}") + "\n"


def test_bytes_may_be_typed_with_blanks_between_them(shared: Lab) -> None:
    spaced = " ".join(EXIT_7[at : at + 2] for at in range(0, len(EXIT_7), 2))
    assert shared.json(f"run --hex {spaced}")["exit_status"] == 7
    error = shared.error(f"run --hex {spaced} x")
    assert "not hexadecimal" in error["what"]


def test_bytes_in_one_word_may_be_followed_by_arguments(shared: Lab) -> None:
    argc = "8b3c24 b83c000000 0f05"  # mov edi, [rsp]; mov eax, 60; syscall
    assert shared.json(f'run --hex "{argc}" 10 20')["exit_status"] == 3


@needs_assembler
def test_every_mistake_of_a_source_has_its_own_because_and_try(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "bad.s").write_text("mvo eax, 60\nnop\nlea rsi, [rip + gone]\npush eax\n")
    result = lab.result("run bad.s")
    lines = result.view.text().split("\n")
    heads = [line.removeprefix("run: ") for line in lines if "bad.s:" in line]
    assert [head.split(":")[1] for head in heads] == ["1", "3", "4"]
    tries = [line.removeprefix("  try: ") for line in lines if line.startswith("  try: ")]
    assert [tries[0], tries[2]] == ["mov eax, 60", "push rax"]
    assert sum(line.startswith("  because: ") for line in lines) == 3
    assert lines[-1] == "3 mistakes"
    assert result.error is not None
    assert result.error["try"] == "mov eax, 60"


@needs_assembler
def test_what_is_suggested_for_a_mistake_assembles(lab: Lab) -> None:
    for wrong in ("mov rax, ebx", "push eax", "mov 5, eax", "mov [rax], 1", "mov eax 60", "mov eax, $60", "syscal"):
        assert lab.json(f"asm --list '{lab.error(f'asm --list {chr(39)}{wrong}{chr(39)}')['try']}'")["rows"], wrong


# What make has built.

PROGRAM: dict[str, Any] = {
    "entry": 0x401000,
    "segments": [[0x401000, EXIT_7, 12, "r-x"]],
    "symbols": {"_start": 0x401000},
    "lines": {"4198400": ["p.s", 2]},
    "sources": {},
}


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A folder `user` as a tree has it."""
    shutil.copytree(USER, tmp_path / "user")
    return tmp_path / "user"


def test_a_built_program_is_known_by_its_first_line_whatever_its_name(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "p.bin").write_bytes(write_object("program", PROGRAM))
    assert lab.json("run p.bin")["exit_status"] == 7


def test_a_fault_in_a_built_program_names_the_file_the_line_and_the_label(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    changed = PROGRAM | {"segments": [[0x401000, "f4", 1, "r-x"]]}
    (tmp_path / "there" / "p").write_bytes(write_object("program", changed))
    file = os.path.join("there", "p.s")
    assert f"  at: 0x401000  hlt   ({file}:2, in _start)" in lab.text("run there/p").split("\n")


def test_the_slides_program_runs_without_an_assembler(lab: Lab, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise KeystoneMissing

    monkeypatch.setattr(assembler, "_engine", missing)
    lab.result("modprobe syscallModule")
    for file in ("test_call_user", "test_call_user.s"):
        result = lab.result(f"run user/{file} 5")
        assert result.json()["result"]["calls"][0]["ret"] == 5
        assert not result.notes
    (user / "libc.s").write_text("")
    assert "no assembler here" in lab.error("run user/test_call_user.s 5")["what"]


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_was_changed_after_the_build_is_noted(lab: Lab, user: Path, name: str) -> None:
    lab.json("modprobe syscallModule")
    assert lab.result("run user/test_call_user 5").notes == []
    text = (user / name).read_text()
    (user / name).write_bytes(text.replace("\n", "\r\n").encode())  # only the line ends: no change
    assert lab.result("run user/test_call_user 5").notes == []
    (user / name).write_text(text + "# more\n")
    result = lab.result("run user/test_call_user 5")
    assert result.notes == [f"{name} has changed since test_call_user was assembled: make -C user"]
    assert result.error is None
    (user / name).unlink()
    assert lab.result("run user/test_call_user 5").notes == []


@needs_assembler
def test_a_source_with_a_main_is_assembled_with_the_library_beside_it(lab: Lab, user: Path) -> None:
    (user / "mine.s").write_text('.globl main\n.text\nmain: lea rdi, [rip + t]\n jmp puts\nt: .asciz "hello"\n')
    result = lab.json("run user/mine.s")
    assert [call["name"] for call in result["calls"]] == ["write", "exit_group"]
    (user / "mine.s").write_text(".globl main\n.text\nmain: call putz\n ret\n")
    error = lab.error("run user/mine.s")
    assert f"{os.path.join('user', 'mine.s')}:3:" in error["what"]
    assert error["try"] == "did you mean `puts`?"
    (user / "stdio.s").write_text("main: ret\n.globl main\nbad\n")
    assert "stdio.s:" in lab.text("run user/mine.s")


@needs_assembler
def test_a_source_with_a_start_of_its_own_stays_alone(lab: Lab, user: Path) -> None:
    (user / "mine.s").write_text(".globl _start, main\n_start: main: mov eax, 60\n mov edi, 9\n syscall\n")
    assert lab.json("run user/mine.s")["exit_status"] == 9


@pytest.mark.made_up
@pytest.mark.parametrize(
    ("name", "data", "because", "try_"),
    [
        ("p.ko", write_elf(ElfObject([], [])), "it is a kernel module", "insmod p.ko"),
        ("p", write_object("vmlinux", {}), "it is a kernel", "boot ."),
        ("p.o", write_elf(ElfObject([], [])), "not linked", "make -C ."),
    ],
)
def test_other_things_that_make_builds_are_not_run(
    lab: Lab, tmp_path: Path, name: str, data: bytes, because: str, try_: str
) -> None:
    (tmp_path / name).write_bytes(data)
    error = lab.error(f"run {name}")
    assert error["what"] == f"run: {name}: cannot execute binary file: Exec format error"
    assert because in error["because"]
    assert error["try"].startswith(try_)


@pytest.mark.made_up
@pytest.mark.parametrize(
    "change",
    [
        {"segments": None},
        {"segments": [[0x401000, "zz", 1, "r-x"]]},
        {"segments": [[0x401000, "90", 0, "r-x"]]},
        {"segments": [[0x401000, "90", 1, "rwz"]]},
        {"segments": [[-4096, "90", 1, "r-x"]]},
        {"segments": [["a", "90", 1, "r-x"]]},
        {"segments": [[0x401000, "90"]]},
        {"entry": "start"},
        {"entry": None},
        {"lines": {"x": ["p.s", 1]}},
        {"lines": {"1": "p.s"}},
        {"lines": {"1": [5, 1]}},
        {"symbols": {"_start": "here"}},
        {"symbols": []},
        {"sources": []},
        {"sources": None},
    ],
    ids=str,
)
def test_a_damaged_program_is_refused_in_words(lab: Lab, tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "p").write_bytes(write_object("program", PROGRAM | change))
    error = lab.error("run p")
    assert error["what"] == "run: p: Exec format error"
    assert error["try"] == "make -C ."


@pytest.mark.made_up
def test_a_program_of_another_format_or_cut_off_is_refused(lab: Lab, tmp_path: Path) -> None:
    data = write_object("program", PROGRAM)
    for name, bad in (("cut", data[:-40]), ("later", data.replace(b"object 1", b"object 2", 1))):
        (tmp_path / name).write_bytes(bad)
        error = lab.error(f"run {name}")
        assert error["what"].startswith(f"run: {name}: file ")
        assert error["because"]


def test_a_program_whose_parts_have_no_place_is_refused(lab: Lab, tmp_path: Path) -> None:
    for address, size in ((1 << 62, 1), (0x401000, 1 << 60), (1 << 70, 1)):
        changed = PROGRAM | {"segments": [[address, "90", size, "r-x"]]}
        (tmp_path / "p").write_bytes(write_object("program", changed))
        assert lab.error("run p")["because"]
