"""The memory of a machine, packed while somebody waits: quickly, and small where it is zeros, as most of it is."""

from __future__ import annotations

import zlib
from collections.abc import Iterable


def packed(pieces: Iterable[bytes | memoryview]) -> bytes:
    """The pieces one after the other, compressed; zlib.decompress() gives them back."""
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    return b"".join([*map(packer.compress, pieces), packer.flush()])
