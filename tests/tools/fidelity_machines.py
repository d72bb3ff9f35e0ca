"""The two machines: Linux, by a C program that runs each ELF in a root of its own, and kshell."""

import hashlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import traceback
from pathlib import Path

from fidelity_program import LOGFD, NR, TEXT
from scratch import SCRATCH

RUNNER = Path(__file__).with_name("fidelity_runner.c")
BUDGET = 3_000_000  # instructions of a program in kshell
ENDS = {1: "exit", 2: "signal", 3: "blocked", 4: "timeout"}  # what the runner says
ANSWER, REGISTERS_AT, REGISTERS_END = 252, 32, 248  # bytes of its answer before the log, and of the registers in it
USER_REGS = (  # struct user_regs_struct
    *("r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di", "orig_ax"),
    *("ip", "cs", "flags", "sp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"),
)
CODES = {  # si_code: the numbers of the names that end programs
    "SI_USER": 0,
    "SI_KERNEL": 128,
    "SI_QUEUE": -1,
    "SI_TIMER": -2,
    "SI_MESGQ": -3,
    "SI_TKILL": -6,
    "SI_ASYNCNL": -60,
    "TRAP_BRKPT": 1,
    "TRAP_TRACE": 2,
    "SEGV_MAPERR": 1,
    "SEGV_ACCERR": 2,
    "BUS_ADRALN": 1,
    "BUS_ADRERR": 2,
    "BUS_OBJERR": 3,
    "ILL_ILLOPC": 1,
    "ILL_ILLOPN": 2,
    "ILL_ILLADR": 3,
    "ILL_ILLTRP": 4,
    "ILL_PRVOPC": 5,
    "ILL_PRVREG": 6,
    "FPE_INTDIV": 1,
    "FPE_INTOVF": 2,
    "FPE_FLTDIV": 3,
    "FPE_FLTOVF": 4,
    "FPE_FLTUND": 5,
    "FPE_FLTRES": 6,
    "FPE_FLTINV": 7,
    "FPE_FLTSUB": 8,
}


class Native:
    """Linux: the runner, compiled once."""

    def __init__(self, uid, traced=True):
        text = RUNNER.read_bytes()
        path = SCRATCH / f"kshell_runner_{hashlib.sha1(text).hexdigest()[:10]}"
        if not path.exists():
            subprocess.run(["gcc", "-O1", "-w", "-o", path, RUNNER], check=True)
        command = [path, str(uid), SCRATCH / f"kshell_root_{os.getpid()}", *([] if traced else ["untraced"])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, elf):
        """How a program ended: a dict of kind, status, code, addr, rip, log and regs."""
        self.process.stdin.write(struct.pack("<I", len(elf)) + elf)
        self.process.stdin.flush()
        head = self.process.stdout.read(ANSWER)
        if len(head) < ANSWER:
            raise SystemExit("the native runner ended: is this root, with mount namespaces?")
        kind, status, code, _, addr, rip, size = struct.unpack("<iiiiQQI", head[:REGISTERS_AT] + head[REGISTERS_END:])
        regs = dict(zip(USER_REGS, struct.unpack("<27Q", head[REGISTERS_AT:REGISTERS_END]), strict=True))
        log = self.process.stdout.read(size)
        return {
            "kind": ENDS.get(kind, "?"),
            "status": status,
            "code": code,
            "addr": addr,
            "rip": rip,
            "log": log,
            "regs": regs,
        }


class Kshell:
    """kshell: a worker process, which boots a machine for each program."""

    def __init__(self, python, kernel, uid):
        tool = Path(__file__).with_name("fidelity.py")
        self.process = subprocess.Popen(
            [os.path.abspath(python), tool, "--worker", kernel, str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
        )

    def send(self, segments):
        """Begin a program; `answer` waits for it."""
        data = pickle.dumps(segments)
        self.process.stdin.write(struct.pack("<I", len(data)) + data)
        self.process.stdin.flush()

    def answer(self):
        """How it ended, as Native.run has it; kind "CRASH" with a text for an exception of kshell's own."""
        head = self.process.stdout.read(4)
        if len(head) < 4:
            raise SystemExit("kshell's worker died")
        return pickle.loads(self.process.stdout.read(struct.unpack("<I", head)[0]))


def worker(kernel, uid):
    """The worker's process: segments from standard input, answers to standard output."""
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else gets among the answers
    while len(head := stdin.read(4)) == 4:
        segments = pickle.loads(stdin.read(struct.unpack("<I", head)[0]))
        try:
            answer = _run(kernel, uid, segments)
        except BaseException as error:
            text = "".join(traceback.format_exception(error))[-1500:]
            answer = {"kind": "CRASH", "status": 0, "code": 0, "addr": 0, "rip": 0, "log": b"", "text": text}
        data = pickle.dumps(answer)
        stdout.write(struct.pack("<I", len(data)) + data)
        stdout.flush()


def _run(kernel, uid, segments):
    """One program on a fresh machine, whose descriptors are as the runner's."""
    from kshell.api import boot

    machine = boot(kernel, f"uid={uid}" if uid else "")
    machine.syscall(NR["open"], b"/dev/tty", 1, 0)
    machine.syscall(NR["dup2"], 3, LOGFD)
    machine.syscall(NR["close"], 3)
    machine.syscall(NR["open"], b"/dev/null", 2, 0)
    for fd in range(3):
        machine.syscall(NR["dup2"], 3, fd)
    machine.syscall(NR["close"], 3)
    done = machine.run(segments, TEXT, ["prog"], BUDGET)
    answer = {"kind": "exit" if done.kind == "exited" else done.kind, "status": done.exit_status}
    answer |= {"code": 0, "addr": 0, "rip": 0, "log": done.output, "regs": done.registers}
    if (found := done.signal) is not None:
        code = CODES[found.code] if found.code in CODES else int(found.code)
        answer |= {"status": _number(found.name), "code": code}
        answer |= {"addr": found.address or 0, "rip": found.ip}
    return answer


def _number(name):
    """The number of a signal."""
    return 32 + int(name[6:]) if name.startswith("SIGRT_") else signal.Signals[name].value
