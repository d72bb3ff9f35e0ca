"""The kernel's log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import asctime, gmtime

from kshell.abi.loglevel import WORDS, level_of
from kshell.kernel.core.clock import BOOT_EPOCH_NS
from kshell.kernel.core.printk import Record, timestamp
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Option
from kshell.shell.lines.words import Word, plain
from kshell.shell.replay.deeds import ClearLog
from kshell.shell.replay.journal import Panicked
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Nothing, Text, View, show, span

FOLLOWED = (
    "(nothing can come while you wait: the machine stands still between commands. dmesg -w again shows what is new)"
)


@command(
    "dmesg",
    "dmesg [-l LEVELS] [-n N] [--grep REGEX] [-T] [-x] [-w] [-c|-C]",
    group="The kernel's log",
    options=(
        Option("-l, --level", "only these levels: err,warn  (err+ means err and worse)", "LEVELS"),
        Option("-n, --last", "only the last N records", "N"),
        Option("--grep", "only records that this regular expression matches", "REGEX", also=("-g",)),
        Option("-w, --follow", "only what is new since the last dmesg -w"),
        Option("-x, --decode", "show the levels"),
        Option("-T, --ctime", "the machine's wall clock instead of seconds since boot"),
        Option("-C, --clear", "forget all records"),
        Option("-c, --read-clear", "show them, then forget them"),
    ),
    examples=(
        ("dmesg", "everything"),
        ("dmesg -n 5", "the last five records"),
        ("dmesg --level err,warn", "only errors and warnings"),
        ("dmesg --grep test_call", "only records about test_call"),
    ),
)
def dmesg(session: Context, words: list[Word]) -> View:
    """Show the kernel's log: what printk wrote, and when.

    With -w it shows what came since the last dmesg -w; it does not wait, for between commands nothing happens.

    After a kernel has panicked at boot, its log stands before that of the kernel which runs in its place, until the
    next boot.

    The log is a ring: when it is full the oldest records are overwritten, and dmesg says how many. The clock is the
    machine's own; it moves at traps and stands still between commands.
    """
    options = take_options("dmesg", words)
    if options.words:
        raise misuse("dmesg", f"{show(options.words[0].text)} is not an option")
    log = session.kernel.log
    if "-C" in options:
        session.panicked = None
        session.do(ClearLog())
        session.log_cleared = log.written
        return Nothing()
    follow = "-w" in options
    first = max(session.log_seen if follow else 0, session.log_cleared)
    dropped = max(0, log.first_sequence - first)
    records = log.since(first)
    session.log_seen = log.written if follow else session.log_seen
    for keep in _filters(options.get("-l"), options.get("--grep")):
        records = [record for record in records if keep(record)]
    last = options.get("-n")
    if last is not None:
        records = records[-count("dmesg", plain(last)) :]
    if "-c" in options:
        session.do(ClearLog())
        session.log_cleared = log.written
    lines = [span(f"({dropped} older records were overwritten: the ring buffer is full)", "comment")] if dropped else []
    for record in records:
        level = [(f"kern  :{WORDS[record.level]:<6}: ", "dim")] if "-x" in options else []
        stamp = _wall_clock(record.time_ns) if "-T" in options else timestamp(record.time_ns)
        lines.append([*level, (f"{stamp} ", "dim"), (record.text, f"level{record.level}")])
    lines += [span(FOLLOWED, "comment")] if follow and session.interactive else []
    shown = [{"level": record.level, "time_ns": record.time_ns, "text": record.text} for record in records]
    view = Text(lines, {"records": shown, "dropped": dropped})
    chosen = follow or any(option in options for option in ("-l", "--grep", "-n"))
    return view if session.panicked is None or chosen else _with_panic(session, session.panicked, view)


def _wall_clock(time_ns: int) -> str:
    """``[Thu Jan  1 00:00:01 2026]`` on the machine's clock (UTC)."""
    return f"[{asctime(gmtime((BOOT_EPOCH_NS + time_ns) // 10**9))}]"


def _with_panic(session: Context, panicked: Panicked, view: View) -> View:
    """The log of the kernel that did not get through the last boot, and then that of the one which runs now."""
    from kshell.shell.trees.booting import version

    lines: list[str | Line] = [span(f"(the log of {panicked.kernel}, which panicked at boot)", "comment")]
    lines += [show(line) for line in panicked.log]
    lines.append(span(f"(the log of {version(session.kernel)}, which runs now)", "comment"))
    return Text([*lines, *view.lines()], view.json() | {"panicked": {"kernel": panicked.kernel, "log": panicked.log}})


def _filters(levels: str | None, pattern: str | None) -> Iterator[Callable[[Record], object]]:
    """What says which records to show."""
    if levels is not None:
        chosen = _levels(levels)
        yield lambda record: record.level in chosen
    if pattern is not None:
        try:
            compiled = re.compile(pattern, re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            because = f"it is not a regular expression: {error}"
            try_ = f'dmesg --grep "{show(re.escape(pattern))}"'
            raise CommandError(f"dmesg: bad pattern {show(pattern)}", because, try_) from None
        yield lambda record: compiled.search(record.text)


def _levels(text: str) -> set[int]:
    """``err,warn``, ``err+`` for err and worse, ``+err`` for err and what is less."""
    chosen: set[int] = set()
    for name in text.split(","):
        level = level_of(name.strip("+ "))
        if level is None:
            what = f"dmesg: unknown level '{show(name)}'"
            raise CommandError(what, f"the levels are {', '.join(WORDS)}", "dmesg --level err,warn")
        if name.endswith("+"):
            chosen |= set(range(level + 1))
        elif name.startswith("+"):
            chosen |= set(range(level, len(WORDS)))
        else:
            chosen.add(level)
    return chosen
