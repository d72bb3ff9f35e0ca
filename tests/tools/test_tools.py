"""A small seeded form of each attack tool, and what they may know of kshell."""

from __future__ import annotations

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent
PTY = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals, no fork")


def run(scratch: Path, tool: str, *args: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in a process of its own, away from the checkout."""
    return subprocess.run(
        [sys.executable, TOOLS / f"{tool}.py", *map(str, args)],
        env={**os.environ, "FUZZ_SCRATCH": str(scratch), "PYTHONUTF8": "1", **env},
        cwd=scratch,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=300,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The figures of a tool that found nothing."""
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout.splitlines()[-1]


@PTY
def test_random_programs_stay_in_ring_3(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_code", 120, 60, 1, 1))
    assert re.fullmatch(r"fuzz_code: 120 programs in \d+ s, 0 failures", figures)


@PTY
def test_random_programs_with_handlers_stay_in_ring_3(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_handlers", 60, 60, 1, 1))
    assert re.fullmatch(r"fuzz_handlers: 60 programs in \d+ s, 0 failures", figures)


def test_nothing_that_runs_in_ring_0_ends_the_shell(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_ring0", 300, 240, 1, 2))
    assert re.fullmatch(r"fuzz_ring0: 300 programs in \d+ s, 0 failures", figures)


@PTY
def test_no_module_reaches_the_host(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_modules", 50, 120, 1, 1))
    assert re.fullmatch(r"fuzz_modules: 50 modules in \d+ s, 0 failures", figures)


@PTY
def test_random_calls_leave_the_kernel_as_it_was(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_calls", 250, 60, 1, 1))
    assert re.fullmatch(r"fuzz_calls: 250 calls in \d+ s, 0 failures", figures)


@PTY
def test_random_registers_by_int_0x80_leave_the_kernel_as_it_was(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_int80", 60, 60, 1, 1))
    assert re.fullmatch(r"fuzz_int80: 60 programs in \d+ s, 0 failures", figures)


@PTY
def test_instructions_that_reach_for_the_gdt_do_not_write_it(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_gdt", 50, 1))
    assert figures == "fuzz_gdt: 50 instructions, 0 suspicious {}"


@PTY
def test_iretd_does_not_get_into_virtual_8086_mode(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_vm86", 50, 60, 1, 1))
    assert re.fullmatch(r"fuzz_vm86: 50 programs in \d+ s, 0 failures", figures)


@PTY
def test_a_worker_that_crashes_ends_neither_the_tool_nor_its_count(tmp_path: Path) -> None:
    text = """
import os, signal, sys
sys.path.insert(0, {tools!r})
from workers import attack

def child(numbers, tell, report):
    for number in numbers:
        tell(number)
        if number == 3:
            os.kill(os.getpid(), signal.SIGSEGV)
        if number == 5:
            report("five is odd")

sys.exit(attack("broken", "numbers", 4, child, lambda number: f"number {{number}}"))
"""
    script = tmp_path / "broken.py"
    script.write_text(text.format(tools=str(TOOLS)))
    done = subprocess.run([sys.executable, script, "8", "60", "1", "1"], capture_output=True, text=True)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith("    ")][:-1] == [
        "CRASH status 0xb at 3: number 3",
        "five is odd",
    ]
    assert re.fullmatch(r"broken: 8 numbers in \d+ s, 2 failures", lines[-1])


def test_random_lines_find_no_internal_error(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_lines", 260, 60, 1))
    assert re.fullmatch(r"fuzz_lines: 260 lines \(\d+ tables\) in \d+ s, 0 failures", figures)


@PTY
def test_the_prompt_survives_odd_scenarios(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_repl", "paste_unclosed", "eofs"))
    assert figures == "fuzz_repl: 2 scenarios, 0 failures []"


@PTY
def test_a_scenario_that_there_is_not_is_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path, "fuzz_repl", "nosuch")
    assert done.returncode == 2
    assert "no scenario nosuch" in done.stdout


@PTY
def test_ctrl_c_brings_the_prompt_back(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_ctrlc", 3, 191, "loop", "fault", "prompt"))
    assert figures.startswith("fuzz_ctrlc: 3 presses")
    assert figures.endswith(" 0 failures []")


@PTY
def test_several_presses_of_ctrl_c_neither_end_nor_silence_the_prompt(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_doublec", 5, 3))
    assert figures == "fuzz_doublec: 5 trials, 0 tracebacks, 0 sessions died, 0 without getpid"


@PTY
def test_a_lesson_survives_kill_9(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fuzz_lessons", 6, 3, 6, 11))
    assert re.fullmatch(r"fuzz_lessons: 6 moments, [1-9]\d* lines, \d lessons ended, 0 failures", figures)


def native() -> str:
    """Why there is no Linux to compare with, "" if there is one."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "needs Linux on x86-64"
    if os.geteuid() != 0:
        return "needs root, for a root directory of its own"
    if shutil.which("gcc") is None:
        return "needs gcc"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    return "" if done.returncode == 0 else "needs mount namespaces"


NATIVE = native()


@pytest.mark.skipif(bool(NATIVE), reason=NATIVE)
@pytest.mark.parametrize("uid", [0, 1000])
def test_call_sequences_end_as_on_linux(tmp_path: Path, uid: int) -> None:
    figures = last_line(run(tmp_path, "fidelity", "--seed", 4, "--count", 4, "--uid", uid, "--shrink", 0))
    assert re.fullmatch(r"4 sequences, \d+ calls, 0 distinct mismatches", figures)


@pytest.mark.skipif(bool(NATIVE), reason=NATIVE)
def test_faults_end_as_on_linux(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fidelity", "--seed", 5, "--count", 10, "--faults"))
    assert re.fullmatch(r"\d+ sequences, \d+ calls, 0 distinct mismatches", figures)


@pytest.mark.skipif(bool(NATIVE), reason=NATIVE)
def test_faults_reach_a_handler_as_on_linux(tmp_path: Path) -> None:
    figures = last_line(run(tmp_path, "fidelity", "--seed", 5, "--count", 15, "--signals"))
    assert re.fullmatch(r"\d+ sequences, [1-9]\d* caught, 0 distinct mismatches", figures)


@pytest.mark.skipif(bool(NATIVE), reason=NATIVE)
@pytest.mark.parametrize("kernel", ["4.19", "6.19"])
def test_signal_calls_and_what_handlers_see_are_as_on_linux(tmp_path: Path, kernel: str) -> None:
    figures = last_line(run(tmp_path, "fidelity", "--seed", 6, "--count", 12, "--signal-calls", "--kernel", kernel))
    assert re.fullmatch(r"12 sequences, \d+ calls, 0 distinct mismatches", figures)


@pytest.mark.parametrize("tool", sorted(path.name for path in TOOLS.glob("*.py")))
def test_a_tool_knows_nothing_of_kshell_but_its_public_face(tool: str) -> None:
    names = set()
    for node in ast.walk(ast.parse((TOOLS / tool).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    assert {name for name in names if name.split(".")[0] == "kshell"} <= {"kshell.api"}
