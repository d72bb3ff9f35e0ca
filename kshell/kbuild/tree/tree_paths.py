"""Where a kernel tree has what the build reads and writes: the paths, with slashes, and the releases there are."""

from __future__ import annotations

VERSIONS = ("4.19", "6.19")
MAKEFILE = "Makefile"
TABLE = "arch/x86/entry/syscalls/syscall_64.tbl"
TABLE_32 = "arch/x86/entry/syscalls/syscall_32.tbl"
HEADER = "include/linux/syscalls.h"
GENERATED = "arch/x86/include/generated/asm/syscalls_64.h"
GENERATED_32 = "arch/x86/include/generated/asm/syscalls_32.h"

HIDDEN = ".kshell"
PRISTINE = f"{HIDDEN}/pristine.json"
LAST_BUILD = f"{HIDDEN}/last-build.json"

# Folders in which nobody's work on a tree is.
SKIPPED = frozenset(
    (HIDDEN, ".git", ".svn", ".hg", "__pycache__", ".mypy_cache", ".venv", ".vscode", ".idea"),
)
