"""What CC has made, to be read: the machine code beside the source (make V=1), and as a file (make FILE.s)."""

from __future__ import annotations

from kshell.abi.elf import ElfObject
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.tree.tree_files import ASSEMBLER_MARK


def print_listing(log: BuildLog, target: str, obj: ElfObject, path: str, text: str) -> None:
    """With V=1, the machine code of an object that was compiled of the source `text`, the file `path`."""
    from kshell.cc.listing import list_code
    from kshell.cc.listing_text import listing_lines

    if log.verbose:
        log.listings.append((target, list_code(obj)))
        for spans in listing_lines(obj, path, text):
            log.line("".join(piece for piece, _ in spans))
        log.line("")


def assembler_file(obj: ElfObject, path: str, text: str) -> bytes:
    """The bytes of the .s of a source."""
    from kshell.cc.listing_text import assembler_text

    return ASSEMBLER_MARK + assembler_text(obj, path, text).encode("utf-8", "replace")
