"""A kernel tree for tests: laid out, with the slides' call added, and whatever mistake a test makes in it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.make import Made, Maker, Request, Running
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps.install import installed
from kshell.kbuild.tree.new_tree import new_tree
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.boot.start import boot
from kshell.kernel.core.profile import V4_19
from kshell.kernel.kernel import Kernel

CALL = """from kshell.linux import ENOSYS, EXPORT_SYMBOL, KERN_NOTICE, SYSCALL_DEFINE1, Int, Kernel, Long, Stub

# System call stub
STUB_test_call: Stub[[int]] = Stub("STUB_test_call")  # long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call)


# System call wrapper
@SYSCALL_DEFINE1
def test_call(k: Kernel, test_int: Int) -> Long:
    k.printk(KERN_NOTICE, f"Inside SYSCALL_DEFINE1 block. __do_sys_test_call: Your int is {test_int}")
    stub = k[STUB_test_call]
    if stub is not None:
        return stub(k, test_int)
    return -ENOSYS
"""
MODULE = """from kshell.linux import KERN_NOTICE, MODULE_DESCRIPTION, MODULE_LICENSE, Kernel, Long, Stub, extern, module_exit, module_init

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("the handler")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def my_test_call(k: Kernel, test: int) -> Long:
    k.printk(KERN_NOTICE, f"my_test_call: Your int is {test}")
    return test


def hello_init(k: Kernel) -> int:
    k[STUB_test_call] = my_test_call
    return 0


def hello_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(hello_init)
module_exit(hello_exit)
"""  # noqa: E501 (a student's line)
# The slides' Makefile, but for `SUBDIRS= $(PWD)`, where a line break of the slide has put a blank.
MAKEFILE = """obj-y := test_call.o

obj-m := syscallModule.o

PWD := $(shell pwd)

KDIR := /lib/modules/`uname -r`/build

default:
\t$(MAKE) -C $(KDIR) SUBDIRS=$(PWD) modules

clean:
\trm -f *.o *.ko *.mod.* Module.* modules.*
"""


@cache
def _built(version: str) -> TemporaryDirectory[str]:
    """The folder with a tree that was built, which nobody changes; it goes at the end of the process."""
    folder = TemporaryDirectory(prefix="kshell-built-")
    assert not TreeLab(Path(folder.name), version).make().errors
    return folder


TABLE = "arch/x86/entry/syscalls/syscall_64.tbl"
HEADER = "include/linux/syscalls.h"


class Outcome:
    """One run of make: its `lines` as text, the `errors` it stopped for, kshell's `notes`, and what was `made`."""

    def __init__(self, log: BuildLog, errors: Sequence[BuildMessage], made: Made) -> None:
        self.log, self.errors, self.made = log, list(errors), made
        self.notes = log.notes
        self.lines = [line if isinstance(line, str) else line.head() for line in log.lines]

    @property
    def text(self) -> str:
        """Every line that the tools printed."""
        return "\n".join(self.lines)

    @property
    def said(self) -> list[str]:
        """The messages of the tools and of kshell, whatever their kind, each with its because and its try."""
        told = [line for line in self.log.lines if not isinstance(line, str)]
        return [f"{m.head()}\n{m.because}\n{m.try_}" for m in [*self.errors, *told, *self.notes]]

    def show(self) -> str:
        """All of it, for a person who looks at a test's failure."""
        return self.text + "\n--\n" + "\n".join(map(str, [*self.errors, *self.notes]))


class TreeLab:
    """A tree in `folder` of that release (4.19 or 6.19), with the slides' call in it unless `bare`.

    `built`: as after a first make, of which it is a copy: that takes a fifth of the time.
    """

    def __init__(self, folder: Path, version: str = "4.19", *, bare: bool = False, built: bool = False) -> None:
        self.root, self.version = folder / "test_kernel", version
        self.number = 335 if version == "4.19" else 471
        self.entry = "__x64_sys_test_call" if version == "4.19" else "sys_test_call"
        self.running = Running("4.19.1-course", V4_19, [], "")
        if built:
            shutil.copytree(Path(_built(version).name, "test_kernel"), self.root, symlinks=True)
            return
        new_tree(str(self.root), version)
        if not bare:
            self.add_call()

    def add_call(self) -> None:
        """The slides' three files, and three changes."""
        self.write("SystemCalls/test_call.py", CALL)
        self.write("SystemCalls/syscallModule.py", MODULE)
        self.write("SystemCalls/Makefile", MAKEFILE)
        self.add_row(f"{self.number}\tcommon\ttest_call\t\t{self.entry}")
        at = self.read(HEADER).rindex("#endif")
        text = self.read(HEADER)
        self.write(HEADER, text[:at] + "asmlinkage long sys_test_call(int);\n\n" + text[at:])
        self.replace("Makefile", "core-y += kernel/ mm/ fs/", "core-y += kernel/ mm/ fs/ SystemCalls/")

    def path(self, name: str) -> Path:
        """A file of the tree."""
        return self.root / name

    def read(self, name: str) -> str:
        """Its text."""
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, text: str | bytes) -> None:
        """Make it anew."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))

    def replace(self, name: str, old: str, new: str) -> None:
        """One edit."""
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new))

    def add_row(self, row: str) -> None:
        """A row of the table behind the last ordinary one."""
        lines = self.read(TABLE).split("\n")
        at = max(i for i, line in enumerate(lines) if line[:1].isdigit() and int(line.split()[0]) < 512)
        self.write(TABLE, "\n".join([*lines[: at + 1], row, *lines[at + 1 :]]))

    def row_is(self, row: str) -> None:
        """Put another row in the place of the call's own."""
        line = next(line for line in self.read(TABLE).split("\n") if "\ttest_call\t" in line)
        self.replace(TABLE, line, row)

    def make(self, *goals: str, folder: str = "", **variables: str) -> Outcome:
        """Run make in the tree, or in a folder of it."""
        log = BuildLog()
        maker = Maker(log, lambda: self.running)
        errors: list[BuildMessage] = []
        try:
            maker.make(Request(str(self.root / folder), goals, variables))
        except BuildFailed as failed:
            errors = failed.messages
        return Outcome(log, errors, maker.made)

    def boot(self) -> Kernel:
        """Install, and boot what is installed."""
        assert not self.make("install").errors
        return self.boot_only()

    def boot_only(self) -> Kernel:
        """Boot what is installed."""
        return boot(installed(Sources(str(self.root)), "test_kernel"))
