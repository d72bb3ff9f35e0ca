"""Commands that run long, each in its own way, and the files they need."""

import struct

from fuzz_exhaust_lib import prog_sys
from ptylib import WORK

TEXT = 0x401000
PATH_AT = 0x180  # where `zread` has its path
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
}
SECOND_OF_YEARS = r"\xff\xff\xff\xff\xff\xff\xff\x0f\0\0\0\0\0\0\0\0"


def write_files() -> None:
    """What the commands read: modules, a long table, a long script, a long program."""
    WORK.mkdir(parents=True, exist_ok=True)
    for name, body in MODULES.items():
        (WORK / f"{name}.py").write_text(MODULE.format(body=body.strip()))
    (WORK / "big.tbl").write_text("".join(f"{i % 4000} common call{i} sys_call{i}\n" for i in range(120_000)))
    (WORK / "long.ksh").write_text("syscall getpid\n" * 20_000)
    (WORK / "bigasm.s").write_text("_start:\n" + "  mov rax, [rbx + rcx*4 + 17]\n" * 20_000)


def _looped(code: bytes) -> bytes:
    """The code, and a jump back to its start."""
    return code + b"\xeb" + struct.pack("b", -len(code) - 2)


def _spam() -> bytes:
    """write(1, text, 4096) for ever."""
    return _looped(prog_sys(1, 1, TEXT, 4096))


def _zread() -> bytes:
    """read(open("/dev/zero"), 48 MiB) for ever."""
    room, size = 0x10000000, 48 << 20
    opened = prog_sys(9, room, size, 3, 0x32, -1, 0) + prog_sys(257, -100, TEXT + PATH_AT, 0) + b"\x89\xc7\x89\xc3"
    read = bytes.fromhex("89df be00000010 ba00000003 31c0 0f05")  # read(ebx, room, size)
    return (opened + _looped(read)).ljust(PATH_AT, b"\0") + b"/dev/zero\0"


COMMANDS = {
    "loop": "run --hex ebfe",
    "loopcall": "run --hex b8270000000f05ebf7",
    "rep": "run --hex 48b9ffffffffffffff7f48bf00f0ffffff7f0000f3aa",
    "fault": "run --hex 0f0b",
    "traceloop": "trace run --hex b8270000000f05ebf7",
    "spam": f"run --hex {_spam().hex()}",
    "zread": f"run --hex {_zread().hex()}",
    "insmodloop": "insmod loopinit.py",
    "sleeper": "insmod sleeper.py",
    "rec": "insmod rec.py",
    "printer": "insmod printer.py",
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
NOT_ENTERED = ("prompt", "half")  # Return is not pressed behind these
