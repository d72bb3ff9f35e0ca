"""access asks for the real user, open for the effective one."""

from __future__ import annotations

from kshell.abi.errno import EACCES
from kshell.abi.fcntl import AT_EACCESS, AT_FDCWD, R_OK
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel


def answer(k: Kernel, name: str, *args: int | bytes) -> int:
    return run_stub(k, k.table.by_name[name].number, args).rax


def test_a_set_user_id_program_is_told_what_its_user_may() -> None:
    k = boot("6.19", "uid=1000")
    k.current.struct.cred.euid.val = 0
    assert answer(k, "open", b"/etc/shadow", 0, 0) == 3
    assert answer(k, "access", b"/etc/shadow", R_OK) == -EACCES
    assert answer(k, "faccessat2", AT_FDCWD, b"/etc/shadow", R_OK, AT_EACCESS) == 0
    assert k.current.cred[:] == (1000, 1000, 0, 1000)
