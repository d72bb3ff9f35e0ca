"""Every fault in ring 3, compared with what the Linux underneath does with the same bytes."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment
from tests.kernel.fault_cases import CASES, DATA, EPILOGUE, NONE, PROLOGUE, STACK, TEXT
from tests.kernel.lab import in_child

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64" or not shutil.which("gcc"),
    reason="the oracle is a C program for Linux on x86-64, compiled by gcc",
)
PAGE = 4096
PER_CHILD = 20  # cases: what kills the process is named with its neighbours
# rip is not compared: the emulator has gone to the target already when it finds that it is none, and a virtual
# machine reports int1 as a fault where the manual says trap.
OTHER_RIP = {"non-canonical jump", "non-canonical call", "non-canonical ret", "int1"}
OTHER_ADDRESS = {
    "int1",  # it is rip
    # Which of its words a far return reads first is each CPU's own matter; here it is the lowest, as in Intel's manual.
    *("iretq off the end of the stack", "iretq from the kernel", "iretd from the kernel"),
    "far return out of kernel memory",
}


def c_header() -> str:
    """All cases as assembly for gcc, and where each begins."""
    lines = [".section .rodata", ".intel_syntax noprefix"]
    for number, case in enumerate(CASES.values()):
        lines += [f"case_{number}:", *PROLOGUE.split(";"), *case.split(";"), *EPILOGUE.split(";")]
    lines += [f"case_{len(CASES)}:", ".att_syntax", ".text"]
    labels = [f"case_{number}" for number in range(len(CASES) + 1)]
    parts = ["asm(", *(f'"{line.strip()}\\n"' for line in lines), ");"]
    parts += [f"extern const unsigned char {label}[];" for label in labels]
    parts += [f"static const unsigned char *starts[] = {{ {', '.join(labels)} }};", f"#define CASES {len(CASES)}"]
    parts += [f"#define {n} {a:#x}UL" for n, a in (("TEXT", TEXT), ("DATA", DATA), ("NONE", NONE), ("STACK", STACK))]
    return "\n".join(parts) + "\n"


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, str]]:
    """name -> (machine code, how it ended natively)."""
    directory = tmp_path_factory.mktemp("faults")
    (directory / "cases.h").write_text(c_header())
    source = Path(__file__).parents[1] / "native_faults.c"
    program = directory / "native_faults"
    command = ["gcc", "-O1", "-w", f"-I{directory}", "-o", str(program), str(source)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    output = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    results = {}
    for name, line in zip(CASES, output.splitlines(), strict=True):
        _, code, ending = line.split(" ", 2)
        results[name] = bytes.fromhex(code), ending
    return results


def kernel_for(name: str) -> Kernel:
    """A kernel whose vsyscall page is as the one underneath has it, for the cases about that."""
    if not name.startswith("vsyscall"):
        return boot("course")
    maps = Path("/proc/self/maps").read_text()
    mode = next((mode for mark, mode in (("--xp", "xonly"), ("r-xp", "emulate")) if f"601000 {mark}" in maps), "none")
    return boot("6.19", f"vsyscall={mode}")


def ours(k: Kernel, code: bytes) -> str:
    segments = [
        Segment(TEXT, code, 2 * PAGE, "r-x"),
        Segment(DATA, b"", PAGE, "rw-"),
        Segment(NONE, b"", PAGE, "---"),
        Segment(STACK, b"", PAGE, "rw-"),
    ]
    outcome = run_program(k, load_program(k, segments, TEXT, "prog", ["prog"]), 200_000)
    if outcome.signal is None:
        return f"exit {outcome.status}" if outcome.kind == "exited" else outcome.kind
    signal = outcome.signal
    return f"{signal.signo} {signal.code} {signal.address or 0:#x} {signal.ip:#x}"


def comparable(name: str, ending: str) -> list[str]:
    words = ending.split()
    if name in OTHER_RIP:
        words = words[:3]
    return words[:2] if name in OTHER_ADDRESS else words


def test_each_fault_is_the_signal_the_code_and_the_address_that_linux_gives(
    native: dict[str, tuple[bytes, str]],
) -> None:
    cases, differences = list(native.items()), []
    for start in range(0, len(cases), PER_CHILD):
        some = cases[start : start + PER_CHILD]
        report = in_child(lambda some=some: "\n".join(ours(kernel_for(name), code) for name, (code, _) in some))  # type: ignore[misc]
        got = report.split("\n")
        assert len(got) == len(some), f"{report}, and it was to run {[name for name, _ in some]}"
        for (name, (_, ending)), mine in zip(some, got, strict=True):
            if comparable(name, mine) != comparable(name, ending):
                differences.append(f"{name}: Linux {ending}, here {mine}")
    assert not differences, "\n".join(differences)


def test_the_faults_one_after_the_other_on_one_kernel_end_alike_too(native: dict[str, tuple[bytes, str]]) -> None:
    k = boot("course")
    frames = k.ram.frames_used
    for name, (code, ending) in native.items():
        if name.startswith("vsyscall"):  # of another release
            continue
        assert comparable(name, ours(k, code)) == comparable(name, ending), name
    assert k.ram.frames_used == frames
