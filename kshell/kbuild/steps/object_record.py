"""The record beside each object, ``.test_call.o.cmd``: what it was made of, so that it is made again when that changes.

Linux's kbuild keeps the compiler's command line and the names of the headers in a file of that name.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from kshell.kbuild.steps.build_output import read_sealed, record_path, write_sealed
from kshell.kbuild.tree.sources import Sources


def digest(data: bytes) -> str:
    """What a record remembers of a file."""
    return sha256(data).hexdigest()


def source_digest(sources: Sources, path: str, text: str) -> str:
    """What a record remembers of a source; one in C may include the headers of its folder."""
    parts = [text]
    if path.endswith(".c"):
        folder = path.rpartition("/")[0]
        headers = [f"{folder}/{name}" if folder else name for name in sources.names(folder) if name.endswith(".h")]
        parts += [f"{header}\0{digest(sources.read_bytes(header) or b'')}" for header in headers]
    return digest("\0".join(parts).encode("utf-8", "surrogatepass"))


def read_record(sources: Sources, target: str) -> dict[str, Any] | None:
    """The record of an output, None where there is none, or a damaged one, or another output than it was made for."""
    record = read_sealed(sources, record_path(target), "record")
    if record is None:
        return None
    data = sources.read_bytes(target)
    return record if data is not None and record.get("sha256") == digest(data) else None


def made_of(sources: Sources, target: str) -> str | None:
    """The digest of the source that an output was made of; None where no record tells."""
    found = (read_record(sources, target) or {}).get("text")
    return found if isinstance(found, str) else None


def write_record(sources: Sources, target: str, data: bytes, record: dict[str, Any]) -> None:
    """Note what an output with these bytes was made of.  Raises BuildFailed."""
    write_sealed(sources, record_path(target), "record", record | {"sha256": digest(data)})
