"""A kernel and a folder for modules, for the tests of insmod, rmmod and oopses."""

from __future__ import annotations

import textwrap
from pathlib import Path

from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import StubRun, run_stub
from kshell.kernel.module.python_module import PythonModule
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError

HEAD = """\
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call = extern("STUB_test_call")
"""
TAIL = """
def m_init(k):
    k[STUB_test_call] = handler
    return 0
def m_exit(k):
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

    def load(self, text: str, name: str = "m", **parameters: str) -> PythonModule:
        """insmod a module with that text."""
        module = insmod(self.k, self.write(text, name), parameters)
        assert isinstance(module, PythonModule)
        return module

    def handler(self, text: str, name: str = "m") -> PythonModule:
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
        own = [
            line
            for line in self.dmesg()
            if line.startswith("kernel BUG at") and not line.startswith("kernel BUG at m.py")
        ]
        assert not own, own
