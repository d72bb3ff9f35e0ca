"""printk and the ring buffer that dmesg reads.

C counterpart: kernel/printk/printk.c.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from kshell.abi.loglevel import KERN_WARNING
from kshell.kernel.core.clock import PRINTK_NS, Clock

DEFAULT_LEVEL = KERN_WARNING  # of a printk that names none
LOG_RECORDS = 1000
MESSAGE_MAX = 1000  # characters that one printk writes, as printk's buffer of 1024 bytes bounds it


class Record(NamedTuple):
    """One line of the log: `sequence` counts from 0 over the life of the kernel, `time_ns` since boot."""

    sequence: int
    level: int
    time_ns: int
    text: str

    def __str__(self) -> str:
        return f"{timestamp(self.time_ns)} {self.text}"


def timestamp(time_ns: int) -> str:
    """Seconds since boot as dmesg has them: ``[    1.234567]``."""
    return f"[{time_ns // 10**9:5d}.{time_ns // 1000 % 10**6:06d}]"


def printable(text: str) -> str:
    r"""`text` with every character that could command a terminal written out, ``\x1b`` as /dev/kmsg does."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\t\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class Log:
    """The last LOG_RECORDS records; `dropped` says how many older ones were overwritten."""

    def __init__(self, clock: Clock, size: int = LOG_RECORDS) -> None:
        self._clock = clock
        self._records: deque[Record] = deque(maxlen=size)
        self.written = 0
        self.is_open = False  # whether the last record waits for its end (a printk without \n)
        self._cleared = 0

    @property
    def dropped(self) -> int:
        """How many records the ring has overwritten since it was last cleared."""
        return self.first_sequence - self._cleared

    @property
    def first_sequence(self) -> int:
        """The sequence number of the oldest record still there."""
        return self._records[0].sequence if self._records else self.written

    def write(self, level: int, text: str) -> None:
        """Append `text`, one record a line; the clock advances a little for each."""
        self.is_open = False
        for line in printable(text[:MESSAGE_MAX]).removesuffix("\n").split("\n"):
            self._clock.advance(PRINTK_NS)
            self._records.append(Record(self.written, level, self._clock.ns, line))
            self.written += 1

    def go_on(self, text: str) -> None:
        """Append `text` to the last record (C: KERN_CONT), and what stands behind a newline to new ones."""
        last = self._records.pop()
        first, newline, rest = printable(text[:MESSAGE_MAX]).partition("\n")
        self._records.append(last._replace(text=last.text + first))
        if newline and rest:
            self.write(last.level, rest)

    def since(self, sequence: int) -> list[Record]:
        """Every record from `sequence` on that is still there."""
        return [record for record in self._records if record.sequence >= sequence]

    def clear(self) -> None:
        """Forget all records (dmesg --clear); numbering goes on."""
        self._records.clear()
        self._cleared = self.written
