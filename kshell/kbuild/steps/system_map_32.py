"""System.map's part on `int 0x80`: the text behind the gate, and an entry for each call that 32-bit programs reach."""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.syscall_32_tbl import PREFIX
from kshell.kernel.boot.vmlinux import Vmlinux
from kshell.kernel.core import layout
from kshell.kernel.ia32.entry_compat import gate_text
from kshell.kernel.ia32.int80 import SWITCH_SINCE
from kshell.kernel.ia32.placement import placement

META = "__syscall_meta__"  # what SYSCALL_DEFINE leaves in an object, followed by the call's name
Entry = tuple[int, str, str]


def entries_32(image: Vmlinux) -> list[Entry]:
    """The address, nm's letter and the name of each."""
    version = image.profile.version
    modern = version >= SWITCH_SINCE
    placed = placement(image.table_32, tuple(image.bodies))
    found = [(each.address, each.kind, each.name) for each in (*placed.symbols, *gate_text(version, modern).symbols)]
    wrapped = (entry for name in _machine_code(image) if (entry := f"{PREFIX}sys_{name}") in placed.others)
    found += [(layout.IA32_WRAPPERS + layout.IA32_WRAPPER_SIZE * at, "T", entry) for at, entry in enumerate(wrapped)]
    if modern:
        found += [(layout.DO_INT80, "T", "int80_emulation"), (layout.IA32_NI_SYSCALL, "T", f"{PREFIX}sys_ni_syscall")]
    else:
        found.append((layout.DO_INT80, "T", "do_int80_syscall_32"))
        found.append((layout.IA32_SYS_CALL_TABLE, "R", "ia32_sys_call_table"))
    return found


def _machine_code(image: Vmlinux) -> Iterator[str]:
    """The calls whose bodies are machine code, in link order."""
    for each in image.machine_code:
        metas = [symbol for symbol in each.elf.symbols if symbol.name.startswith(META) and symbol.section is not None]
        for symbol in sorted(metas, key=lambda symbol: (symbol.section or 0, symbol.value)):
            yield symbol.name.removeprefix(META)
