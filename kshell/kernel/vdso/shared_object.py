"""An ELF shared object, as ld lays a small one out: what a dynamic linker or a debugger reads when it looks for a
function by its name.

It has one segment and no relocation: where it is mapped, it runs.  C counterpart: <linux/elf.h>, the gABI's chapter 5.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi import elf

ET_DYN, PT_LOAD, PT_DYNAMIC, PT_NOTE, PF_R, PF_RX = 3, 1, 2, 4, 4, 5
PHDR_FORMAT, PHDR_SIZE, PAGE = "<IIQQQQQQ", 56, 0x1000
SHT_HASH, SHT_DYNAMIC, SHT_DYNSYM, SHT_GNU_HASH = 5, 6, 11, 0x6FFF_FFF6
SHT_GNU_VERDEF, SHT_GNU_VERSYM = 0x6FFF_FFFD, 0x6FFF_FFFF
DT_NULL, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME, DT_SYMBOLIC = 0, 4, 5, 6, 10, 11, 14, 16
DT_GNU_HASH, DT_VERSYM, DT_VERDEF, DT_VERDEFNUM = 0x6FFF_FEF5, 0x6FFF_FFF0, 0x6FFF_FFFC, 0x6FFF_FFFD
VER_FLG_BASE, BASE_VERSION, OWN_VERSION = 1, 1, 2  # of a version definition, and the two that there are
BUCKETS, BLOOM_SHIFT = 3, 6
DYNAMIC_ENTRIES = 12


class Function(NamedTuple):
    """A function at `offset` in the file, of `size` bytes, under a `name`."""

    name: str
    offset: int
    size: int
    binding: int = elf.STB_GLOBAL


class Part(NamedTuple):
    """A section: `link` is the name of the one that it belongs to."""

    name: str
    kind: int
    data: bytes
    align: int = 8
    link: str = ""
    info: int = 0
    entries: int = 0
    flags: int = elf.SHF_ALLOC


def sysv_hash(name: str) -> int:
    """The hash of DT_HASH, and of a version's name."""
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte & 0xFFFF_FFFF
        value = (value ^ value >> 24 & 0xF0) & 0x0FFF_FFFF
    return value


def gnu_hash(name: str) -> int:
    """The hash of DT_GNU_HASH."""
    value = 5381
    for byte in name.encode():
        value = value * 33 + byte & 0xFFFF_FFFF
    return value


def shared_object(
    soname: str, version: str, functions: Sequence[Function], text: bytes, text_at: int, note: bytes
) -> bytes:
    """The file, with its code at `text_at`.  All functions are of one `version`."""
    named = sorted([*functions, Function(version, 0, 0)], key=lambda each: gnu_hash(each.name) % BUCKETS)
    names = [each.name for each in named]
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in (*names, soname))
    head = elf.EHDR_SIZE + 3 * PHDR_SIZE
    parts = [
        Part(".hash", SHT_HASH, _hash_table(names), link=".dynsym", entries=4),
        Part(".gnu.hash", SHT_GNU_HASH, _gnu_hash_table(names), link=".dynsym"),
        Part(".dynsym", SHT_DYNSYM, bytes(elf.SYM_SIZE * (len(named) + 1)), 8, ".dynstr", 1, elf.SYM_SIZE),
        Part(".dynstr", elf.SHT_STRTAB, strings, 1),
        Part(".gnu.version", SHT_GNU_VERSYM, _versym(len(named)), 2, ".dynsym", 0, 2),
        Part(".gnu.version_d", SHT_GNU_VERDEF, _verdef(strings, soname, version), 8, ".dynstr", 2),
        Part(".dynamic", SHT_DYNAMIC, bytes(16 * DYNAMIC_ENTRIES), 8, ".dynstr", 0, 16, elf.SHF_ALLOC | elf.SHF_WRITE),
        Part(".note", elf.SHT_NOTE, note, 4),
        Part(".text", elf.SHT_PROGBITS, text, flags=elf.SHF_ALLOC | elf.SHF_EXECINSTR),
    ]
    places = _places(parts, head) | {".text": text_at}
    filled = {
        ".dynsym": _symbols(named, version, strings, len(parts)),
        ".dynamic": _dynamic(places, strings, soname),
    }
    return _file([part._replace(data=filled.get(part.name, part.data)) for part in parts], places)


def _places(parts: Sequence[Part], at: int) -> dict[str, int]:
    """Where each section is in the file, and so in memory."""
    places = {}
    for part in parts:
        at = -(-at // part.align) * part.align
        places[part.name] = at
        at += len(part.data)
    return places


def _name_at(strings: bytes, name: str) -> int:
    return strings.index(b"\0" + name.encode() + b"\0") + 1


def _symbols(named: Sequence[Function], version: str, strings: bytes, text_index: int) -> bytes:
    """The version itself is a symbol, too."""
    data = bytes(elf.SYM_SIZE)
    for each in named:
        kind, section, value = elf.STT_FUNC, text_index, each.offset
        if each.name == version:
            kind, section, value = elf.STT_OBJECT, elf.SHN_ABS, 0
        info = each.binding << 4 | kind
        data += struct.pack(elf.SYM_FORMAT, _name_at(strings, each.name), info, 0, section, value, each.size)
    return data


def _hash_table(names: Sequence[str]) -> bytes:
    """Buckets of chains; a symbol's number is one more than its place here."""
    buckets, chains = [0] * BUCKETS, [0] * (len(names) + 1)
    for number, name in enumerate(names, 1):
        bucket = sysv_hash(name) % BUCKETS
        chains[number], buckets[bucket] = buckets[bucket], number
    return struct.pack(f"<{2 + BUCKETS + len(chains)}I", BUCKETS, len(chains), *buckets, *chains)


def _gnu_hash_table(names: Sequence[str]) -> bytes:
    """A filter of 64 bits, the first symbol of each bucket, and the hashes: the last of a bucket is odd."""
    hashes = [gnu_hash(name) for name in names]
    bloom, firsts = 0, [0] * BUCKETS
    for number, value in reversed([*enumerate(hashes, 1)]):
        bloom |= 1 << value % 64 | 1 << (value >> BLOOM_SHIFT) % 64
        firsts[value % BUCKETS] = number
    followers = [value % BUCKETS for value in hashes[1:]] + [-1]
    chain = [value & ~1 | (value % BUCKETS != next_) for value, next_ in zip(hashes, followers, strict=True)]
    return struct.pack(f"<4IQ{BUCKETS + len(chain)}I", BUCKETS, 1, 1, BLOOM_SHIFT, bloom, *firsts, *chain)


def _versym(count: int) -> bytes:
    return struct.pack(f"<{count + 1}H", 0, *[OWN_VERSION] * count)


def _verdef(strings: bytes, soname: str, version: str) -> bytes:
    """Two definitions of one name each: that of the file, and the version of all that is in it."""
    data = b""
    for index, name, flags, following in ((BASE_VERSION, soname, VER_FLG_BASE, 28), (OWN_VERSION, version, 0, 0)):
        data += struct.pack("<HHHHIII", 1, flags, index, 1, sysv_hash(name), 20, following)
        data += struct.pack("<II", _name_at(strings, name), 0)
    return data


def _dynamic(places: dict[str, int], strings: bytes, soname: str) -> bytes:
    entries = (
        *((DT_SONAME, _name_at(strings, soname)), (DT_SYMBOLIC, 0)),
        *((DT_HASH, places[".hash"]), (DT_GNU_HASH, places[".gnu.hash"])),
        *((DT_STRTAB, places[".dynstr"]), (DT_SYMTAB, places[".dynsym"])),
        *((DT_STRSZ, len(strings)), (DT_SYMENT, elf.SYM_SIZE)),
        *((DT_VERDEF, places[".gnu.version_d"]), (DT_VERDEFNUM, 2), (DT_VERSYM, places[".gnu.version"])),
        (DT_NULL, 0),
    )
    return b"".join(struct.pack("<QQ", *entry) for entry in entries)


def _file(parts: Sequence[Part], places: dict[str, int]) -> bytes:
    """Headers, contents, and behind them the names and headers of the sections, which nobody needs who runs it."""
    sizes = {part.name: len(part.data) for part in parts}
    end = places[".text"] + sizes[".text"]
    names = b"\0" + b"".join(part.name.encode() + b"\0" for part in parts) + b".shstrtab\0"
    table = -(-(end + len(names)) // 8) * 8
    ident = (elf.ELF_MAGIC + bytes((elf.ELFCLASS64, elf.ELFDATA2LSB, elf.EV_CURRENT))).ljust(16, b"\0")
    head = struct.pack(
        elf.EHDR_FORMAT,
        *(ident, ET_DYN, elf.EM_X86_64, elf.EV_CURRENT, 0, elf.EHDR_SIZE, table, 0),
        *(elf.EHDR_SIZE, PHDR_SIZE, 3, elf.SHDR_SIZE, len(parts) + 2, len(parts) + 1),
    )
    head += struct.pack(PHDR_FORMAT, PT_LOAD, PF_RX, 0, 0, 0, end, end, PAGE)
    for kind, name, align in ((PT_DYNAMIC, ".dynamic", 8), (PT_NOTE, ".note", 4)):
        head += struct.pack(PHDR_FORMAT, kind, PF_R, *[places[name]] * 3, *[sizes[name]] * 2, align)
    for part in parts:
        head = head.ljust(places[part.name], b"\0") + part.data
    return (head + names).ljust(table, b"\0") + _section_headers(parts, places, names, end)


def _section_headers(parts: Sequence[Part], places: dict[str, int], names: bytes, names_at: int) -> bytes:
    number = {part.name: index for index, part in enumerate(parts, 1)}
    data = bytes(elf.SHDR_SIZE)
    for part in parts:
        at, link = places[part.name], number.get(part.link, 0)
        data += struct.pack(
            elf.SHDR_FORMAT,
            *(_name_at(names, part.name), part.kind, part.flags, at, at, len(part.data)),
            *(link, part.info, part.align, part.entries),
        )
    own = (_name_at(names, ".shstrtab"), elf.SHT_STRTAB, 0, 0, names_at, len(names), 0, 0, 1, 0)
    return data + struct.pack(elf.SHDR_FORMAT, *own)
