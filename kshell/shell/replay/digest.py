"""A short mark of a machine's whole state, by which two machines are told apart: cheap enough for each command."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

MOST_FRAMES = 512  # of the pages in use, the first: a larger machine is not looked at whole

Digest = tuple[int, ...]


def digest(k: Kernel) -> Digest:
    """The clock, the log, the pages, and how much there is of the rest."""
    frames, check = k.ram.frames(), 0
    for start, end in _runs(frames[:MOST_FRAMES]):
        check = zlib.crc32(memoryview(k.ram.bytes)[start:end], check)
    drawn = k.random.getstate()[1]
    described = f"{drawn[0]} {drawn[-1]}{sorted(k.modules)}{sorted(k.tasks)}{k.current.pid}{vars(k.memory.protection)}"
    return k.clock.ns, k.log.written, len(frames), check, zlib.crc32(described.encode())


def _runs(frames: list[int]) -> Iterator[tuple[int, int]]:
    """Frames as stretches of memory."""
    start = end = 0
    for frame in frames:
        if frame != end:
            if end:
                yield start, end
            start = frame
        end = frame + PAGE_SIZE
    if end:
        yield start, end
