"""SYSTBL: the two tables of system calls become headers, which the kernel is compiled with.

C counterpart: arch/x86/entry/syscalls/Makefile.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.kbuild.build_state import BuildState
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps.build_output import write_output
from kshell.kbuild.systbl.systbl import generate
from kshell.kbuild.systbl.systbl_32 import generate_32
from kshell.kbuild.tree.tree_paths import GENERATED, GENERATED_32, TABLE, TABLE_32


def make_tables(build: BuildState) -> None:
    """Read both; a tree may be without that of 32-bit programs.  Raises BuildFailed for a mistake in one."""
    if build.sources.is_file(TABLE_32):
        found = generate_32(build.sources.read_text(TABLE_32), build.profile.name)
        _write(build, GENERATED_32, found.header, found.errors)
        build.rows_32 = found.rows
    build.table = build.sources.read_text(TABLE)
    result = generate(build.table, build.profile.name, before=build.sources.pristine.get(TABLE, ""))
    _write(build, GENERATED, result.header, result.errors)
    build.log.notes += result.notes
    build.rows = result.rows


def _write(build: BuildState, path: str, header: str, mistakes: Sequence[BuildMessage]) -> None:
    data = header.encode("utf-8", "replace")
    is_new = build.sources.read_bytes(path) != data
    if is_new:
        build.log.step("SYSTBL", path)
    errors = build.log.messages(mistakes)
    if errors:
        raise build.log.stop(errors, f"make[1]: *** [{path}] Error 1", "make: *** [archheaders] Error 2")
    if is_new:
        write_output(build.sources, path, data)
