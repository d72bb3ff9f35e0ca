"""kshell.api: the public face for programs."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.api import Machine, boot
from kshell.kernel.core.layout import KERNEL_DATA, KERNEL_RODATA

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
GETPID = bytes.fromhex("b8270000000f05 89c7 b83c0000000f05")  # exit(getpid())


@pytest.fixture
def machine() -> Machine:
    return boot()


def test_the_page_of_the_documentation_does_what_it_says() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


def test_a_command_answers_what_json_prints(machine: Machine) -> None:
    line = 'syscall write 1 "hi" 2'
    done = subprocess.run([sys.executable, "-m", "kshell", "--json", "-c", line], capture_output=True, check=True)
    assert machine.execute(line) == json.loads(done.stdout)


def test_a_command_that_fails_does_not_keep_the_next_from_running(machine: Machine) -> None:
    assert machine.execute("insmod nowhere.py")["status"] == 1
    assert machine.execute("exit 3")["command"] == "exit 3"
    assert machine.execute("syscall getpid")["status"] == 0


@pytest.mark.parametrize("line", ["", "# nothing", "echo 1; echo 2"])
def test_execute_takes_one_command(machine: Machine, line: str) -> None:
    with pytest.raises(ValueError, match="one command"):
        machine.execute(line)


def test_a_call_gives_the_kernels_result_and_fills_buffers(machine: Machine) -> None:
    room = bytearray(16)
    assert machine.syscall("getcwd", room, len(room)) == 2
    assert room == b"/".ljust(16, b"\0")
    assert machine.syscall(39) == machine.syscall("getpid")
    assert machine.syscall("open", b"/nope", 0) == -2
    assert machine.syscall("test_call", 42) == -38


def test_a_call_that_does_not_return_has_no_result(machine: Machine) -> None:
    assert machine.syscall("exit", 3) is None
    assert machine.syscall("getuid") == 0


def test_a_name_that_the_table_does_not_have_is_refused(machine: Machine) -> None:
    with pytest.raises(ValueError, match="nosuch"):
        machine.syscall("nosuch")
    with pytest.raises(ValueError, match="six"):
        machine.syscall("getpid", *range(7))


def test_what_is_typed_is_read_line_by_line_and_what_is_written_is_kept(machine: Machine) -> None:
    machine.type(b"one\ntwo")
    room = bytearray(8)
    assert [machine.syscall("read", 0, room, 8) for _ in range(3)] == [4, 3, 0]
    assert machine.syscall("write", 1, b"hello", 5) == 5
    assert machine.take_output() == b"hello"
    assert machine.take_output() == b""


def test_a_program_exits(machine: Machine) -> None:
    run = machine.run(GETPID)
    assert (run.kind, run.signal) == ("exited", None)
    assert [(call["name"], call["errno"]) for call in run.calls] == [("getpid", None), ("exit", None)]
    assert run.exit_status == run.calls[0]["ret"]


def test_a_program_dies_by_a_signal_with_its_address_and_ip(machine: Machine) -> None:
    run = machine.run(bytes.fromhex("48c7c000105000 488b00"))
    assert run.kind == "signal"
    assert run.signal is not None
    assert run.signal[:4] == ("SIGSEGV", "SEGV_MAPERR", 0x501000, 0x401007)
    assert run.registers["ip"] == 0x401007
    assert run.registers["ax"] == 0x501000


def test_a_program_without_end_uses_its_budget_up(machine: Machine) -> None:
    assert machine.run(b"\xeb\xfe", budget=1000).kind == "budget"
    assert machine.run(GETPID).kind == "exited"


def test_a_program_may_have_segments_arguments_and_output(machine: Machine) -> None:
    # write(1, argv[1], 5); exit(0)
    code = bytes.fromhex("488b742410 bf01000000 ba05000000 b801000000 0f05 31ff b83c000000 0f05")
    segments = [(0x700000, code, len(code), "r-x"), (0x800000, b"", 4096, "rw-")]
    run = machine.run(segments, 0x700000, ["prog", "hello"])
    assert (run.kind, run.exit_status, run.output) == ("exited", 0, b"hello")
    with pytest.raises(ValueError, match="no place"):
        machine.run([(1 << 47, b"\xc3", 1, "r-x")], 1 << 47)


def test_two_machines_never_meet() -> None:
    one, other = boot("course"), boot("6.19", "uid=1000")
    assert one.execute("modprobe syscallModule")["status"] == 0
    assert one.syscall("test_call", 7) == 7
    assert [one.syscall("getuid"), other.syscall("getuid")] == [0, 1000]
    assert other.execute("lsmod")["result"] == {"modules": []}


def test_a_program_leaves_the_kernels_half_as_it_was_and_a_module_does_not(machine: Machine) -> None:
    machine.run(GETPID)
    before = machine.kernel_digest()
    machine.run(GETPID)
    machine.run(bytes.fromhex("48b8000040 82ffffffff 488900"))
    assert machine.kernel_digest() == before
    machine.execute("modprobe syscallModule")
    assert machine.kernel_digest() != before


def test_the_kernels_memory_can_be_read_and_the_users_not(machine: Machine) -> None:
    assert machine.kernel_memory(KERNEL_DATA, 8) != b""
    slot = int.from_bytes(machine.kernel_memory(KERNEL_RODATA + 8 * 39, 8), "little")
    assert machine.execute("kallsyms __x64_sys_getpid")["result"]["rows"][0]["address"] == hex(slot)
    with pytest.raises(ValueError, match="no memory"):
        machine.kernel_memory(0x401000, 8)
    with pytest.raises(ValueError, match="no memory"):
        machine.kernel_memory(KERNEL_RODATA - 8, 16)


def test_oopses_are_counted_and_another_machine_has_none_of_them(machine: Machine) -> None:
    assert machine.execute("modprobe crash")["status"] == 0
    assert machine.oopses == 0
    assert machine.syscall("test_call", 2) is None
    assert machine.syscall("test_call", 1) is None
    assert machine.oopses == 2
    assert boot().oopses == 0


def test_an_unknown_kernel_is_refused() -> None:
    with pytest.raises(KeyError):
        boot("2.6")
