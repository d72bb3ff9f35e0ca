"""Ring 3 neither reads nor writes what is the kernel's, whatever the CPU does for it by itself."""

from __future__ import annotations

import struct

import pytest

from kshell.api import Machine, Run, boot

DESCRIPTORS, GDT_PAGE, KERNEL_DATA = 0xFFFF_FE00_0000_1000, 0xFFFF_FFFF_8240_0000, 0xFFFF_FFFF_8240_0000
TEXT, DATA = 0x40_1000, 0x50_0000
TEST_CALL = bytes.fromhex(
    "b84f010000 bf2a000000 0f05"
)  # test_call(42), whose machine code loads a variable of the kernel
EXIT = bytes.fromhex("89c7 b83c000000 0f05")


def movabs(register: int, value: int) -> bytes:
    return bytes([0x48, 0xB8 + register]) + struct.pack("<Q", value)


@pytest.fixture(scope="module")
def machine() -> Machine:
    machine = boot("course")
    assert machine.execute("modprobe syscallModule")["status"] == 0
    return machine


def run(machine: Machine, code: bytes) -> Run:
    return machine.run([(TEXT, code, 4096, "rwx"), (DATA, b"", 4096, "rw-")], TEXT, budget=200_000)


POINTER = bytes.fromhex("c7042500005000 00104000 66c70425040050003300")  # 0x33:0x401000 at DATA
WALLS = {
    "a pop with an odd encoding": (movabs(0, GDT_PAGE) + bytes.fromhex("6841414141 8f30"), "SIGILL", None),
    "a pop": (movabs(0, GDT_PAGE + 8) + bytes.fromhex("6841414141 8f00"), "SIGSEGV", GDT_PAGE + 8),
    "a load": (movabs(0, DESCRIPTORS + 0x28) + bytes.fromhex("8b00"), "SIGSEGV", DESCRIPTORS + 0x28),
    "a selector": (movabs(0, DESCRIPTORS + 0x28) + bytes.fromhex("8e18"), "SIGSEGV", DESCRIPTORS + 0x28),
    "a selector off the stack": (movabs(4, DESCRIPTORS) + bytes.fromhex("0fa1"), "SIGSEGV", DESCRIPTORS),
    "a far pointer": (movabs(0, DESCRIPTORS) + bytes.fromhex("0fb200"), "SIGSEGV", DESCRIPTORS),
    "lar": (movabs(0, DESCRIPTORS) + bytes.fromhex("0f0200"), "SIGSEGV", DESCRIPTORS),
    "verr": (movabs(0, DESCRIPTORS) + bytes.fromhex("0f0020"), "SIGSEGV", DESCRIPTORS),
    "iretq": (movabs(4, KERNEL_DATA) + bytes.fromhex("48cf"), "SIGSEGV", KERNEL_DATA),
    "iretd": (movabs(4, KERNEL_DATA) + bytes.fromhex("cf"), "SIGSEGV", KERNEL_DATA),
    "a far return": (movabs(4, KERNEL_DATA) + bytes.fromhex("48cb"), "SIGSEGV", KERNEL_DATA),
    "a far call": (
        POINTER + movabs(4, KERNEL_DATA + 64) + bytes.fromhex("ff1c2500005000"),
        "SIGSEGV",
        KERNEL_DATA + 60,
    ),
}


@pytest.mark.parametrize("warm", [b"", TEST_CALL], ids=["", "behind a call"])
@pytest.mark.parametrize("name", WALLS)
def test_kernel_memory_is_closed_to_what_the_cpu_does_for_user_code(machine: Machine, name: str, warm: bytes) -> None:
    code, signal, address = WALLS[name]
    digest = machine.kernel_digest()
    ended = run(machine, warm + code + EXIT).signal
    assert ended is not None
    assert (ended.name, ended.address) == (signal, ended.ip if signal == "SIGILL" else address)
    assert machine.kernel_digest() == digest
    assert machine.syscall("getpid") == 77


GATE = """48bbffff0000009baf005348b828004082ffffffff8f3048bb00000000000000005348b818004082ffffffff8f30
48bb8011200000ec40005348b810004082ffffffff8f3048bb000000000b00000053ff1c2431ffb83c0000000f05"""
VM86 = "bc08104000cf9090 00001000 {cs:02x}000000 02020200 00001000 {ss:02x}000000 0000100000001000 0000100000001000"


@pytest.mark.parametrize(
    "code", [GATE, VM86.format(cs=0x40, ss=0x20), VM86.format(cs=0x50, ss=0x50)], ids=["gate", "vm86", "vm86 at 0x50"]
)
def test_what_once_ended_the_process_ends_its_program(machine: Machine, code: str) -> None:
    assert run(machine, bytes.fromhex(code)).signal is not None
    assert [machine.syscall("getpid") for _ in range(2)] == [77, 77]


def test_iretd_with_the_vm_flag_is_refused_for_its_selector_and_goes_on_with_good_ones(machine: Machine) -> None:
    for selector in (0x40, 0x50):
        assert run(machine, bytes.fromhex(VM86.format(cs=selector, ss=selector))).signal is not None
        last = machine.execute("dmesg")["result"]["records"][-1]["text"]
        assert f"general protection ip:401005 sp:401008 error:{selector:x}" in last
    landing = struct.pack("<5I", TEXT + 28, 0x33, 0x2_0202, DATA + 0x800, 0x2B) + bytes.fromhex("b82a000000")
    assert run(machine, bytes.fromhex("bc08104000cf9090") + landing + EXIT).exit_status == 42


def test_segment_registers_outlive_a_trap_and_every_flush(machine: Machine) -> None:
    """The emulator reads the descriptors anew when it forgets an exception."""
    selectors = bytes.fromhex("b82b000000 8ed8 8ec0 8ee0 8ee8 0f31 8cd8 8cc3 01d8 8ce3 01d8 8ceb 01d8") + EXIT
    assert run(machine, selectors).exit_status == 4 * 0x2B
    assert run(machine, bytes.fromhex("c60425f01f400090") + selectors).exit_status == 4 * 0x2B
