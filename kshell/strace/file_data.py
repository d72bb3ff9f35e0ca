"""What the calls about files store, as strace prints it."""

from __future__ import annotations

from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.strace.user_data import pointer, read_exactly


def dirents(k: Kernel, call: Call, i: int, word: int = 8) -> str:
    """The records of getdents: strace says how many there are; `word` is the size of their first two numbers."""
    address, size = call.args[i], call.ret or 0
    data = read_exactly(k, address, size) if size else b""
    if data is None:
        return pointer(address)
    at = entries = 0
    while at + 2 * word + 2 <= size:
        at += max(int.from_bytes(data[at + 2 * word : at + 2 * word + 2], "little"), 1)
        entries += 1
    return f"{pointer(address)} /* {entries} entries */"
