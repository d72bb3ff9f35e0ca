"""Commands that run long, each in its own way, and the files they need."""

import struct

from fuzz_exhaust_lib import movabs, prog_sys
from ptylib import WORK

TEXT = 0x401000
PATH_AT = 0x380  # where a program has the path that it opens
ROOM, MIB = 0x10000000, 1 << 20
MODULE = """\
from kshell.linux import *


{body}

module_init(init)
MODULE_LICENSE('GPL')
"""
MODULES = {
    "loopinit": """
def init(k: Kernel) -> int:
    while True:
        pass
    return 0
""",
    "sleeper": """
def init(k: Kernel) -> int:
    while True:
        msleep(k, 1)
    return 0
""",
    "rec": """
def f(k: Kernel, n: int) -> int:
    return f(k, n - 1) + f(k, n - 2) if n > 1 else 1


def init(k: Kernel) -> int:
    return f(k, 60)
""",
    "printer": """
def init(k: Kernel) -> int:
    while True:
        k.printk(KERN_INFO, 'hello')
    return 0
""",
    "warner": """
def init(k: Kernel) -> int:
    while True:
        WARN_ON(1)
    return 0
""",
    "comparer": """
def init(k: Kernel) -> int:
    while True:
        memcmp(k, Ptr[Void](0xffffffff81000000), Ptr[Void](0xffffffff81000000), 4096)
        kallsyms_lookup_name(k, 'nothing')
        kfree(k, kmalloc(k, 4 << 20, GFP_KERNEL))
    return 0
""",
    "wide": """
n = Param('n', 1)


def init(k: Kernel) -> int:
    buf: Array[Char] = Array(Char, 16)
    while True:
        snprintf(k, buf, 16, f'{k.read(n):2147483647d}')
    return 0
""",
}
EMPTY = "def init(k: Kernel) -> int:\n    return 0"
FUNCTION = "def f{0}(k: Kernel, n: Int) -> Int:\n    return n * {0} if n > {0} else n - {0}\n"
SECOND_OF_YEARS = r"\xff\xff\xff\xff\xff\xff\xff\x0f\0\0\0\0\0\0\0\0"


def write_files() -> None:
    """What the commands read: modules, a long table, a long script, a long program."""
    WORK.mkdir(parents=True, exist_ok=True)
    for name, body in MODULES.items():
        (WORK / f"{name}.py").write_text(MODULE.format(body=body.strip()))
    (WORK / "big.tbl").write_text("".join(f"{i % 4000} common call{i} sys_call{i}\n" for i in range(120_000)))
    (WORK / "long.ksh").write_text("syscall getpid\n" * 20_000)
    (WORK / "modules.ksh").write_text("modprobe hello\nrmmod hello\n" * 5000)
    (WORK / "many.py").write_text(MODULE.format(body="".join(map(FUNCTION.format, range(2500))) + EMPTY))
    for name, program in PROGRAMS.items():
        (WORK / f"{name}.bin").write_bytes(program)
    (WORK / "bigasm.s").write_text("_start:\n" + "  mov rax, [rbx + rcx*4 + 17]\n" * 20_000)


def _looped(code: bytes) -> bytes:
    """The code, and a jump back to its start."""
    return code + b"\xe9" + struct.pack("<i", -len(code) - 5)


def _spam() -> bytes:
    """write(1, text, 4096) for ever."""
    return _looped(prog_sys(1, 1, TEXT, 4096))


def _with_file(path: bytes, code: bytes, room: int = 48 * MIB) -> bytes:
    """The code for ever, with `path` open in ebx and so much room at ROOM."""
    mapped = prog_sys(9, ROOM, room, 3, 0x32, -1, 0)
    opened = prog_sys(257, -100, TEXT + PATH_AT, 0o102, 0o644) + b"\x89\xc3"
    return (mapped + opened + _looped(code)).ljust(PATH_AT, b"\0") + path + b"\0"


def _on_file(nr: int, size: int) -> bytes:
    """A call with the open file, ROOM, and a size."""
    return bytes.fromhex("89df") + movabs(6, ROOM) + movabs(2, size) + b"\xb8" + struct.pack("<I", nr) + b"\x0f\x05"


def _vectors() -> bytes:
    """1024 times the same two MiB of the room, as an iovec at its start."""
    entry = bytes.fromhex("488907 48895708 4883c710 ffc9")  # [rdi] = rax; [rdi + 8] = rdx; rdi += 16; ecx--
    begin = movabs(7, ROOM) + movabs(0, ROOM + MIB) + movabs(2, 2 * MIB) + movabs(1, 1024)
    return begin + entry + b"\x75" + struct.pack("b", -len(entry) - 2)


def _mapping(*calls: bytes) -> bytes:
    return _looped(b"".join(calls))


PROGRAMS = {
    "zread": _with_file(b"/dev/zero", _on_file(0, 48 * MIB)),
    "readv": _with_file(b"/dev/zero", _vectors() + _on_file(19, 1024)),
    "writev": _with_file(b"/dev/tty", _vectors() + _on_file(20, 1024)),
    "fwritev": _with_file(b"/tmp/f", _vectors() + _on_file(20, 1024)),
    "mmap": _mapping(prog_sys(9, 0, 4096, 1, 0x22, -1, 0), prog_sys(9, 0, 4096, 3, 0x22, -1, 0)),
    "populate": _mapping(prog_sys(9, ROOM, 40 * MIB, 3, 0x8032, -1, 0), prog_sys(11, ROOM, 40 * MIB)),
    "mprotect": prog_sys(9, ROOM, 40 * MIB, 3, 0x8032, -1, 0)
    + _mapping(prog_sys(10, ROOM, 40 * MIB, 1), prog_sys(10, ROOM, 40 * MIB, 3)),
}

COMMANDS = {
    "loop": "run --hex ebfe",
    "loopcall": "run --hex b8270000000f05ebf7",
    "rep": "run --hex 48b9ffffffffffffff7f48bf00f0ffffff7f0000f3aa",
    "fault": "run --hex 0f0b",
    "traceloop": "trace run --hex b8270000000f05ebf7",
    "spam": f"run --hex {_spam().hex()}",
    **{name: f"run {name}.bin" for name in PROGRAMS},
    "insmodloop": "insmod loopinit.py",
    "sleeper": "insmod sleeper.py",
    "rec": "insmod rec.py",
    "printer": "insmod printer.py",
    "warner": "insmod warner.py",
    "comparer": "insmod comparer.py",
    "wide": "insmod wide.py",
    "ccmany": "cc many.py",
    "insmodmany": "insmod many.py",
    "modules": "source modules.ksh",
    "back": "run --hex b900000020ffc975fc31ffb83c0000000f05; back",
    "search": "\x12sys",
    "lint": "lesson lint hijacking-a-call",
    "make": "make -C ct",
    "makeclean": "make -C ct clean",
    "boot": "boot",
    "boot6": "boot 6.19",
    "treenew": "tree new ct2 --force",
    "tablecheck": "table check big.tbl",
    "longsrc": "source long.ksh",
    "read0": "syscall read 0 buf:10 10",
    "sleep": f'syscall nanosleep "{SECOND_OF_YEARS}" 0',
    "writebig": "syscall write 1 0x402000 16777216",
    "table": "table",
    "help": "help",
    "man": "man write",
    "asmbig": "run bigasm.s",
    "kallsyms": "kallsyms",
    "diff": "diff ct",
    "prompt": "",
    "half": 'syscall write 1 "a',
    "lock": "run --hex f00fabeaebfa",
    "mxcsr": "run --hex 0fae1424ebfa",
    "smc": "run --hex e800000000ebf9",
    "pf": "run --hex 48c7c0000050008800ebfc",
    "step": "trace run --hex ebfe",
    "modloop": "modprobe sleepy",
    "bigx": "x/100000gx sys_call_table",
    "disas": "disas 0xffffffff81000000 4000",
    "getrandom": "syscall getrandom 0x402000 16777216 0",
}
NOT_ENTERED = ("prompt", "half", "search")  # Return is not pressed behind these
