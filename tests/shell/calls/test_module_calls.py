"""Modules that are loaded and unloaded by a system call that is typed: what is shown, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.module.struct_module import LIVE
from tests.kernel.module.images import image
from tests.shell.lab import Lab
from tests.shell.replay.test_again import Way

HELLO = image('k.printk(KERN_INFO, "hello")\n    return 0', 'k.printk(KERN_INFO, "bye")', ko=True)
LOAD = f'syscall init_module file:m.ko {len(HELLO)} ""'
FILE = (
    'syscall open "/tmp/m.ko" O_CREAT|O_WRONLY 0600',
    f"syscall write 3 file:m.ko {len(HELLO)}",
    "syscall close 3",
    'syscall open "/tmp/m.ko" O_RDONLY',
    'syscall finit_module 3 "" 0',
)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.chdir(tmp_path)
    Path("m.ko").write_bytes(HELLO)
    return Lab()


def test_the_length_of_a_file_is_in_the_advice(lab: Lab) -> None:
    assert lab.error("syscall init_module file:m.ko")["try"] == f"{LOAD}  (--raw makes the call all the same)"
    assert lab.ret(LOAD.removeprefix("syscall ")) == 0


@pytest.mark.parametrize("name", ["", "none.ko", "."])
def test_a_file_that_is_not_there_is_no_argument(lab: Lab, name: str) -> None:
    assert "argument 1" in lab.error(f"syscall init_module file:{name} 64 NULL")["what"]


def test_an_empty_file_is_no_buffer(lab: Lab) -> None:
    Path("empty").touch()
    assert lab.error("syscall write 1 file:empty 0")["because"].startswith("a buffer has 1 to 1048576 bytes")


def test_why_a_module_is_refused_stands_beside_the_page(lab: Lab) -> None:
    lab.result(LOAD)
    again = lab.json(LOAD)
    assert again["calls"][0]["errno"] == "EEXIST"
    assert again["because"].endswith("\na module called m is loaded already, from memory")
    assert again["try"].startswith("lsmod")
    none = lab.json('syscall delete_module "nope" 0')
    assert none["because"].endswith("\nthe loaded modules are: m")


def test_a_trace_shows_what_init_and_exit_call(lab: Lab) -> None:
    for line, first, said in ((LOAD, "start", "hello"), ('syscall delete_module "m" 0', "stop", "bye")):
        hops = [hop["text"] for hop in lab.json(f"trace {line}")["hops"] if hop["ring"] == 0]
        at = hops.index(f"-> {first}()")
        assert [text.split("(")[0].strip() for text in hops[at + 1 : at + 3]] == ["-> printk", said]
        assert hops[-2].startswith(f"<- {first}")
        assert hops[-1] == "rax <- 0"


def test_instruction_by_instruction_the_kernels_text_is_shown_around_init(lab: Lab) -> None:
    hops = [hop["text"] for hop in lab.json(f"trace --insns {LOAD}")["hops"]]
    call, body = "+0x9  call 0xffffffff81000070", "+0x12  vmcall"
    around = [call, "+0x4  call rdi", "-> start()", "<- start = 0", body, "+0xa  vmcall"]
    at = [hops.index(text) for text in around]
    assert at == sorted(at)
    assert lab.session.kernel.modules["m"].state == LIVE


@pytest.mark.parametrize("far", [0.3, 0.0])
def test_such_modules_come_back(lab: Lab, far: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kshell.shell.state.steps.FAR_SECONDS", far)
    way = Way(lab)
    for line in (LOAD, 'syscall delete_module "m" 0', *FILE, 'syscall delete_module "m" 0', LOAD, LOAD):
        way.do(line)
    Path("m.ko").unlink()
    last = len(way.states) - 1
    way.check([1, last, 7, 2, 8, 0, last])


def test_a_file_of_the_machine_is_loaded(lab: Lab) -> None:
    assert [lab.ret(line.removeprefix("syscall ")) for line in FILE] == [3, len(HELLO), 0, 3, 0]
    assert lab.json("lsmod")["modules"][0]["name"] == "m"
    assert lab.error("modinfo m")["what"] == "modinfo: ERROR: Module m not found."
