"""Commands are taken back and done again: every part of the machine is as it was."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.shell.lab import Lab
from tests.shell.replay.whole_state import differences, machine, session

LOOPER = """from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
counter = Param("counter", 0)
module_param(counter, "int", 0o644)
forever = Param("forever", 0)
module_param(forever, "int", 0o644)
def handler(k: Kernel, n: int) -> Long:
    k.printk(KERN_INFO, f"looping from {n}")
    while n:
        k.write(counter, k.read(counter) + 1)
    return 0
def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
    while k.read(forever):
        k.write(counter, k.read(counter) + 1)
    return 0
def stop(k: Kernel) -> None:
    k[STUB_test_call] = NULL
module_init(start)
module_exit(stop)
"""
EXIT_3 = "run --hex b83c000000bf030000000f05"
READ = "bf00000000488d742480ba40000000b8000000000f05"  # read(0, rsp - 128, 64)
SHOW = "89c2bf01000000488d742480b8010000000f05"
SCRIPTS = {
    "modules, and what holds them": [
        "modprobe syscallModule",
        "syscall test_call 42",
        "rmmod syscallModule",
        "syscall test_call 1",
        "modprobe guest",
        "modprobe -r guest",
        "modprobe params level=3",
        "echo 4 > /sys/module/params/parameters/level",
    ],
    "descriptors and files": [
        'syscall open "/tmp/f" O_RDWR|O_CREAT 0644',
        'syscall write 3 "hello" 5',
        "syscall dup 3",
        "syscall close 3",
        "echo -n more >> /tmp/f",
        "syscall pipe buf:8",
        'syscall mkdir "/tmp/d" 0755',
        'syscall chdir "/tmp/d"',
        'syscall unlink "/tmp/f"',
    ],
    "memory": [
        "syscall mmap NULL 8192 PROT_READ|PROT_WRITE MAP_PRIVATE|MAP_ANONYMOUS -1 0",
        "syscall getcwd buf:64 64",
        "x/2gx 0x402000",
        "syscall brk 0",
        "syscall getrandom buf:16 16 0",
        "syscall munmap 0x401000 4096",
        "syscall write 1 0x7fff0000 10",
    ],
    "programs": [EXIT_3, "run --hex 0f0b", 'asm "mov eax, 39; syscall; mov edi, eax; mov eax, 60; syscall"', "run"],
    "an oops, and a dead task": [
        "modprobe crash",
        "syscall test_call 1",
        "dmesg -C",
        "cat /proc/self/status",
        "modprobe dangling",
        "rmmod dangling",
        "syscall test_call 2",
        "syscall getpid",
    ],
    "a call that sleeps": [
        "modprobe sleepy",
        "syscall --during 'lsmod' test_call 1",
        "syscall --during 'rmmod sleepy' test_call 1",
        "modprobe sleepy hold=1",
        "syscall --during 'rmmod sleepy' test_call 1",
        "trace syscall --during 'dmesg -C' test_call 3",
    ],
    "traced, counted, failed": [
        "trace syscall getpid",
        "trace on",
        "trace modprobe hello",
        'syscall --stat open "/nothing" O_RDONLY',
        "libc off",
        'syscall open "/etc/nothing" O_RDONLY',
        "trace run --hex b8270000000f05b83c0000000f05",
        "syscall 400 1 2",
        "nosuchcommand",
        "trace off",
    ],
    "other machines": ["boot 6.19 uid=1000", "syscall getuid", "boot", "modprobe hello", "boot course nosmap", "lsmod"],
    "a table that is written": ["modprobe hijack", "syscall getpid", "rmmod hijack", "syscall getpid"],
}


class Way:
    """A session, and the state that there was after each of its commands."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.states = [self.now()]

    def now(self) -> tuple[dict[str, object], dict[str, object]]:
        return machine(self.lab.session.kernel), session(self.lab.session)

    def do(self, line: str) -> None:
        self.lab.result(line)
        self.states.append(self.now())

    def is_at(self, number: int) -> None:
        for then, now in zip(self.states[number], self.now(), strict=True):
            assert differences(then, now) == [], f"after command {number}"

    def check(self, numbers: Sequence[int]) -> None:
        """Go to each place."""
        for number in numbers:
            assert self.lab.json(f"goto {number}")["at"] == number
            self.is_at(number)


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_state_comes_back_and_is_left_again(name: str) -> None:
    lab, script = Lab(), SCRIPTS[name]
    way = Way(lab)
    for line in script:
        way.do(line)
    last = len(script)
    way.check([last, *range(last - 2, 0, -2), last, last - 1, 0, *range(1, last + 1, 2)])


def test_the_state_is_that_of_a_machine_that_never_went_further() -> None:
    script = [*SCRIPTS["modules, and what holds them"], *SCRIPTS["descriptors and files"], *SCRIPTS["programs"]]
    far = Lab()
    for line in script:
        far.result(line)
    for number in range(0, len(script), 6):
        near = Lab()
        for line in script[:number]:
            near.result(line)
        far.json(f"goto {number}")
        assert not differences(machine(near.session.kernel), machine(far.session.kernel))
        assert not differences(session(near.session), session(far.session))


def test_a_file_that_changed_or_went_is_what_it_was_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    way, source = Way(Lab()), tmp_path / "m.py"
    way.lab.result("module copy syscallModule m.py")
    way = Way(way.lab)
    for line in ("insmod m.py", "syscall test_call 7", "rmmod m"):
        way.do(line)
    source.write_text(source.read_text(encoding="utf-8").replace("return test_int", "return test_int + 1"), "utf-8")
    for line in ("insmod m.py", "syscall test_call 7"):
        way.do(line)
    source.unlink()
    (tmp_path / "lab.ks").write_text("syscall getpid\nsyscall nosuch\nsyscall getuid\n", "utf-8")
    way.lab.result("source lab.ks")
    (tmp_path / "lab.ks").unlink()
    assert [step.text.split()[1] for step in way.lab.session.journal.steps[-3:]] == ["getpid", "nosuch", "getuid"]
    for number in (6, 3, 5, 2, 4):
        way.lab.json(f"goto {number}")
        way.is_at(number - 1)


def test_what_a_person_typed_for_a_program_is_typed_again() -> None:
    lines = [b"abc\n", b"de\n", b""]
    way = Way(Lab(read_input=lambda: lines.pop(0)))
    way.do(f"run --hex {READ}{SHOW}{READ}{SHOW}b83c0000000f05")
    way.do("syscall read 0 buf:8 8")
    assert not lines
    way.check([1, 0, 2, 1, 2])


def ctrl_c(lab: Lab, seconds: float) -> None:
    """Press Ctrl-C so long after the CPU has begun to run."""
    cpu = lab.session.kernel.cpu  # asked for here: it boots when it is first asked for

    def press() -> None:
        while not cpu.running:
            time.sleep(0.002)
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()


on_the_main_thread = pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")


@on_the_main_thread
@pytest.mark.parametrize(
    "line",
    [
        "run --hex ebfe",
        "run --hex 48ffc04889442480ebf6",  # counts, and writes it down
        "run --hex b8270000000f0548ffc3535bebf2",  # with a call in the loop
        "syscall test_call 1",
        "insmod loop.py forever=1",  # in its init function
    ],
)
def test_a_loop_that_ctrl_c_ended_comes_back_just_so(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.py").write_text(LOOPER, "utf-8")
    way = Way(Lab(interactive=True))
    way.do("insmod loop.py" if line.startswith("syscall") else "modprobe hello")
    ctrl_c(way.lab, 0.05)
    way.do(line)
    for each in ("syscall getpid", "cat /sys/module/loop/parameters/counter", EXIT_3):
        way.do(each)
    way.check([2, 1, 5, 2])


@on_the_main_thread
def test_ctrl_c_while_a_program_reads_the_terminal_comes_back_just_so() -> None:
    way = Way(Lab(interactive=True))

    def pressed() -> bytes:
        os.kill(os.getpid(), signal.SIGINT)
        while not way.lab.session.kernel.cpu.ctrl_c.pressed:
            pass
        return b""

    way.lab.session.read_input = pressed
    way.do(f"run --hex {READ}{SHOW}ebfe")
    way.do("syscall read 0 buf:8 8")
    way.do("syscall getpid")
    assert [step.changes for step in way.lab.session.journal.steps] == [True] * 3
    way.check([1, 2, 0, 3, 1])


def test_what_a_budget_ended_comes_back_just_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kshell.shell.state.context.BUDGET", 100_000)
    (tmp_path / "loop.py").write_text(LOOPER, "utf-8")
    way = Way(Lab())
    for line in (
        "insmod loop.py",
        "run --hex 48ffc04889442480ebf6",
        "run --hex b8270000000f0548ffc3535bebf2",
        "syscall test_call 1",
        "syscall getpid",
    ):
        way.do(line)
    way.check([4, 1, 3])
