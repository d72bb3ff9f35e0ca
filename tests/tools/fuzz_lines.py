"""Random command lines, and mutated system call tables through `table check`.

    .venv/bin/python tests/tools/fuzz_lines.py [LINES=24000] [SECONDS=150] [SEED=1]

Every other batch of lines goes to a machine in this process (which answers what --json prints), the rest to the
`kshell` command as plain text.  Fails on an internal error, a traceback, a wrong status, a getpid that does not answer;
what took more than 5 s is named.  The last line has the figures; exit status 1 on a failure.
"""

import gc
import os
import random
import re
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from scratch import KSHELL, SCRATCH
from workers import options

from kshell.api import Machine, boot

WORK = SCRATCH / "w4"
BATCH = 250  # lines
GETPID_EVERY = 50
SLOW, HANG = 5, 120  # seconds: of a line, of a batch of the command
SEVERAL = "execute takes one command"  # what the face says of a line with none, or more; they were executed
STATUSES = (0, 1)
ENDS = ("exit", "quit", "q")
TABLES = ("4.19", "course", "6.19")
# Words that are no commands here, but answered.
FOREIGN = """. ? disassemble reboot alias apropos as awk bg bpftrace cc cd chmod clang clear cls cmake cmp code comm cp
crash ctrl-c date defconfig depmod doas ed egrep emacs env export fg find free g++ gcc gdb gedit git gmake grep groups
grub-mkconfig halt head hexdump hostname htop id info init installkernel jobs journalctl kbuild kgdb kill killall ld
less lldb localmodconfig login lsof ltrace make-kpkg menuconfig mkdir mkinitcpio more mount mv nano nasm ninja nm nohup
notepad nvim objdump od oldconfig patch perf pico pkill popd poweroff print printf ps pstree pushd pwd python python3
readelf reset rg rm rmdir sed service set setenv shutdown sleep stat strace su sudo syscalls sysctl systemctl tail tcc
tee top touch uname unset update-grub update-initramfs uptime vi view vim vmstat whoami xxd""".split()
WORDS = [
    *r"""0 -1 42 0x10 0xffffffff81000000 18446744073709551616 99999999999999999999999999 089 1e9 buf:8 buf: buf:-1
buf:99999999999 NULL "a\n" "\x" " ' '' 'x' &sys_call_table & $rsp $ phys:0 phys: sys_call_table[3]
sys_call_table[99999999] -- - -l -n --grep --raw --during --json ( [ * | || > >> < O_RDWR| O_CREAT|O_RDWR / /etc
/dev/zero /proc/kallsyms /sys/module \ é write read getpid 335 hello on off syscall x/4gx /4i /99999gx /-1gx /0x --hex
0f05 bc --state built --abi x32 5-1 0-9 check ; # = a=b name=val new copy 4.19 6.19 course nosmap uid=1000 uid=x t m.py
./t ../x ~ ~nobody ~root . .. a.s m.tbl -C -j -j4 M=. V=1 clean install modules_install all help modules config $HOME
`id` $(id) %s %n {} {0} test_call nanosleep openat 'rmmod m' 'insmod m.py' 'syscall getpid' syscallModule sleepy 'a b'
-w -c -S -D ! !! ^a^b !$ *.py ?""".split(),
    *("\0", "\x1b[0m", "\udcff", "\U0001f600", ""),
]
MODULE = """\
from kshell.linux import *

level = Param('level', 1)
module_param(level, 'int', 0o644)

def init(k: Kernel) -> int:
    return 0

def leave(k: Kernel) -> None:
    pass

module_init(init)
module_exit(leave)
MODULE_LICENSE('GPL')
"""
INSERTS = [
    *(b"\t", b"\n", b"\r", b"#", b"99999999999999999999 ", b"\0", b"\xff"),
    *(b"common x32 64 i386 ", b"__x64_sys_", b" " * 3000),
]


class Lines:
    """Random lines; `tables` counts those that check a table."""

    def __init__(self, seed: int) -> None:
        self.d = random.Random(seed)
        machine = boot()
        self.commands = sorted(row["name"] for row in machine.execute("help")["result"]["commands"])
        self.known = sorted({*self.commands, *FOREIGN} - set(ENDS))
        rows = {name: boot(name).execute("table")["result"]["entries"] for name in TABLES}
        self.sources = [b"".join(_row(row) for row in table) for table in rows.values()]
        self.tables = 0

    def next(self) -> str:
        """A line that does not end the session and names no file outside the folder."""
        while True:
            line = self._line()
            outside = "tree new /" in line or "tree new ~" in line or ".." in line
            if not outside and not any(word in ENDS for word in re.split(r"[\s;]+", line)):
                return line

    def _line(self) -> str:
        d, kind = self.d, self.d.random()
        if kind < 0.05:
            (WORK / f"m{self.tables}.tbl").write_bytes(self._table())
            self.tables += 1
            return f"table check m{self.tables - 1}.tbl"
        if kind < 0.15:
            codes = ((d.randrange(32, 127), d.randrange(1, 0x250), d.randrange(0x20, 0x110000)) for _ in range(60))
            text = "".join(chr(d.choice(code)) for code in list(codes)[: d.randrange(60)])
            return re.sub(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", text.encode("utf-8", "replace").decode())
        line = " ".join(
            [d.choice(self.commands if d.random() < 0.75 else self.known), *d.choices(WORDS, k=d.randrange(7))]
        )
        return line + " " + d.choice(WORDS) * 20_000 if d.random() < 0.02 else line

    def _table(self) -> bytes:
        """A table with up to 300 wounds."""
        d = self.d
        table = bytearray(d.choice(self.sources))
        for _ in range(d.choice([1, 3, 20, 300])):
            i, kind = d.randrange(len(table)), d.random()
            if kind < 0.4:
                table[i] = d.randrange(256)
            elif kind < 0.6:
                del table[i : i + d.randrange(1, 40)]
            elif kind < 0.8:
                table[i:i] = d.choice(INSERTS)
            else:
                table[i:i] = table[d.randrange(len(table)) :][: d.randrange(1, 200)]
        return bytes(table)


def _row(row: dict[str, object]) -> bytes:
    """A row of a .tbl file."""
    return "\t".join(str(row[key]) for key in ("nr", "abi", "name", "entry") if row.get(key)).encode() + b"\n"


class Attack:
    """What has failed, and what was slow."""

    def __init__(self) -> None:
        self.failures = 0
        self.slow: list[tuple[str, float]] = []

    def bad(self, line: str, why: str) -> None:
        """Print and count a failure."""
        self.failures += 1
        print(f"FAIL {line!r}"[:700] + f": {why}"[:900], flush=True)

    def machine(self, lines: list[str]) -> None:
        """Execute lines on a machine in this process."""
        gc.collect()
        machine = boot()
        for i, line in enumerate(lines):
            began = time.time()
            self._execute(machine, line)
            if (took := time.time() - began) > SLOW:
                self.slow.append((line[:80], round(took, 1)))
            if i % GETPID_EVERY == 0 and not isinstance(machine.syscall("getpid"), int):
                self.bad(line, "getpid after it")

    def _execute(self, machine: Machine, line: str) -> None:
        try:
            answer = machine.execute(line)
        except ValueError as error:
            if SEVERAL not in str(error):
                self.bad(line, traceback.format_exc()[-900:])
            return
        except BaseException:
            self.bad(line, traceback.format_exc()[-900:])
            return
        if answer["status"] not in STATUSES:
            self.bad(line, f"status {answer['status']} {answer.get('error')}")

    def command(self, lines: list[str]) -> None:
        """Give lines to the command; where it ends too early, go on behind the line that ended it."""
        for rest in self._parts(lines):
            text = "".join(f"{line}\necho @@{i}@@\n" for i, line in enumerate(rest)) + "syscall getpid\n"
            began = time.time()
            try:
                done = subprocess.run(
                    [KSHELL, "--keep-going"],
                    input=text.encode("utf-8", "surrogateescape"),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=HANG,
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                )
            except subprocess.TimeoutExpired as error:
                self.bad(repr(rest), f"hangs {(error.stdout or b'')[-300:]!r}")
                return
            if (took := time.time() - began) > SLOW * 4:
                self.slow.append((f"{len(rest)} lines as text", round(took, 1)))
            self._read(rest, done)

    def _parts(self, lines: list[str]) -> Iterator[list[str]]:
        """The lines, and again those behind the line after which nothing was answered."""
        self.reached = -1
        while lines:
            yield lines
            lines = lines[self.reached + 2 :] if self.reached + 1 < len(lines) else []

    def _read(self, lines: list[str], done: subprocess.CompletedProcess[bytes]) -> None:
        """Find what is wrong in the command's answers, and how far it came."""
        marks = list(re.finditer(rb"^@@(\d+)@@\r?$", done.stdout, re.MULTILINE))
        self.reached = int(marks[-1][1]) if marks else -1
        for trouble in re.finditer(rb"internal error|Traceback", done.stdout):
            after = next((int(mark[1]) for mark in marks if mark.start() > trouble.start()), self.reached + 1)
            line = lines[min(after, len(lines) - 1)]
            self.bad(line, f"as text: {done.stdout[trouble.start() : trouble.start() + 600]!r}")
        if done.returncode < 0:
            self.bad(lines[min(self.reached + 1, len(lines) - 1)], f"ended by signal {-done.returncode}")
        elif self.reached == len(lines) - 1 and not re.search(rb"getpid\(\)\s*= \d+", done.stdout[marks[-1].start() :]):
            self.bad(lines[-1], f"getpid after it: {done.stdout[-300:]!r}")


def main() -> int:
    """All batches; returns the exit status."""
    count, seconds, seed = options(24_000, 150.0, 1)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    os.chdir(WORK)
    Path("m.py").write_text(MODULE)
    Path("a.s").write_text("_start: mov eax, 60\n syscall\n")
    lines, attack, began, done = Lines(int(seed)), Attack(), time.time(), 0
    while done < count and time.time() - began < seconds:
        batch = [lines.next() for _ in range(min(BATCH, int(count) - done))]
        (attack.command if done // BATCH % 2 else attack.machine)(batch)
        done += len(batch)
    print("slow:", attack.slow)
    took = time.time() - began
    print(f"fuzz_lines: {done} lines ({lines.tables} tables) in {took:.0f} s, {attack.failures} failures")
    return int(attack.failures > 0)


if __name__ == "__main__":
    sys.exit(main())
