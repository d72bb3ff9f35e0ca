"""A booted kernel with some user memory, to run the bodies of the file calls in: the other side of the oracle."""

from __future__ import annotations

from typing import Any

from kshell.kernel.boot.start import boot
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.fs.dcache import Dentry, d_add
from kshell.kernel.fs.inode import DirectoryInode
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.syscalls import definitions, subjects
from tests.kernel.oracle import AREA, BASE, PAGE, Memory, Result, Step, run_steps


def _bodies() -> dict[str, SyscallDefinition]:
    found: dict[str, SyscallDefinition] = {}
    names = ("transfer", "opening", "file_status", "descriptors", "pipes", "paths")
    wanted = {f"kshell.kernel.syscalls.{name}" for name in names}
    for subject in (each for each in subjects() if each.__name__ in wanted or ".files.calls." in each.__name__):
        found |= {definition.name: definition for definition in definitions(subject)}
    return found | {name: found["new" + name] for name in ("stat", "lstat", "fstat")}


BODIES = _bodies()


class Screen:
    """In the place of the shell's screen: what was written, and lines to be read."""

    def wait(self) -> bool:
        return False

    def __init__(self) -> None:
        self.shown = b""
        self.typed: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.shown += data

    def read(self, n: int) -> bytes:
        if not self.typed:
            return b""
        line = self.typed.pop(0)
        if line[n:]:
            self.typed.insert(0, line[n:])
        return line[:n]

    def interrupts(self, pressed: bool) -> bool:
        return pressed


class Lab:
    """One kernel, its task in directory BASE; with `null`, descriptors 0 to 2 are /dev/null instead of the screen."""

    def __init__(self, *, null: bool = False, release: str = "course") -> None:
        self.k = k = boot(release)
        self.screen = k.tty = Screen()
        self.signals: list[int] = []
        self.waits: list[str] = []
        mm = k.current.mm
        base = mm.map(mm.get_unmapped_area(0, AREA + 8 * PAGE, 0), AREA, 3, 0x22)
        self.memory = Memory(base, self._poke, lambda address, n: copy_from_user(k, address, n))
        k.current.cwd = self.make_directories(BASE)
        if null:
            self.run(
                [["open", ["path", "/dev/null"], 2, 0], ["dup2", 3, 0], ["dup2", 3, 1], ["dup2", 3, 2], ["close", 3]]
            )

    def _poke(self, address: int, data: bytes) -> None:
        assert copy_to_user(self.k, address, data) == 0

    def make_directories(self, path: str) -> Dentry:
        """The dentry of `path`, made where it is missing."""
        at = self.k.fs.root
        for name in path.encode().strip(b"/").split(b"/"):
            assert isinstance(at.inode, DirectoryInode)
            at = at.inode.lookup(name) or d_add(
                at, name, DirectoryInode(at.inode.sb, 0o777, self.k.clock.realtime_ns())
            )
        return at

    def call(self, name: str, *args: Any) -> int:
        """One call; arguments as in the oracle's programs."""
        return self.run([[name, *args]])[0][0]

    def run(self, steps: list[Step]) -> list[Result]:
        """A program of calls, as the oracle runs it."""
        return run_steps(self.memory, self._raw, steps)

    def _raw(self, name: str, registers: list[int]) -> int:
        if name == "as_user":
            cred = self.k.current.struct.cred
            cred.uid.val = cred.euid.val = cred.gid.val = cred.egid.val = 1000
            return 0
        definition = BODIES[name]
        assert definition.body is not None
        arguments = zip(definition.parameters, registers, strict=True)
        return definition.body(self.k, *(parameter.ctype.narrow(value) for parameter, value in arguments))
