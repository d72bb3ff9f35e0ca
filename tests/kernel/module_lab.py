"""A kernel and a folder for modules, for the tests of insmod, rmmod and oopses."""

from __future__ import annotations

import textwrap
from pathlib import Path

from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import StubRun, run_stub
from kshell.kernel.module.struct_module import Module
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError

HEAD = """\
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
"""
TAIL = """
def m_init(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0
def m_exit(k: Kernel) -> None:
    k[STUB_test_call] = None
module_init(m_init)
module_exit(m_exit)
"""
HANDLER_LINE = HEAD.count("\n") + 1


class Lab:
    """One kernel of `profile`, and modules in `folder`."""

    def __init__(self, folder: Path, profile: str = "course", cmdline: str = "") -> None:
        self.folder = folder
        self.k = boot(profile, cmdline)

    def write(self, text: str, name: str = "m") -> str:
        """Write a module file, HEAD before the text; its path."""
        path = self.folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
        return str(path)

    def load(self, text: str, name: str = "m", **parameters: str) -> Module:
        """insmod a module with that text."""
        return insmod(self.k, self.write(text, name), parameters)

    def handler(self, text: str, name: str = "m") -> Module:
        """insmod a module whose function `handler` (the first line of `text` is line HANDLER_LINE) serves test_call."""
        return self.load(textwrap.dedent(text).lstrip("\n") + TAIL, name)

    def refused(self, text: str, name: str = "m", **parameters: str) -> ModuleError:
        """insmod must refuse a module with that text; the refusal."""
        try:
            self.load(text, name, **parameters)
        except ModuleError as error:
            return error
        raise AssertionError("the module was loaded")

    def not_removed(self, name: str = "m", force: bool = False) -> ModuleError:
        """rmmod must refuse; the refusal."""
        try:
            rmmod(self.k, name, force)
        except ModuleError as error:
            return error
        raise AssertionError("the module was removed")

    def address(self, name: str) -> int:
        """Of a symbol."""
        symbol = self.k.symbols.lookup(name)
        assert symbol is not None, name
        return symbol.address

    def value(self, name: str) -> int:
        """Of a variable that is a C int."""
        return int.from_bytes(self.k.memory.read(self.address(name), 4), "little", signed=True)

    def call(self, nr: int = 335, *args: int) -> StubRun:
        """Make a system call from user code."""
        return run_stub(self.k, nr, list(args))

    def result(self, nr: int = 335, *args: int) -> int | None:
        """What a system call answers, None if it did not return."""
        run = self.call(nr, *args)
        assert run.call is not None
        return run.call.ret

    def dmesg(self) -> list[str]:
        """The lines of the log."""
        return [record.text for record in self.k.log.since(0)]

    def assert_well(self) -> None:
        """The kernel still answers, and nothing of kshell's own was at fault."""
        assert self.result(39) == self.k.shell_task.pid
        own = [line for line in self.dmesg() if line.startswith("kernel BUG at") and "/m.py:" not in line]
        assert not own, own
