"""What %p and %s print: addresses that do not tell where the kernel is, symbols, strings that may be nowhere.

C counterpart: pointer(), ptr_to_id(), check_pointer() and string() in lib/vsprintf.c.
"""

from __future__ import annotations

from kshell.abi.c_types import U64
from kshell.abi.errno import MAX_ERRNO
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

HASH_KEY = b"kshell: the same each time"  # C: ptr_key, which is random there
POINTER_DIGITS = 16


def is_err(address: int) -> bool:
    """Whether a pointer is an errno in disguise (C: IS_ERR_VALUE)."""
    return address > U64 - MAX_ERRNO


def pointer(k: Kernel, address: int, kind: bytes) -> bytes:
    """%p with the letters behind it: x is the address itself, s, S and B a symbol; all others are the hash."""
    if kind[:1] in (b"S", b"B"):
        return k.symbols.describe(address).encode()
    if kind[:1] == b"s":
        symbol = k.symbols.around(address)
        if symbol is None:
            return b"0x%x" % address
        return (f"{symbol.name} [{symbol.module}]" if symbol.module else symbol.name).encode()
    if kind[:1] == b"x":
        return b"%016x" % address
    if k.profile.version < (5, 6):
        return b"%016x" % hashed(address) if address else b"(null)".rjust(POINTER_DIGITS)
    return b"%016x" % (address if is_err(address) or not address else hashed(address))


def hashed(address: int) -> int:
    """32 bits that stand for an address: the same each time, and nobody can tell from which one they come."""
    from hashlib import blake2s  # seldom printed, and slow to import

    return int.from_bytes(blake2s(address.to_bytes(8, "little"), digest_size=4, key=HASH_KEY).digest(), "little")


def string(k: Kernel, address: int, precision: int) -> bytes:
    """%s: a NULL pointer and a number in the place of one are words; any other that is bad is a fault."""
    if k.profile.version < (5, 2):
        text = b"(null)" if address < PAGE_SIZE else None
    else:
        text = b"(null)" if not address else b"(efault)" if address < PAGE_SIZE or is_err(address) else None
    if text is not None:
        return text[:precision] if precision >= 0 else text
    return k.memory.read_string(address, precision) if precision >= 0 else k.memory.read_string(address)
