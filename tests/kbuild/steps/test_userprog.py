"""The slides' user program and its library: what they print is what the C program prints with glibc."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from platform import machine

import pytest

from kshell import assembler
from kshell.abi.errno import strerror
from kshell.abi.object_file import read_object
from kshell.assembler import available
from kshell.assembler.problems import AsmError, KeystoneMissing
from kshell.kbuild.steps import userprog
from kshell.kbuild.steps.userprog import USER, build_program, digest, shipped_sources
from kshell.shell.programs.program_files import from_file
from tests.kbuild.user_lab import NUMBERS, ORACLE, compiled, native, needs_gcc, quoted_c, run
from tests.shell.lab import Lab

needs_assembler = pytest.mark.skipif(not available(), reason="Keystone has no wheel for this machine")
SHIPPED = os.path.join(USER, "test_call_user")
ANSWERS = [0, 5, -1, -38, -133, -41, -4095, -4096, -5000, 1 << 31, (1 << 32) + 5, -(1 << 40), (1 << 63) - 1]

# A handler that answers what it is told, whatever it is given.
MODULE = """
from kshell.linux import MODULE_LICENSE, Kernel, Long, Stub, extern, module_init

MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")


def my_test_call(k: Kernel, test: int) -> Long:
    return {answer}


def hello_init(k: Kernel) -> int:
    k[STUB_test_call] = my_test_call
    return 0


module_init(hello_init)
"""


@pytest.fixture(scope="module")
def course() -> Lab:
    return Lab()


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("slides"), ORACLE + quoted_c())


# The program.


@needs_assembler
def test_the_shipped_program_is_what_its_sources_assemble_to() -> None:
    assert Path(SHIPPED).read_bytes() == build_program(shipped_sources()), "run: python -m kshell.kbuild.steps.userprog"


def test_the_c_lines_that_the_program_quotes_are_the_whole_program() -> None:
    quoted = quoted_c()
    assert quoted.count("{") == quoted.count("}") == 3
    for part in ("argc != 2", "return -1;", "atoi(argv[1])", "syscall(__NR_TEST_CALL, test)", "perror(", "return 0;"):
        assert part in quoted


@pytest.mark.parametrize("args", [[], ["1", "2"], ["", "", ""]])
def test_a_wrong_number_of_arguments_is_said_and_ends_with_255(course: Lab, args: list[str]) -> None:
    written, result = run(course, from_file(SHIPPED), args)
    assert written == b"wrong number of args\n"
    assert result["exit_status"] == 255
    assert [call["name"] for call in result["calls"]] == ["write", "exit_group"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("loaded", [False, True])
def test_on_the_course_kernel_it_reports_what_the_module_answers(number: str, loaded: bool) -> None:
    lab = Lab()
    if loaded:
        lab.result("modprobe syscallModule")
    written, result = run(lab, from_file(SHIPPED), [number])
    call = result["calls"][0]
    assert (call["nr"], result["exit_status"]) == (335, 0)
    ret = call["ret"]
    if not loaded:
        assert ret == -38
        assert written == b"system call error: Function not implemented\nReturned value: -1\n"
        assert [call["args"][0] for call in result["calls"] if call["name"] == "write"] == [2, 1]
    elif ret < -4095:  # no error, and yet below 0: the program reads an errno that nobody has set
        assert written == f"system call error: Success\nReturned value: {ret}\n".encode()
    elif ret < 0:
        assert written == f"system call error: {strerror(-ret)}\nReturned value: -1\n".encode()
    else:
        assert written == f"Function successful. passed in: {ret},\nReturned value: {ret}\n".encode()


@needs_gcc
@pytest.mark.parametrize("args", [[], ["5", "6"], *([number] for number in NUMBERS)])
@pytest.mark.parametrize("answer", [5, -38])
def test_it_prints_what_the_c_program_prints(slides: Path, args: list[str], answer: int, tmp_path: Path) -> None:
    lab = Lab()
    (tmp_path / "answer.py").write_text(MODULE.format(answer=answer))
    assert lab.result(f"insmod '{tmp_path}/answer.py'").error is None
    written, result = run(lab, from_file(SHIPPED), args)
    assert (written, result["exit_status"]) == native(slides, args, answer)


@needs_gcc
@pytest.mark.parametrize("answer", ANSWERS)
def test_it_makes_of_every_answer_what_the_c_program_makes_of_it(slides: Path, answer: int, tmp_path: Path) -> None:
    lab = Lab()
    (tmp_path / "answer.py").write_text(MODULE.format(answer=answer))
    assert lab.result(f"insmod '{tmp_path}/answer.py'").error is None
    written, result = run(lab, from_file(SHIPPED), ["5"])
    assert result["calls"][0]["ret"] == answer
    assert (written, result["exit_status"]) == native(slides, ["5"], answer)


@needs_gcc
@pytest.mark.skipif(machine() != "x86_64", reason="the sources are for x86-64")
def test_the_sources_are_the_gnu_assemblers_too_and_run_on_the_real_cpu(tmp_path: Path) -> None:
    unused = "480"  # on this machine's kernel 335 may be a call that kills
    paths = []
    for name, text in shipped_sources():
        (tmp_path / name).write_text(text.replace("__NR_TEST_CALL, 335", f"__NR_TEST_CALL, {unused}"))
        paths.append(str(tmp_path / name))
    subprocess.run(["gcc", "-nostdlib", "-static", "-o", str(tmp_path / "ours"), *paths], check=True)
    slides = ORACLE.replace("#define syscall fake_syscall", "") + quoted_c().replace("335", unused)
    theirs = compiled(tmp_path, slides)
    for args in ([], ["5"], ["-7"], ["1", "2"]):
        assert native(tmp_path / "ours", args) == native(theirs, args)


def test_on_4_19_the_number_is_free() -> None:
    written, result = run(Lab("4.19"), from_file(SHIPPED), ["5"])
    assert written == b"system call error: Function not implemented\nReturned value: -1\n"
    assert (result["calls"][0]["ret"], result["exit_status"]) == (-38, 0)


def test_on_6_19_the_number_is_uretprobe_and_the_program_dies_in_the_library() -> None:
    lab = Lab("6.19")
    written, result = run(lab, from_file(SHIPPED), ["5"])
    assert written == b""
    assert result["signal"]["name"] == "SIGILL"
    assert re.search(r"at: 0x\w+  .*libc\.s:\d+, in syscall\)", lab.text(f"run {SHIPPED} 5"))


# Building.


@needs_assembler
def test_a_mistake_names_the_file_and_the_line_it_is_in() -> None:
    sources = [
        ("user/a.s", "\t.globl main\nmain: call f\n"),
        ("user/b.s", ".globl f\nf: mov rax, ebx\n call g\n ret\n"),
    ]
    with pytest.raises(AsmError) as caught:
        build_program(sources)
    assert [(p.filename, p.line) for p in caught.value.problems] == [("user/b.s", 2), ("user/b.s", 3)]
    with pytest.raises(AsmError) as caught:
        build_program([sources[0], (sources[1][0], sources[1][1].replace(" call g\n", ""))])
    assert [(p.filename, p.line, p.text) for p in caught.value.problems] == [("user/b.s", 2, "f: mov rax, ebx")]


@needs_assembler
def test_the_file_says_where_every_instruction_comes_from_and_keeps_local_labels_to_itself() -> None:
    _, payload = read_object(build_program(shipped_sources()), "x")
    assert {file for file, _ in payload["lines"].values()} == set(userprog.SOURCES)
    assert payload["entry"] == payload["symbols"]["_start"]
    assert not [name for name in payload["symbols"] if name.startswith(".L")]
    assert payload["sources"] == {name: digest(text) for name, text in shipped_sources()}
    for name, text in shipped_sources():
        lines = text.split("\n")
        found = sorted(line for file, line in payload["lines"].values() if file == name)
        assert all(re.match(r"(?:[.\w]+:)?\s+[a-z]", lines[line - 1]) for line in found)


def test_without_an_assembler_the_shipped_sources_are_answered_with_the_shipped_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise KeystoneMissing

    monkeypatch.setattr(assembler, "_engine", missing)
    sources = shipped_sources()
    in_folder = [("tree/user/" + name, text.replace("\n", "\r\n")) for name, text in sources]
    assert build_program(in_folder) == Path(SHIPPED).read_bytes()
    with pytest.raises(KeystoneMissing):
        build_program([*sources[:2], (sources[2][0], sources[2][1] + "\n")])
    with pytest.raises(KeystoneMissing):
        build_program(sources[:2])
