"""Which folder M= names: PWD of the environment, an M= that is empty, and names with a blank."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.make import Maker, Request, Running
from kshell.kernel.core.profile import V4_19
from tests.shell.lab import Lab

HELLO = """from kshell.linux import *

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("hello")


def start(k: Kernel) -> int:
    return 0


module_init(start)
"""
SAYS = "@echo PWD=$(PWD) sh=$$PWD CURDIR=$(CURDIR)\n"
TOP = """all:
\t{says}\t@$(MAKE) --no-print-directory -C sub
\t@cd sub && $(MAKE) --no-print-directory
\t@cd sub; $(MAKE) --no-print-directory -C deep
\t@true; $(MAKE) --no-print-directory -C sub/deep
"""
BUILD = "/lib/modules/$(shell uname -r)/build"


@pytest.mark.skipif(shutil.which("make") is None, reason="the oracle is GNU make, which is not installed")
@pytest.mark.parametrize("head", ["", "PWD := $(shell pwd)\n", "export PWD := elsewhere\n"])
@pytest.mark.parametrize("start", [".", "top"])
def test_PWD_is_what_GNU_make_has_in_every_make(tmp_path: Path, head: str, start: str) -> None:
    top = tmp_path / "top"
    (top / "sub/deep").mkdir(parents=True)
    (top / "Makefile").write_text(head + TOP.format(says=SAYS))
    for folder in ("sub", "sub/deep"):
        (top / folder / "Makefile").write_text(f"all:\n\t{SAYS}")
    command, here = ["make", "--no-print-directory", "-C", str(top)], tmp_path / start
    env = {"PATH": "/usr/bin:/bin", "PWD": str(here)}
    ran = subprocess.run(command, cwd=here, env=env, capture_output=True, text=True, timeout=20, check=True)
    log = BuildLog()
    Maker(log, lambda: Running("4.19.1", V4_19, [], "")).make(Request(str(top), (), {}, {"PWD": str(here)}))
    assert log.lines == ran.stdout.splitlines()


def module_in(folder: str, line: str) -> None:
    """A folder with a module, and a Makefile with that line in its rule."""
    Path(folder).mkdir()
    Path(folder, "hello.py").write_text(HELLO)
    Path(folder, "Makefile").write_text(f"obj-m := hello.o\nall:\n\t{line}\n")


@pytest.mark.parametrize("kernel", ["course", "4.19", "6.19"])
def test_the_textbook_s_line_builds_the_module(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module_in("m", f"make -C {BUILD} M=$(PWD) modules")
    monkeypatch.chdir("m")
    assert Lab(kernel).result("make").status == 0
    assert Path("hello.ko").is_file()


WRONG = [
    ("make -C m", "M=$(PWD)", "scripts/Makefile.build: ", "-C does not change it", "M=$(CURDIR)"),
    ("make -C m", "M=$(pwd)", "make: *** No targets.  Stop.", "M= is empty", "M=$(PWD)  (in capitals"),
    ("make -C m", "M= $(PWD)", "make: *** No targets.  Stop.", "there is a blank behind M=", "M=$(PWD)"),
    ("make -C m", "SUBDIRS= $(PWD)", "make: *** No targets.  Stop.", "blank behind SUBDIRS=", "SUBDIRS=$(PWD)"),
]


@pytest.mark.parametrize(("line", "names", "what", "because", "try_"), WRONG)
def test_an_M_that_leads_nowhere_is_explained(
    shared: Lab, line: str, names: str, what: str, because: str, try_: str
) -> None:
    module_in("m", f"make -C {BUILD} {names} modules")
    error = shared.error(line)
    assert error["what"].startswith(what)
    assert because in error["because"]
    assert error["try"].startswith(try_)


def test_a_blank_in_the_folder_s_name_is_named(shared: Lab) -> None:
    module_in("task 3", f"make -C {BUILD} M=$(shell pwd) modules")
    error = shared.error('make -C "task 3"')
    assert error["what"].startswith("make: *** No rule to make target '3'.  Stop.")
    assert "task 3 has a blank in its name" in error["because"]
    assert shared.error("make -C task 3")["try"] == 'make -C "task 3"'
    Path("task 3/Makefile").write_text(f'obj-m := hello.o\nall:\n\tmake -C {BUILD} M="$(CURDIR)" modules\n')
    assert shared.result('make -Wall -sk -C "task 3"').status == 0
