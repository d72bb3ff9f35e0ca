"""Random programs on two machines that differ in one thing: every call goes in by the kernel's own text, or none does.

    .venv/bin/python -m tests.kernel.entry.both_roads [PROGRAMS=5000] [SEED=1]

What must be the same afterwards: registers, user memory, kernel memory (but for the stack below pt_regs), the clock,
the log, and how the program ended.
"""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Iterator
from random import Random

from kshell.abi import ptregs
from kshell.kernel.core import layout
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.entry.exec import load_program, revive_shell_task
from kshell.kernel.entry.run import run_task
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import do_exit, release_task
from kshell.machine.paging import FRAME_MASK
from kshell.machine.ram import PAGE_SIZE
from tests.kernel.machine_code_lab import DATA as KERNEL_DATA
from tests.kernel.machine_code_lab import MachineLab, h, mov_rax

TEXT, DATA, DATA_SIZE = 0x40_1000, 0x50_0000, 2 * PAGE_SIZE
STACK = layout.USER_STACK_TOP - 0x800
RELEASES = ("4.19", "course", "6.19")
MACHINE_CODE = 300  # the number whose call is machine code
BODIES_LEFT_OUT = (60, 231)  # they end the program
TRAP = 1 << 8
FLAGS = (0, 1, 0x8D5, 0xAD5, 0x400, 0x4000, 0x200001, 0x244CD5)  # what popfq may set but for TF
PLACES = (0, 1, DATA, DATA + 8, DATA + DATA_SIZE - 4, TEXT, STACK, 1 << 47, 1 << 63, layout.KERNEL_TEXT, layout.VMALLOC)
NUMBERS = (-1, 1 << 32 | 39, 1 << 31, 999, 471, 335, (1 << 64) - 1)
STACKS = (0, 8, 0x1234, DATA + 0x1000, 1 << 47, (1 << 64) - 8, layout.VMALLOC + 0x3F58, layout.PER_CPU + 0x6000)
PATHS = (b"/tmp/a", b"/tmp", b"/dev/null", b"/dev/zero", b"/etc/hostname", b"/proc/self/maps", b"/dev/tty", b"")


def movabs(register: int, value: int) -> bytes:
    """mov register, value: all 64 bits of it."""
    return bytes([0x48 | register >> 3, 0xB8 | register & 7]) + struct.pack("<Q", value & (1 << 64) - 1)


def program(rnd: Random, built: list[int]) -> tuple[bytes, int]:
    """Machine code for ring 3, and how many calls it makes."""
    calls = rnd.randrange(1, 6)
    return b"".join(one_call(rnd, built) for _ in range(calls)), calls


def one_call(rnd: Random, built: list[int]) -> bytes:
    """Registers, flags, perhaps the stack; a call; perhaps its results in memory."""
    code = b"".join(movabs(r, value(rnd)) for r in range(16) if r != 4 and rnd.random() < 0.6)
    if rnd.random() < 0.3:
        code += bytes(
            [0x66, 0x48 | (x := rnd.randrange(16)) >> 3 << 2, 0x0F, 0x6E, 0xC0 | (x & 7) << 3]
        )  # movq xmm, rax
    if rnd.random() < 0.4:
        code += b"\x68" + struct.pack("<I", rnd.choice(FLAGS) | (TRAP if rnd.random() < 0.08 else 0)) + h("9d")
    odd_stack = rnd.random() < 0.25
    code += movabs(4, rnd.choice(STACKS)) if odd_stack else b""
    code += movabs(0, rnd.choice(built) if rnd.random() < 0.85 else rnd.choice(NUMBERS)) + h("0f05")
    code += movabs(4, STACK) if odd_stack else b""
    for r in rnd.sample(range(16), 5) if rnd.random() < 0.5 else ():
        at = DATA + 8 * rnd.randrange(DATA_SIZE // 8)
        code += bytes([0x48 | r >> 3 << 2, 0x89, 0x04 | (r & 7) << 3, 0x25]) + struct.pack("<I", at)  # mov [at], r
    return code + rnd.choice((b"", b"", h("9c"), h("50 58"), h("fc"), h("0f0b") if rnd.random() < 0.1 else b""))


def value(rnd: Random) -> int:
    """What may stand in a register."""
    kinds = (rnd.choice(PLACES), rnd.randrange(-3, 12), rnd.getrandbits(64), rnd.choice((0o100, 0o1101, 2, 7, 0x22)))
    return rnd.choice((*kinds, DATA + 64 * rnd.randrange(len(PATHS)), DATA + rnd.randrange(DATA_SIZE)))


def store(address: int, what: str) -> bytes:
    """mov [address], register, by the bytes before and behind its number."""
    return h(what) + struct.pack("<i", address - (1 << 64))


def kernel_functions(lab: MachineLab) -> Iterator[int]:
    """What call 335 may be: machine code that answers, looks at its registers, changes pt_regs, or goes wrong."""
    look = b"".join(
        store(KERNEL_DATA + 8 * r, f"{0x48 | r >> 3 << 2:02x} 89 {0x04 | (r & 7) << 3:02x} 25") for r in range(16)
    )
    yield lab.function("looks", look + h("9c 58") + store(KERNEL_DATA + 128, "48 89 04 25") + h("b807000000 c3"))
    for slot in (ptregs.BX, ptregs.R12, ptregs.DI, ptregs.R11, ptregs.CX, ptregs.SP, ptregs.FLAGS, ptregs.AX):
        yield lab.function(f"changes_{ptregs.NAMES[slot]}", h("48c787") + struct.pack("<Ii", 8 * slot, 0x246) + h("c3"))
    yield lab.function("traps", h("488187") + struct.pack("<II", 8 * ptregs.FLAGS, TRAP) + h("31c0 c3"))
    yield lab.function("fails", h("48c7c0daffffff c3"))
    yield lab.function("null", h("55 4889e5 31c0 8b00 5d c3"))
    yield lab.function("bug", h("55 4889e5 0f0b 5d c3"))
    yield lab.function("divides", h("31c9 f7f1 c3"))
    getpid = lab.k.symbols.lookup("__x64_sys_getpid")
    assert getpid is not None
    yield lab.function("getpid_and_more", h("55 4889e5") + mov_rax(getpid.address) + h("ffd0 48ffc0 5d c3"))


class Roads:
    """A machine for each of the two roads, in the same state."""

    def __init__(self, release: str) -> None:
        self.labs = [MachineLab(release), MachineLab(release)]
        self.short, self.text = self.kernels = [lab.k for lab in self.labs]
        self.text.cpu.always_by_text = True
        self.functions = [[*kernel_functions(lab)] for lab in self.labs]
        k = self.short
        self.built = [nr for nr in range(k.nr_syscalls) if k.syscall_state(nr) == "built" and nr not in BODIES_LEFT_OUT]
        self.built += [MACHINE_CODE] * (len(self.built) // 4)

    def differs(self, seed: object) -> str:
        """What is not the same after a random program; "" if nothing is."""
        rnd = Random(f"both roads {seed}")
        code, calls = program(rnd, self.built)
        function, budget = rnd.randrange(len(self.functions[0])), rnd.choice((0, 0, 500_000))
        for k, functions in zip(self.kernels, self.functions, strict=True):
            k.memory.poke(k.sys_call_table + 8 * MACHINE_CODE, functions[function].to_bytes(8, "little"))
            k.switch[MACHINE_CODE] = functions[function]
        short, text = (run(k, code, calls, budget) for k in self.kernels)
        return next((name for name in short if short[name] != text[name]), "")


def run(k: Kernel, code: bytes, calls: int, budget: int) -> dict[str, object]:
    """Run a program until it has made its calls, and say what there is then."""
    data = b"".join(path.ljust(64, b"\0") for path in PATHS)
    revive_shell_task(k)
    task = load_program(
        k, [Segment(TEXT, code, len(code), "r-x"), Segment(DATA, data, DATA_SIZE, "rw-")], TEXT, "p", ["p"]
    )
    task.regs[ptregs.SP] = STACK
    k.cpu.reset()
    with k.cpu.ctrl_c:
        outcome = run_task(k, task, calls=calls, budget=budget)
    found: dict[str, object] = {
        "outcome": (outcome.kind, outcome.status, _facts(outcome.signal)),
        "registers": task.regs.tolist(),
    }
    pages = task.mm.pages.user_pages() if task.is_alive else ()
    found["user memory"] = {address: page(k, entry) for address, entry in pages}
    found["kernel memory"] = kernel_memory(k)
    found["clock"], found["log"] = k.clock.ns, [record.text for record in k.log.since(0)[-80:]]
    found["statistics"] = {nr: (each.count, each.errors) for nr, each in k.statistics.items()}
    do_exit(k, task, 0)
    release_task(k, task)
    k.switch_to(k.shell_task)
    return found


def _facts(signal: Siginfo | None) -> tuple[object, ...]:
    return () if signal is None else (signal.signo, signal.code, signal.address, signal.ip, signal.why)


def page(k: Kernel, entry: int) -> bytes:
    """The page behind a page-table entry."""
    frame = entry & FRAME_MASK
    return bytes(k.ram.bytes[frame : frame + PAGE_SIZE])


def kernel_memory(k: Kernel) -> dict[int, bytes]:
    """Every page of the kernel's half, and every table; of a stack only what stands from pt_regs up."""
    found = {}
    for address, shift, entry in k.memory.space.kernel_half():
        data = page(k, entry) if shift == 12 else b""
        if layout.VMALLOC <= address < layout.VMALLOC + (1 << 40) and shift == 12:
            is_top = address % layout.STACK_STRIDE == layout.THREAD_SIZE - PAGE_SIZE
            data = data[-ptregs.SIZE :] if is_top else b""
        found[address | shift] = data
    return found


def main(programs: int = 5000, seed: int = 1) -> int:
    """Many of them; the figures on the last line."""
    started, failures = time.time(), 0
    for number in range(programs):
        if number % 300 == 0:
            roads = Roads(RELEASES[number // 300 % len(RELEASES)])
        what = roads.differs((seed, number))
        if what:
            failures += 1
            print(f"{roads.short.release}: seed {seed}, program {number}: {what}", flush=True)
            roads = Roads(roads.short.profile.name)
    print(f"both_roads: {programs} programs in {time.time() - started:.0f} s, {failures} failures")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
