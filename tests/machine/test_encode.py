"""The code that kshell writes itself, and the guard against bytes that end the process."""

from __future__ import annotations

import subprocess
import sys

import capstone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.machine.encode import KERNEL_FUNCTION_STUB, stub_listing
from kshell.machine.quirks.host_killers import host_killer_starts


def stub(nr: int, args: list[int]) -> bytes:
    return b"".join(code for code, _ in stub_listing(nr, args))


VALUES = st.one_of(
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.integers(-20, 20),
    st.sampled_from([0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, -(1 << 31), -(1 << 31) - 1, (1 << 32) + 39]),
)


def decode(code: bytes) -> list[tuple[bytes, str]]:
    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    return [(bytes(i.bytes), f"{i.mnemonic} {i.op_str}".strip()) for i in engine.disasm(code, 0x401000)]


def test_the_stub_of_a_small_call_is_the_one_of_the_design() -> None:
    assert stub(335, [42]) == bytes.fromhex("bf2a000000 b84f010000 0f05")
    assert [text for _, text in stub_listing(335, [42])] == ["mov edi, 0x2a", "mov eax, 0x14f", "syscall"]


def test_negative_and_wide_values_take_their_shortest_form() -> None:
    assert stub(-1, []) == bytes.fromhex("48c7c0ffffffff 0f05")
    assert stub((1 << 32) + 39, []) == bytes.fromhex("48b82700000001000000 0f05")
    assert stub(0, [0, 0, 0, 1, 2, 3])[15:33] == bytes.fromhex("41ba01000000 41b802000000 41b903000000")


@given(VALUES, st.lists(VALUES, max_size=6))
def test_the_listing_is_what_capstone_decodes(nr: int, args: list[int]) -> None:
    listing = stub_listing(nr, args)
    assert decode(b"".join(code for code, _ in listing)) == listing


def test_seven_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 6"):
        stub(1, [0] * 7)


def test_the_stub_of_a_python_function_is_sixteen_bytes_of_real_code() -> None:
    assert len(KERNEL_FUNCTION_STUB) == 16
    assert [text for _, text in decode(KERNEL_FUNCTION_STUB)] == ["vmcall", "ret"] + ["int3"] * 12


KILLERS = [
    "f00fa3ea", "f00fabea", "f00fb3ea", "f00fbbea", "f00fbae001", "f00fbae801", "f00fbaf001", "f00fbaf801",
    "f0480fabea", "48f00fabea", "66f00fabea", "f0660fabea", "f2f00fabea", "f0f30fabea", "64f00fabea", "f0670fabea",
    "f0f00fabea", "f048660fabea", "f0480fbae801", "f06666666666666666666666" + "0fabea",
]  # fmt: skip
HARMLESS = [
    "f0" + "66" * 12 + "0fabea",
    "f00fab10",
    "f00fba2801",
    "f00fbac001",
    "0fabea",
    "480fbae801",
    "f001d8",
    "f00fb1d8",
    "f090",
    "f0" + "66" * 12 + "0fabea",
]


@pytest.mark.parametrize("code", KILLERS)
def test_the_guard_finds_each_killer_behind_other_code(code: str) -> None:
    prefixes = bytes.fromhex(code)
    assert 2 in host_killer_starts(b"\x90\x90" + prefixes)


@pytest.mark.parametrize("code", HARMLESS)
def test_the_guard_lets_harmless_relatives_pass(code: str) -> None:
    assert host_killer_starts(bytes.fromhex(code)) == []


def test_every_prefix_up_to_the_lock_is_a_start_and_none_behind_it() -> None:
    assert host_killer_starts(bytes.fromhex("90 66 48 f0 48 0fabea 90")) == [1, 2, 3]
    assert host_killer_starts(bytes.fromhex("f0 66 f0 0fabea f00fbbea")) == [0, 1, 2, 6]


RUN_GUARDED = """
import random, sys
from unicorn import UC_ARCH_X86, UC_MODE_64, UC_PROT_ALL, Uc, UcError
from kshell.machine.quirks.host_killers import host_killer_starts

BASE = 0x400000
prefixes = b"\\x66\\xf0\\xf2\\xf3\\x48\\x41\\x64\\x67\\x2e\\xf0"
tails = [b"\\x0f" + bytes([o]) for o in b"\\xa3\\xab\\xb3\\xbb\\xba"]
chance = random.Random(7)
uc = Uc(UC_ARCH_X86, UC_MODE_64)
uc.mem_map(BASE, 0x2000, UC_PROT_ALL)
uc.ctl_exits_enabled(True)
stops = 0
for _ in range(3000):
    code = b""
    for _ in range(chance.randrange(1, 5)):
        code += chance.choice([b"", b"\\x90", b"\\x48\\x31\\xc0", b"\\xb8"])
        code += bytes(chance.choice(prefixes) for _ in range(chance.choice([0, 1, 2, 3, 11, 14])))
        code += chance.choice(tails) + bytes([chance.randrange(256), chance.randrange(256)])
    code += b"\\x0f\\x0b"
    starts = {BASE + at for at in host_killer_starts(code)}
    uc.ctl_set_exits(sorted(starts))
    uc.mem_write(BASE, code.ljust(0x1000, b"\\xcc"))
    uc.ctl_flush_tb()
    try:
        uc.emu_start(BASE, 0, count=40)
    except UcError:
        continue
    from unicorn.x86_const import UC_X86_REG_RIP
    stops += uc.reg_read(UC_X86_REG_RIP) in starts
print("alive", stops > 100)
"""


def test_with_the_guards_starts_as_exits_the_emulator_survives_every_variant() -> None:
    done = subprocess.run([sys.executable, "-c", RUN_GUARDED], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "alive True\n"), done.stderr[-500:]
