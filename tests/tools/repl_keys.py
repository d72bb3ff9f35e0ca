"""Scenarios of what is typed: pastes, control bytes, random keys, sizes of the terminal, the end of the input."""

import os
import random
import time

from ptylib import CTRL_C, CTRL_D, HISTORY
from r1lib import fresh
from repl_scenario import bad, check, do, scenario, start

PASTE, PASTE_END = b"\x1b[200~", b"\x1b[201~"
STOPS = (3, 4, 26, 28)  # Ctrl-C, Ctrl-D, Ctrl-Z, Ctrl-\: signals and the end have scenarios of their own
EDITOR = 24  # Ctrl-X starts key sequences that open an editor
SIZES = ((1, 1), (2, 1), (1, 2), (0, 0), (1, 200), (200, 1), (3, 5), (500, 500), (65535, 65535), (1, 1), (24, 80))
KEYS = [
    *(bytes([i]) for i in range(1, 256) if i not in (4, 26, 28, EDITOR)),
    *(b"\x1b[A", b"\x1b[B", b"\x1bOP", b"\x1b[11~", b"\x1b[1;5C", b"\x1b[Z", b"\t", b"\t", b"\x12", b"\x13", b"\x1b<"),
    *(b"\x1b.", b"\x1b_", b"\x1bf", b"\x1b\x7f", b"\x1b[3~", b"\x1b[200~zz\x1b[201~", b"\x1b[M   ", b"\x1b[<0;1;1M"),
    *(b"\x1b]0;x\x07", b"syscall ", b"trace ", b"insmod ", b"make -C ", b"x/4gx ", b"'", b'"', b"$"),
    b"\xf0\x9f\x98\x80",
]
KEY_COUNT, KEYS_SEED = 4000, 4


@scenario
def paste100k() -> None:
    """Large pastes, and bytes that are no text."""
    noise = os.urandom(100_000).replace(b"\x1b", b"?")
    bodies = (b"a" * 100_000, b"syscall getpid\n" * 2000, b"x" * 1000 + b"\n" + b"\x00\x01\x02" * 1000, noise)
    for body in bodies:
        session = start()
        session.send(PASTE + body + PASTE_END)
        session.send(b"\r")
        began = time.time()
        session.pump(2)
        for _ in range(40):
            do(session, 0.3, CTRL_C, 0.2)
            if session.ping(3):
                break
        else:
            bad("paste100k", f"{body[:10]!r} exit status {session.rc} {session.buf[-200:]!r}")
        print("paste", body[:10], round(time.time() - began, 1), "s")
        session.kill()


@scenario
def paste_unclosed() -> None:
    """A paste whose end never comes."""
    session = do(start(), PASTE + b"syscall getpid\rhello", 1, CTRL_C + PASTE_END + CTRL_C, 1)
    check("paste_unclosed", session)
    session.kill()


@scenario
def control() -> None:
    """Each control byte at the prompt."""
    session = start()
    for byte in range(1, 32):
        if byte in STOPS:
            continue
        do(session, bytes([byte]), 0.1)
        if byte in (0x16, 0x11):  # quoted insert waits for another key
            session.send(b"a")
        if not session.alive():
            bad("control", f"died of {byte:#x}, exit status {session.rc}")
            return
        do(session, b"\x07\x1b\x1b", 0.3, CTRL_C, 0.1)
    do(session, b"q" + CTRL_C * 2, 0.5, CTRL_C)
    check("control", session)
    session.kill()


@scenario
def randkeys() -> None:
    """Thousands of random keys, and sizes in between."""
    d = random.Random(KEYS_SEED)
    session = start()
    for i in range(KEY_COUNT):
        session.send(d.choice(KEYS))
        if i % 50 == 0:
            session.pump(0.05)
        if i % 400 == 0:
            session.size(d.randrange(1, 60), d.randrange(1, 200))
            if not session.alive():
                bad("randkeys", f"died, exit status {session.rc} {session.buf[-500:]!r}")
                return
    session.pump(1)
    if trouble := session.trouble():
        bad("randkeys", repr(trouble))
    session.size(24, 80)
    session.buf = b""
    do(session, *(CTRL_C, 0.3) * 6, b":q!\r" + CTRL_C, 0.3, CTRL_C, 0.3)
    check("randkeys", session)
    session.kill()


@scenario
def resize() -> None:
    """Terminals of every size, while a line is typed and while commands run."""
    session = do(start(), b'syscall write 1 "hello')
    for rows, cols in SIZES:
        session.size(rows, cols)
        do(session, 0.3, b"x\t\x1bOP", 0.2, b"\x07")
        if not session.alive():
            bad("resize", f"{rows}x{cols} exit status {session.rc} {session.buf[-400:]!r}")
            return
    session.size(1, 1)
    do(session, CTRL_C * 2 + b"help\rsyscall getpid\rtable\r", 3)
    session.size(24, 80)
    do(session, CTRL_C, 0.5)
    check("resize", session)
    session.kill()


@scenario
def eof_asm() -> None:
    """The ways out of the editor of `asm`."""
    for text in (b"asm\r\x04", b"asm\rmov eax, 1\r\x04", b"asm\r\x03", b"asm\r\x1b\x04", b"asm\r\x04\x04\x04"):
        session = do(start(), text, 2)
        if session.alive():
            do(session, CTRL_C * 2, 0.5)
            check("eof_asm", session, repr(text))
        else:
            print("eof_asm", text, "ended with", session.rc)
        session.kill()


@scenario
def eofs() -> None:
    """Ctrl-D at an empty prompt ends the session with status 0."""
    for env in ({}, {"TERM": "dumb"}):
        session = start(env=env)
        session.send(CTRL_D)
        status = session.wait(5)
        if status != 0:
            bad("eofs", f"Ctrl-D with {env}: exit status {status}")
        session.kill()


@scenario
def stdinread() -> None:
    """A program reads what is typed, an interrupt, the end of the input, a line that is too long."""
    read = b"syscall read 0 buf:10 10\r"
    session = do(start(), read, 1, b"abc\r", 0.5, read, 1, CTRL_C, 0.5)
    do(session, read, 1, CTRL_D, 0.5, read, 0.8, b"x" * 6000 + b"\r", 1, CTRL_C, 0.5)
    check("stdinread", session)
    session.kill()


@scenario
def two() -> None:
    """Two sessions share a history, and none loses a line."""
    fresh()
    sessions = {name: start() for name in "ab"}
    for i in range(30):
        for name, session in sessions.items():
            session.send(f"echo {name}{i}\r")
        for session in sessions.values():
            session.pump(0.05)
    for session in sessions.values():
        session.pump(2)
    for session in sessions.values():
        session.send(CTRL_D)
        session.wait()
    lines = set(HISTORY.read_text().split("\n"))
    lost = {f"echo {name}{i}" for name in "ab" for i in range(30)} - lines
    if lost:
        bad("two", f"lost {sorted(lost)[:5]}")
    else:
        print("ok two sessions")
    for session in sessions.values():
        session.kill()
