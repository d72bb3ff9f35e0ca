"""The way in by `int 0x80`, and where it leads."""

from __future__ import annotations

import random
import struct

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.entry.exec import Buffer, StubRun, run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Tracer
from kshell.strace.strace import Strace

STACK = 0x7FFF_FFFF_E000
WRITE, GETPID, TEST_CALL = 4, 20, 387


def call(k: Kernel, nr: int, *args: int | bytes | Buffer, tracer: Tracer | None = None) -> StubRun:
    return run_stub(k, nr, args, tracer=tracer, is_32=True)


def ret(k: Kernel, nr: int, *args: int | bytes | Buffer) -> int | None:
    made = call(k, nr, *args).call
    assert made is not None
    return made.ret


@pytest.mark.parametrize("release", ["course", "6.19"])
def test_a_number_of_32_bits_leads_to_a_call_of_its_own(release: str) -> None:
    k = boot(release)
    assert ret(k, GETPID) == k.shell_task.pid
    assert ret(k, 0x5_0000_0000 + GETPID) == k.shell_task.pid
    assert [ret(k, nr) for nr in (-1, 5000, 17, 222, 26)] == [-38] * 5


def test_a_stack_pointer_is_cut_and_a_string_of_the_stub_is_not() -> None:
    k = boot()
    assert ret(k, WRITE, 1, b"hi\n", 3) == 3
    made = call(k, WRITE, 1, STACK, 3).call
    assert made is not None
    assert (made.ret, made.args[1], made.registers[1]) == (-14, 0xFFFF_E000, STACK)


def test_an_int_keeps_its_sign_and_a_long_gets_zeros_above() -> None:
    k = boot()
    made = call(k, WRITE, 0xFFFF_FFFF_0000_0001, b"x", -1).call
    assert made is not None
    assert made.values[0] == 1
    assert made.values[2] == 0xFFFF_FFFF
    assert ret(k, 295, -100, b"/etc/hostname", 0, 0) == 3


@pytest.mark.parametrize(("release", "where"), [("course", "slot_32"), ("6.19", "case_32")])
def test_each_step_is_told(release: str, where: str) -> None:
    tracer = Tracer(wants_events=True)
    call(boot(release), WRITE, 1, STACK, 3, tracer=tracer)
    way_in = ["int80", "pt_regs_32", "number_32", where, "cut", "arguments"]
    told = [event.what for event in tracer.events]
    assert told[:6] == way_in
    assert told[-3:] == ["result", "iretq", "instruction"]
    assert tracer.events[0].values["rip"] == tracer.events[-2].values["rip"]


@pytest.mark.parametrize(("release", "what"), [("course", "past_end_32"), ("6.19", "ni_syscall_32")])
def test_what_is_past_the_end_is_told(release: str, what: str) -> None:
    tracer = Tracer(wants_events=True)
    call(boot(release), 5000, tracer=tracer)
    assert what in [event.what for event in tracer.events]


def test_machine_code_is_reached_with_32_bits_of_its_argument() -> None:
    k = boot()
    k.log.clear()
    assert ret(k, TEST_CALL, 0x7_FFFF_FFF9) == -38
    assert k.log.since(0)[-1].text.endswith("Your int is -7")
    assert not k.shell_task.in_compat_syscall
    statistics = k.ia32.statistics_of(k, TEST_CALL)
    assert (statistics.count, statistics.errors) == (1, 1)
    assert TEST_CALL not in k.statistics


def test_machine_code_is_reached_where_the_way_in_by_text_is_watched_too() -> None:
    k = boot()
    k.cpu.always_by_text = True
    assert ret(k, TEST_CALL, 5) == -38
    run = run_stub(k, 39, ())
    assert run.call is not None
    assert run.call.ret == k.shell_task.pid


def test_the_table_of_4_19_is_in_read_only_memory_and_a_slot_of_it_decides() -> None:
    k = boot()
    at = k.ia32.sys_call_table + 8 * GETPID
    symbol = k.symbols.at(k.memory.load(at))
    assert symbol is not None
    assert symbol.name == "__ia32_sys_getpid"
    k.memory.set_writable(k.ia32.sys_call_table, 8, True)
    k.memory.store(at, k.ni_syscall)
    assert ret(k, GETPID) == -38
    assert boot("6.19").ia32.sys_call_table == 0


def test_memory_of_mmap2_lies_below_4_gib() -> None:
    k = boot()
    assert ret(k, 192, 0, 4096, 3, 0x22, -1, 0) == layout.MMAP_BASE_32 - 4096
    assert ret(k, 192, 0, 8192, 3, 0x22, -1, 0) == layout.MMAP_BASE_32 - 3 * 4096


@pytest.mark.parametrize(
    ("nr", "args", "shown"),
    [
        (106, (b"/dev/null", Buffer(64)), "{st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}"),
        (195, (b"/dev/null", Buffer(96)), "{st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}"),
        (195, (b"/etc/hostname", Buffer(96)), "{st_mode=S_IFREG|0644, st_size=7, ...}"),
        (162, (struct.pack("<ii", 0, 5), 0), "{tv_sec=0, tv_nsec=5}"),
        (266, (1, Buffer(8)), "{tv_sec=0, tv_nsec=1}"),
    ],
)
def test_strace_shows_what_the_structures_hold(nr: int, args: tuple[int | bytes | Buffer, ...], shown: str) -> None:
    k = boot()
    tracer = Strace(k)
    call(k, nr, *args, tracer=tracer)
    assert shown in (tracer.calls[0].text or "")


def test_iovecs_have_8_bytes() -> None:
    k = boot()
    fd = ret(k, 5, b"/etc/hostname", 0, 0)
    assert fd is not None
    place = 0x402000
    vector = b"".join(n.to_bytes(4, "little") for n in (place + 64, 3, place + 80, 4))
    assert ret(k, 145, fd, vector, 2) == 7
    assert ret(k, 145, fd, vector[:4] + b"\xff\xff\xff\xff", 1) == -22


def test_a_file_that_31_bits_cannot_tell_the_size_of_is_refused() -> None:
    k = boot()
    fd = ret(k, 5, b"/tmp/large", 0o102, 0o644)
    assert fd is not None
    assert fd >= 0
    assert run_stub(k, 77, (fd, 0)).call is not None
    assert ret(k, 140, fd, 0, 0x7FFF_FFFF, Buffer(8), 0) == 0
    assert ret(k, WRITE, fd, b"x", 1) == -27
    assert ret(k, 181, fd, b"12345", 5, 0x7FFF_FFFD, 0) == 2
    large = ret(k, 5, b"/tmp/large", 0o100002, 0)
    assert large == fd + 1
    assert ret(k, 181, large, b"12345", 5, 0x7FFF_FFFD, 0) == 5
    assert ret(k, 106, b"/tmp/large", Buffer(64)) == -75
    assert ret(k, 195, b"/tmp/large", Buffer(96)) == 0
    assert ret(k, 5, b"/tmp/large", 0, 0) == -75
    assert ret(k, 5, b"/tmp/large", 0o1002, 0) == -75
    assert ret(k, 295, -100, b"/tmp/large", 0, 0) == -75
    status = run_stub(k, 4, (b"/tmp/large", Buffer(144))).buffers[0][2]
    assert int.from_bytes(status[48:56], "little") == 0x8000_0002


def test_a_handler_set_by_int_0x80_is_told_in_32_bits_and_is_for_code_that_there_is_none_of() -> None:
    k = boot()
    action = struct.pack("<IIIQ", 0x401F00, 0x0600_0000, 0x401F08, 0xFFFF_FFFF_FFFF_FFFF)
    assert ret(k, 174, 10, action, 0, 8) == 0
    told = call(k, 174, 10, 0, Buffer(20), 8).buffers[0][2]
    assert struct.unpack("<IIIQ", told) == (0x401F00, 0x0400_0000, 0x401F08, 0xFFFF_FFFF_FFFB_FEFF)
    native = run_stub(k, 13, (10, 0, Buffer(32), 8)).buffers[0][2]
    assert struct.unpack("<4Q", native)[:3] == (0x401F00, 0x0400_0000, 0x401F08)
    killed = call(k, 37, k.shell_task.pid, 10).outcome.signal
    assert killed is not None
    assert (killed.name, "32-bit code" in killed.why) == ("SIGSEGV", True)


def test_what_signal_has_set_is_done_once_and_blocks_nothing_meanwhile() -> None:
    k = boot()
    assert ret(k, 48, 10, 0x401F00) == 0
    told = struct.unpack("<4I", call(k, 67, 10, 0, Buffer(16)).buffers[0][2])
    assert told == (0x401F00, 0, 0xC000_0000, 0)
    assert ret(k, 48, 10, 0) == 0x401F00


def test_sigsuspend_is_passed_the_mask_itself_and_ends_by_a_signal_that_is_not_in_it() -> None:
    k = boot()
    k.shell_task.signals.blocked = 1 << 13
    assert ret(k, 27, 1) == 0
    waits = call(k, 72, 5, 6, 0)
    assert waits.outcome.signal is not None
    assert waits.outcome.signal.name == "SIGALRM"


def test_the_uptime_of_32_bits_starts_again_after_136_years() -> None:
    k = boot()
    k.clock.advance((1 << 32) * 10**9)
    assert int.from_bytes(call(k, 116, Buffer(64)).buffers[0][2][:4], "little") < 5


def test_another_stack_is_told_in_32_bits() -> None:
    k = boot()
    run_stub(k, 131, (struct.pack("<QQQ", 0x7FFF_1234_5000, 0, 0x1_0000_4000), 0))
    assert struct.unpack("<3I", call(k, 186, 0, Buffer(12)).buffers[0][2]) == (0x1234_5000, 1, 0x4000)


def test_a_siginfo_of_32_bits_arrives_with_its_value_below_zero() -> None:
    k = boot()
    run_stub(k, 14, (0, b"\0\2" + bytes(6), 0, 8))
    info = struct.pack("<iiiIIi", 10, 0, -1, 7, 8, -5)
    assert ret(k, 178, k.shell_task.pid, 10, info + bytes(104)) == 0
    queued = k.shell_task.signals.queued[0]
    assert (queued.sender, queued.value) == ((7, 8), 0xFFFF_FFFF_FFFF_FFFB)


def test_a_signal_is_taken_with_a_siginfo_of_32_bits() -> None:
    k = boot("6.19")
    run_stub(k, 14, (0, b"\0\2" + bytes(6), 0, 8))
    assert ret(k, 37, k.shell_task.pid, 10) == 0
    taken = call(k, 177, b"\0\2" + bytes(6), Buffer(128), bytes(8), 8)
    assert taken.call is not None
    assert taken.call.ret == 10
    assert struct.unpack_from("<5i", taken.buffers[0][2]) == (10, 0, 0, k.shell_task.pid, 0)
    assert ret(k, 177, b"\0\2" + bytes(6), 0, bytes(8), 8) == -11
    assert ret(k, 421, b"\0\2" + bytes(6), 0, bytes(16), 8) == -11
    assert ret(k, 177, b"\0\2" + bytes(6), 0, b"\0\0\0\0\xff\xff\xff\xff", 8) == -22


def test_timers_have_numbers_of_4_bytes() -> None:
    k = boot()
    run_stub(k, 38, (1, struct.pack("<4q", 0x1_0000_0002, 3, 0x1_0000_0009, 5), 0))
    old = call(k, 104, 1, struct.pack("<4i", 1, 2, 30, 4), Buffer(16)).buffers[0][2]
    assert struct.unpack("<4I", old)[:2] == (2, 3)
    assert struct.unpack("<3I", call(k, 105, 1, Buffer(16)).buffers[0][2][:12]) == (1, 2, 30)
    assert ret(k, 104, 1, struct.pack("<4i", 0, 0, 0, 1_000_000), 0) == -22


def test_what_is_left_of_a_sleep_is_told_in_8_bytes() -> None:
    k = boot()
    run_stub(k, 13, (14, struct.pack("<4Q", 0x401FF0, 0x400_0000, 0x401FF1, 0), 0, 8))
    assert ret(k, 27, 1) == 0
    slept = call(k, 162, struct.pack("<ii", 3, 0), Buffer(12))
    left = struct.unpack("<iii", slept.buffers[0][2])
    assert left[0] in (1, 2)
    assert left[2] == 0


@pytest.mark.parametrize("nr", [119, 173])
def test_a_return_from_a_handler_that_cannot_be_ends_the_program(nr: int) -> None:
    killed = call(boot(), nr).outcome.signal
    assert killed is not None
    assert killed.name == "SIGSEGV"


def test_the_usage_has_4_bytes_for_each_number() -> None:
    k = boot()
    usage = struct.unpack("<18I", call(k, 77, 0, Buffer(72)).buffers[0][2])
    native = struct.unpack("<18Q", run_stub(k, 98, (0, Buffer(144))).buffers[0][2])
    assert usage[4] == native[4] > 0
    assert usage[8] <= native[8]


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_every_call_of_64_bit_programs_that_has_a_row_here_is_reached(release: str) -> None:
    k = boot(release)
    built = {row.name for nr, row in k.table.by_number.items() if k.switch.get(nr, k.ni_syscall) != k.ni_syscall}
    assert not {row.name for nr, row in k.ia32.table.by_number.items() if k.ia32.state(nr) != "built"} & built


def test_random_registers_change_no_kernel_memory() -> None:
    k, rng = boot(), random.Random(80)
    text = k.memory.read(layout.KERNEL_TEXT, 0xA000)
    table = k.memory.read(k.ia32.sys_call_table, 8 * k.ia32.nr_syscalls)
    values = (0, 1, 2, 3, -1, 5, 0x402000, STACK, 0xFFFF_FFFF, 0x8000_0000, k.ia32.sys_call_table, 4096, 0x22)
    for _ in range(400):
        nr = rng.choice((*k.ia32.switch, 5000, -1))
        run_stub(k, nr, [rng.choice(values) for _ in range(6)], budget=100_000, is_32=True)
    assert k.oopses == 0
    assert k.memory.read(layout.KERNEL_TEXT, 0xA000) == text
    assert k.memory.read(k.ia32.sys_call_table, len(table)) == table
