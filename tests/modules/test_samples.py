"""The sample modules do what their docstrings say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import kshell.modules
from kshell.abi.errno import ENOSYS
from kshell.abi.modinfo import modinfo
from kshell.cc.compiler import compile_file
from kshell.kernel.entry.exec import run_stub
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import Lab

BUDGET = 1_000_000  # instructions
FOLDER = Path(kshell.modules.__file__).parent
SAMPLES = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def load(lab: Lab, name: str, /, **parameters: str) -> None:
    insmod(lab.k, os.path.join(FOLDER, name + ".py"), parameters)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_has_a_docstring_a_licence_and_a_description(path: Path) -> None:
    obj = compile_file(str(path), path.read_text(encoding="utf-8"), "4.19.1", (4, 19)).object
    info = dict(modinfo(obj))
    assert info["license"] == ("Proprietary" if path.stem == "proprietary" else "GPL")
    assert info["description"]
    assert path.read_text(encoding="utf-8").startswith('"""')


def test_the_slides_module_serves_the_call_while_it_is_loaded(lab: Lab) -> None:
    assert lab.result(335, 42) == -ENOSYS
    load(lab, "syscallModule")
    assert lab.result(335, 42) == 42
    assert lab.result(335, 0xFFFF_FFF9) == -7
    assert "my_test_call: Your int is -7" in lab.dmesg()
    rmmod(lab.k, "syscallModule")
    assert lab.result(335, 42) == -ENOSYS


def test_hello_greets_as_often_as_it_is_told(lab: Lab) -> None:
    load(lab, "hello", times="3")
    assert [line for line in lab.dmesg() if "Hello" in line] == [f"hello: Hello, kernel! ({n})" for n in (1, 2, 3)]
    rmmod(lab.k, "hello")
    assert lab.dmesg()[-1] == "hello: Goodbye, kernel!"


def test_dangling_leaves_a_pointer_that_oopses(lab: Lab) -> None:
    load(lab, "dangling")
    assert lab.result(335, 4) == 8
    rmmod(lab.k, "dangling")
    assert lab.call(335, 4).outcome.kind == "killed"
    lab.assert_well()


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        (1, "divide error: 0000 [#1] SMP PTI"),
        (2, "BUG: unable to handle kernel NULL pointer dereference at 0000000000000000"),
        (3, "Oops: 0003 [#1] SMP PTI"),
        (4, "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [kshell:77]"),
        (5, "BUG: stack guard page was hit at "),
    ],
)
def test_crash_crashes_in_its_five_ways(lab: Lab, argument: int, line: str) -> None:
    load(lab, "crash")
    assert lab.result(335, 0) == 0
    assert run_stub(lab.k, 335, [argument], BUDGET).outcome.kind == "killed"
    assert any(text.startswith(line) for text in lab.dmesg())
    assert lab.result(39) == lab.k.shell_task.pid


@pytest.mark.parametrize("profile", ["4.19", "course"])
def test_hijack_works_where_the_table_is_used_and_leaves_nothing_behind(tmp_path: Path, profile: str) -> None:
    lab = Lab(tmp_path, profile)
    load(lab, "hijack")
    pid = lab.k.shell_task.pid
    assert lab.result(39) == 1000 + pid
    assert lab.k.memory.protection.write_protect
    rmmod(lab.k, "hijack")
    assert lab.result(39) == pid
    assert lab.k.memory.protection.write_protect


@pytest.mark.parametrize("instead", ["pass", "set_memory_rw(k, slot(k), 1)"])
def test_hijack_without_clearing_WP_oopses_on_the_read_only_table(lab: Lab, tmp_path: Path, instead: str) -> None:
    text = (FOLDER / "hijack.py").read_text(encoding="utf-8")
    text = text.replace("    write_cr0(k, cr0 & ~X86_CR0_WP)\n", f"    {instead}\n")
    copy = tmp_path / "hijack.py"
    copy.write_text(text.replace("    write_cr0,\n", "    set_memory_rw,\n    write_cr0,\n"), encoding="utf-8")
    with pytest.raises(ModuleError):
        insmod(lab.k, str(copy))
    assert "Oops: 0003 [#1] SMP PTI" in lab.dmesg()


def test_hijack_does_not_load_on_6_19_where_its_symbol_is_no_longer_exported(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "6.19")
    with pytest.raises(ModuleError, match="Unknown symbol in module") as caught:
        load(lab, "hijack")
    assert lab.dmesg()[-1] == "hijack: Unknown symbol kallsyms_lookup_name (err -2)"
    assert "since 5.7" in caught.value.because


def test_sleepy_can_be_unloaded_in_its_sleep_and_then_oopses(lab: Lab) -> None:
    load(lab, "sleepy")
    assert lab.result(335, 5) == 5
    lab.k.on_sleep = lambda: rmmod(lab.k, "sleepy")
    assert lab.call(335, 1).outcome.kind == "killed"
    assert "sleepy" not in lab.k.modules
    assert any(line.startswith("BUG: unable to handle kernel paging request") for line in lab.dmesg())
    lab.assert_well()


def test_sleepy_that_holds_itself_cannot_be_unloaded_in_its_sleep(lab: Lab) -> None:
    load(lab, "sleepy", hold="1")
    refused: list[str] = []
    lab.k.on_sleep = lambda: refused.append(lab.not_removed("sleepy").what)
    assert lab.result(335, 1) == 1
    assert refused == ["rmmod: ERROR: Module sleepy is in use"]
    rmmod(lab.k, "sleepy")


def test_guest_uses_greeters_function_and_counter(lab: Lab) -> None:
    with pytest.raises(ModuleError, match="Unknown symbol in module"):
        load(lab, "guest")
    load(lab, "greeter")
    load(lab, "guest")
    assert lab.dmesg()[-2:] == ["greeter: hello, number 7", "guest: 1 greetings so far"]
    assert lab.k.modules["greeter"].used_by == ["guest"]
    assert lab.not_removed("greeter").what == "rmmod: ERROR: Module greeter is in use by: guest"
    rmmod(lab.k, "guest")
    rmmod(lab.k, "greeter")
    assert lab.dmesg()[-1] == "greeter: gave 1 greetings"


@pytest.mark.parametrize("profile", ["4.19", "6.19"])
def test_proprietary_is_refused_the_symbol_that_is_for_gpl_modules(tmp_path: Path, profile: str) -> None:
    lab = Lab(tmp_path, profile)
    load(lab, "greeter")
    with pytest.raises(ModuleError, match="Unknown symbol in module") as caught:
        load(lab, "proprietary")
    assert "EXPORT_SYMBOL_GPL" in caught.value.because
    assert lab.dmesg()[-1] == "proprietary: Unknown symbol greetings (err -2)"
    assert lab.k.taint.letters == {"P", "O"}
    copy = (FOLDER / "proprietary.py").read_text(encoding="utf-8").replace('"Proprietary"', '"GPL"')
    (tmp_path / "free.py").write_text(copy)
    insmod(lab.k, str(tmp_path / "free.py"))


def test_leaky_init_leaves_a_pointer_that_is_named(lab: Lab) -> None:
    with pytest.raises(ModuleError, match="Cannot allocate memory"):
        load(lab, "leaky_init")
    assert not lab.k.modules
    note = lab.k.take_notes()[0]
    assert "STUB_test_call (at 0xffff" in note
    assert "where halved was" in note
    assert lab.call(335, 4).outcome.kind == "killed"
    lab.assert_well()


@pytest.mark.parametrize("profile", ["course", "4.19", "6.19"])
def test_params_takes_a_value_of_every_type(tmp_path: Path, profile: str) -> None:
    lab = Lab(tmp_path, profile)
    load(lab, "params", level="3", name="Ada", debug="y", octet="0x10", small="-5", mask="0xffffffffffffffff")
    assert lab.dmesg()[-1] == "params: hello, Ada; level 3, debug 1"
    rmmod(lab.k, "params")
    with pytest.raises(ModuleError, match="Invalid parameters") as caught:
        load(lab, "params", level="9")
    assert caught.value.because == "level is from 0 to 5, and 9 is not"


def test_touch_reads_and_writes_any_address_of_the_kernel(lab: Lab) -> None:
    place = lab.k.memory.static(8)
    load(lab, "touch", address=hex(place), write="1")
    assert lab.k.memory.load(place) == 1
    assert lab.dmesg()[-1] == f"touch: {place:#x} holds 1"
