"""Scenarios of what kshell finds when it starts: environments, settings, histories of every kind."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from ptylib import CONFIG, CTRL_C, CTRL_D, CTRL_U, HISTORY, PROMPT, P
from r1lib import fresh
from repl_scenario import bad, check, do, scenario, start

ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "home unset": {"HOME": None},
    "home /nonexistent": {"HOME": "/nonexistent"},
    "home /dev/null": {"HOME": "/dev/null"},
    "home empty": {"HOME": ""},
    "lang C": {"LANG": "C", "LC_ALL": "C"},
    "latin1": {"LC_ALL": "en_US.ISO-8859-1"},
    "lang bad": {"LC_ALL": "xx_YY"},
    "TERM unset": {"TERM": None},
    "TERM empty": {"TERM": ""},
    "TERM bogus": {"TERM": "bogus-9"},
    "TERM dumb": {"TERM": "dumb"},
    "TERM unknown": {"TERM": "unknown"},
    "TERM vt52": {"TERM": "vt52"},
    "LINES": {"LINES": "0", "COLUMNS": "0"},
    "LINES x": {"LINES": "x", "COLUMNS": "-5"},
    "COLUMNS 1": {"LINES": "1", "COLUMNS": "1"},
    "COLUMNS huge": {"COLUMNS": "999999999999"},
    "O": {"PYTHONOPTIMIZE": "2"},
    "warn": {"PYTHONWARNINGS": "error"},
    "dev": {"PYTHONDEVMODE": "1"},
    "ioenc": {"PYTHONIOENCODING": "ascii:strict"},
    "utf8=0": {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "NO_COLOR": {"NO_COLOR": "1"},
    "FORCE_COLOR": {"FORCE_COLOR": "1"},
    "unbuf": {"PYTHONUNBUFFERED": "1"},
    "hashseed": {"PYTHONHASHSEED": "0"},
    "XDG rel": {"XDG_STATE_HOME": "rel", "XDG_CONFIG_HOME": ""},
    "XDG nul": {"XDG_STATE_HOME": "/dev/null/x"},
    "inspect": {"PYTHONINSPECT": "1"},
    "malloc": {"PYTHONMALLOC": "debug"},
    "KSHELL_DEBUG": {"KSHELL_DEBUG": "1"},
    "profimport": {"PYTHONNODEBUGRANGES": "1", "PYTHONSAFEPATH": "1"},
    "PATH": {"PATH": ""},
}
CONFIGS = {
    "binary": os.urandom(5000),
    "10MB": b"# x\n" * 2_500_000,
    "10MBkeys": b"".join(b"k%d = 1\n" % i for i in range(300_000)),
    "deep": b"x = " + b"[" * 20_000,
    "deepclosed": b"x = " + b"[" * 3000 + b"]" * 3000,
    "deepkey": b"a" + b".a" * 5000 + b" = 1\n",
    "deeptab": b"[" + b"a." * 5000 + b"a]\n",
    "types": b'keys = 5\nmenu = "x"\nsuggestion = []\ntoolbar = {}\ncolour = 1979-05-27\nhistory = nan\n',
    "bigint": b"menu = " + b"9" * 5000,
    "nul": b"\0",
    "crlf": b'keys = "vi"\r\n',
    "vi": b'keys = "vi"\n',
    "unknown": b"".join(b"z%d = 1\n" % i for i in range(100)),
    "ctl": b'keys = "\\u001b[31m\\u0007"\n',
    "esc": b'"\\u001b[2J" = 1\n',
}


def _unreadable(path: Path) -> None:
    path.touch()
    path.chmod(0)


NO_FILES: dict[str, Callable[[Path], object]] = {
    "dir": Path.mkdir,
    "fifo": os.mkfifo,
    "loop": lambda path: path.symlink_to(path),
    "unreadable": _unreadable,
    "devfull": lambda path: path.symlink_to("/dev/full"),
}
HISTORIES: dict[str, Callable[[Path], object]] = {
    "binary": lambda path: path.write_bytes(os.urandom(200_000)),
    "20MB": lambda path: path.write_bytes(b"syscall getpid\n" * 1_400_000),
    "oneline20MB": lambda path: path.write_bytes(b"a" * 20_000_000),
    "nul": lambda path: path.write_bytes(b"\0" * 1_000_000),
    "dir": Path.mkdir,
    "fifo": os.mkfifo,
    "loop": lambda path: path.symlink_to(path),
    "full": lambda path: path.symlink_to("/dev/full"),
    "zero": lambda path: path.symlink_to("/dev/zero"),
    "escape": lambda path: path.write_bytes(b"\x1b[2J\x1b]0;pwned\x07\n" * 20),
    "surr": lambda path: path.write_bytes(b"echo \xff\xfe\xed\xa0\x80\n" * 5),
}
MOST_MEMORY = 1000  # MB of the process with a large history


@scenario
def env() -> None:
    """Odd environments: the prompt comes, works, and ends with status 0."""
    for name, environment in ENVIRONMENTS.items():
        fresh()
        session = do(start(env=environment), 0.3, "echo h\u00e9llo \u20ac\r", 0.5, b"table write\r", 0.5)
        check(f"env {name}", session)
        session.send(CTRL_U + b"exit\r")
        if "PYTHONINSPECT" in environment and session.expect(rb">>> ", 5):  # Python's own prompt comes then, as asked
            session.send(CTRL_D)
        status = session.wait(5)
        if status != 0:
            bad(f"env {name}", f"exit status {status} {session.buf[-200:]!r}")
        session.kill()


@scenario
def config() -> None:
    """Settings that are no settings, and files of settings that are no files."""
    for name, data in CONFIGS.items():
        fresh()
        CONFIG.parent.mkdir(parents=True)
        CONFIG.write_bytes(data)
        began = time.time()
        session = P()
        if session.expect(PROMPT, 20):
            session.pump(0.3)
            check(f"config {name}", session, f"{time.time() - began:.1f} s")
        else:
            bad(f"config {name}", f"no prompt {session.buf[-300:]!r} exit status {session.wait(1)}")
        session.kill()
    for name, make in NO_FILES.items():
        fresh()
        CONFIG.parent.mkdir(parents=True)
        make(CONFIG)
        session = P()
        if session.expect(PROMPT, 8):
            check(f"config {name}", session)
        else:
            session.send(CTRL_C)
            status = session.wait(3)
            print(f"config {name}: no prompt in 8 s; after Ctrl-C exit status {status}")
            if status is None:
                bad(f"config {name}", "Ctrl-C does not end it")
        session.kill()


@scenario
def history() -> None:
    """Histories that are too long, no text, or no files."""
    for name, make in HISTORIES.items():
        fresh()
        HISTORY.parent.mkdir(parents=True)
        make(HISTORY)
        began = time.time()
        session = P()
        if session.expect(PROMPT, 20):
            _use(f"history {name}", session, time.time() - began)
        else:
            bad(f"history {name}", f"no prompt {session.buf[-200:]!r}")
        session.kill()


def _use(name: str, session: P, took: float) -> None:
    """Go through a history, and leave."""
    for keys in (b"\x1b[A", b"\x1b[A", b"\x12sys", b"\x07", CTRL_C):
        do(session, keys, 0.2)
    session.pump(0.5)
    if b"\x1b]0;pwned" in session.buf or (b"\x1b[2J" in session.buf and "escape" in name):
        bad(name, "an escape sequence of the history reaches the terminal")
    pages = Path(f"/proc/{session.pid}/statm")  # of Linux
    memory = int(pages.read_text().split()[1]) * 4 >> 10 if pages.exists() else 0
    if memory > MOST_MEMORY:
        bad(name, f"{memory} MB of memory")
    check(name, session, f"{took:.1f} s {memory} MB")
    session.send(CTRL_D)
    if session.wait(5) is None:
        bad(name, "does not exit")
