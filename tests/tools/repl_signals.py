"""Scenarios of what happens to the process: signals, a terminal that goes away, output that cannot be stopped."""

import os
import signal
import time
from pathlib import Path

from ptylib import CTRL_C, HISTORY, PROMPT
from r1lib import fresh
from repl_scenario import bad, check, do, scenario, start

LOOP = b"run --hex ebfe\r"
SIGNALS = (
    *((signal.SIGTERM, b""), (signal.SIGHUP, b""), (signal.SIGTERM, LOOP), (signal.SIGHUP, LOOP)),
    *((signal.SIGQUIT, b""), (signal.SIGUSR1, b"")),
)


@scenario
def signals() -> None:
    """A signal ends the session, at the prompt and in a program."""
    for number, text in SIGNALS:
        fresh()
        session = do(start(), b"syscall getpid\r")
        session.expect(rb"= \D*\d+")
        do(session, text, 1.5 if text else 0.3)
        os.kill(session.pid, number)
        began = time.time()
        status = session.wait(5)
        history = HISTORY.read_text() if HISTORY.exists() else "NONE"
        print("signal", number.name, text, "exit status", status, f"{time.time() - began:.2f} s", repr(history)[:80])
        if status is None:
            bad("signals", f"{number.name} does not end it: {text!r}")
        if trouble := session.trouble():
            bad("signals", repr(trouble))
        session.kill()


@scenario
def hangup() -> None:
    """The terminal is closed under it: it ends by itself."""
    for text in (b"", LOOP, b"asm\r", b"syscall read 0 buf:9 9\r"):
        session = do(start(), text, 1.2)
        os.close(session.fd)
        began = time.time()
        while session.alive() and time.time() - began < 6:
            time.sleep(0.02)
        if session.rc is None:
            bad("hangup", f"still lives after the terminal was closed: {text!r}")
        else:
            print("hangup", text, "exit status", session.rc, f"{time.time() - began:.2f} s")
        session.kill()


def _state(pid: int) -> str:
    """A process's state as /proc has it: R, S, T, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@scenario
def tstp() -> None:
    """Ctrl-Z and SIGTSTP, then SIGCONT."""
    for text in (b"", LOOP):
        session = do(start(), text, 1, b"\x1a", 0.7)
        states = [_state(session.pid)]
        os.kill(session.pid, signal.SIGTSTP)
        time.sleep(0.3)
        states.append(_state(session.pid))
        os.kill(session.pid, signal.SIGCONT)
        do(session, 0.5, CTRL_C, 0.4)
        check("tstp", session, f"{text!r} states {states}")
        session.kill()


@scenario
def output() -> None:
    """Ctrl-C in 16 MiB of output; escape sequences that a program writes."""
    session = do(start(), b"syscall write 1 0x402000 16777216\r", 1)
    began = time.time()
    session.send(CTRL_C)
    session.expect(PROMPT, 20)
    print("Ctrl-C in 16 MiB of output after", round(time.time() - began, 2), "s")
    session.pump(0.5)
    check("output", session)
    do(session, b'syscall write 1 "\\e]0;PWN\\a\\e[2J\\e[?1049h" 20\r', 1)
    check("output esc", session)
    session.kill()
