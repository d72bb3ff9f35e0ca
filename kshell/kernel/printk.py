"""printk and the ring buffer that dmesg reads.

C counterpart: kernel/printk/printk.c.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from kshell.abi.loglevel import KERN_WARNING
from kshell.kernel.clock import PRINTK_NS, Clock

LOG_RECORDS = 1000
MESSAGE_MAX = 1000  # characters of one record, as LOG_LINE_MAX bounds it


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


class Log:
    """The last LOG_RECORDS records; `dropped` says how many older ones were overwritten."""

    def __init__(self, clock: Clock, size: int = LOG_RECORDS) -> None:
        self._clock = clock
        self._records: deque[Record] = deque(maxlen=size)
        self.written = 0

    @property
    def dropped(self) -> int:
        """How many records the ring has overwritten."""
        return self.first_sequence

    @property
    def first_sequence(self) -> int:
        """The sequence number of the oldest record still there."""
        return self._records[0].sequence if self._records else self.written

    def write(self, level: int, text: str) -> None:
        """Append `text`, one record a line; the clock advances a little for each."""
        for line in text.rstrip("\n").split("\n"):
            self._clock.ns += PRINTK_NS
            self._records.append(Record(self.written, level, self._clock.ns, line[:MESSAGE_MAX]))
            self.written += 1

    def since(self, sequence: int) -> list[Record]:
        """Every record from `sequence` on that is still there."""
        return [record for record in self._records if record.sequence >= sequence]

    def clear(self) -> None:
        """Forget all records (dmesg --clear); numbering goes on."""
        self._records.clear()


DEFAULT_LEVEL = KERN_WARNING
