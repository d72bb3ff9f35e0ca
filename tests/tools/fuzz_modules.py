"""Random modules: sources in the language, and damaged object files, loaded and called.

    .venv/bin/python tests/tools/fuzz_modules.py [MODULES=200000] [SECONDS=180] [SEED=1] [WORKERS=2]

Four of five are sources: of a grammar, or a sample with a few of its words changed for those of hostile Python; the
rest are .ko files with bytes changed, cut or added, half of which a program loads, too.  Whatever comes of one, no file
of the host is opened, nothing is executed by Python, and the shell goes on, on a new machine where a panic has ended
the last.  The last line has the figures; exit status 1 on a failure.  One again: fuzz_modules.py 1 60 SEED 1.
"""

import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from language import module
from workers import attack

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kshell.api import Machine, boot

BATCH, LIVES = 1000, 20  # modules that one machine is for
WARM = range(1, 40)  # whatever is made when it is first needed is made by these
ROOMS = ("abi", "machine", "kernel", "strace", "cc", "kbuild", "shell")  # that are imported late
ROOT = Path(__file__).resolve().parents[2]
SLOW = 15  # seconds
BUDGET = 20_000  # instructions
SAMPLES = sorted(path for path in (ROOT / "kshell" / "modules").rglob("*.py") if path.name != "__init__.py")
WATCHED = ("os.", "subprocess.", "socket.", "shutil.", "exec", "ctypes.dlopen", "webbrowser", "urllib")
ALLOWED = (str(ROOT), sys.prefix, sys.base_prefix, os.path.dirname(os.__file__))


class Escaped(Exception):
    """Something reached the host."""


class Host:
    """What Python tells of accesses to the host, while it is watched; `folder` is where modules lie."""

    def __init__(self, folder: str) -> None:
        self.folder, self.is_on, self.seen = folder, False, []
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple) -> None:
        """Note what no module may cause: Python's own files are read when a room is first imported."""
        if not self.is_on or not (event == "open" or event.startswith(WATCHED)):
            return
        if event == "open" and isinstance(arguments[0], int):  # a descriptor, whose own opening was heard
            return
        if event in ("open", "ctypes.dlopen") and str(arguments[0]).startswith((*ALLOWED, self.folder)):
            return
        if event == "exec" and getattr(arguments[0], "co_filename", "").startswith((*ALLOWED, "<frozen")):
            return
        if event in ("os.listdir", "os.scandir") and str(arguments[0]).startswith((*ALLOWED, self.folder)):
            return
        self.seen.append(f"{event} {arguments!r}"[:200])


def damaged(d: random.Random, data: bytes) -> bytes:
    """An object file with a few bytes changed, a piece gone, or another one in its place."""
    found = bytearray(data)
    for _ in range(d.choice([1, 1, 2, 4, 16])):
        at, kind = d.randrange(len(found)), d.random()
        if kind < 0.6:
            found[at] = d.choice([0, 1, 0x7F, 0x80, 0xFF, found[at] ^ 1 << d.randrange(8), d.randrange(256)])
        elif kind < 0.75:
            value = d.choice([0, 1, 8, 0xFFFF, 1 << 31, (1 << 32) - 1, (1 << 64) - 1, d.getrandbits(64)])
            found[at : at + 8] = value.to_bytes(8, "little")
        elif kind < 0.85:
            del found[at : at + d.randrange(1, 64)]
        else:
            start = d.randrange(len(found))
            found[at : at + 24] = found[start : start + 24]
    return bytes(found) or b"\0"


def write_module(machine: Machine, folder: str, number: int) -> str:
    """The file of a number; its path."""
    d = random.Random(number)
    path = Path(folder, "m.py")
    if number % 5:
        path.write_text(module(d, SAMPLES), encoding="utf-8", errors="surrogatepass")
        return str(path)
    built = Path(folder, "m.ko")
    machine.execute(f"cc '{d.choice(SAMPLES)}' -o '{built}'")
    built.write_bytes(damaged(d, built.read_bytes()))
    return str(built)


def program(number: int, *arguments: int) -> bytes:
    """A system call, and exit."""
    loads = [
        b"\x48" + bytes([code]) + (value % (1 << 64)).to_bytes(8, "little")
        for code, value in zip(b"\xbf\xbe\xba", arguments, strict=False)
    ]
    leave = b"\xb8" + (60).to_bytes(4, "little") + b"\x0f\x05"
    return b"".join(loads) + b"\xb8" + number.to_bytes(4, "little") + b"\x0f\x05" + leave


def attempt(machine: Machine, path: str, d: random.Random) -> str:
    """Load, call, unload; what must not have come.  Whatever the kernel or the compiler refuses is right."""
    arguments = [d.choice([0, 1, 2, -1, 4096, 0x500000, 1 << 63]) for _ in range(3)]
    if path.endswith(".ko") and d.random() < 0.5:  # by a program, first
        data = Path(path).read_bytes()
        for call in (("init_module", data, len(data), b""), ("delete_module", b"m", 0)):
            machine.syscall(*call)
            machine.run(program(335, *arguments), budget=BUDGET)
    for line in (f"insmod '{path}'", "rmmod -f m"):
        told = machine.execute(line)
        if told["status"] not in (0, 1, 4):  # 4: it oopsed
            return f"{line}: {told}"
        machine.run(program(335, *arguments), budget=BUDGET)
    kind = machine.run(program(39), budget=BUDGET).kind
    return "" if kind in ("exited", "signal", "budget") else f"getpid: {kind}"


def one(machine: Machine, host: Host, number: int) -> str | None:
    """What went wrong with the module of a number."""
    started = time.time()
    path = write_module(machine, host.folder, number)
    try:
        host.seen.clear()
        host.is_on = True
        bad = attempt(machine, path, random.Random(~number))
    except BaseException as error:
        bad = f"{type(error).__name__}: {error} {traceback.format_exc()[-1500:]}"
        if type(error).__name__ == "KernelPanic":  # a damaged object wrote over what the CPU needs: the kernel says so
            bad = "" if machine.execute("boot")["status"] == 0 else "no machine boots after the panic"
    finally:
        host.is_on = False
    if host.seen:
        bad = f"reached the host: {host.seen[:3]}"
    if not bad and time.time() - started > SLOW:
        bad = f"slow {time.time() - started:.1f} s"
    return f"seed {number}: {bad}" if bad else None


def main() -> int:
    """Attack; returns the exit status."""

    def child(numbers: range, tell: Callable[[int], None], report: Callable[[str], None]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            host = Host(folder)
            for room in ROOMS:
                for each in walk_packages([str(ROOT / "kshell" / room)], f"kshell.{room}."):
                    import_module(each.name)
            import_module("elftools.elf.elffile")  # an oops reads the lines of a module by it
            for number in WARM:
                tell(numbers.start)
                one(boot(), host, number)
            machine, left = boot(), LIVES
            for number in numbers:
                if not left:
                    machine, left = boot(("course", "6.19")[number % 3 == 0]), LIVES
                tell(number)
                bad = one(machine, host, number)
                left = 0 if bad else left - 1
                if bad:
                    report(bad)

    return attack("fuzz_modules", "modules", BATCH, child, lambda number: f"module {number}")


if __name__ == "__main__":
    sys.exit(main())
