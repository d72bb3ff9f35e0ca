"""Makefiles beside the real make: the same values, the same words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kshell.kbuild.makefile.makefile import Host, MakefileError, parse


def version() -> str:
    """The first line of `make --version`, "" where there is no make."""
    if shutil.which("make") is None:
        return ""
    done = subprocess.run(["make", "--version"], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.partition("\n")[0]


# Other versions say a few things in other words (and the make of macOS is from 2006).
pytestmark = pytest.mark.skipif(version() != "GNU Make 4.3", reason="compares with GNU Make 4.3, which is not here")

VALUES = [
    "X := a.o\nX += b.o\nX += \n$(info [$(X)])",
    "X = $(Y)\nY = 1\nX += $(Z)\nZ = 2\n$(info [$(X)])\nZ = 3\n$(info [$(X)])",
    "X := $(Y)\nY = 1\nX ?= 3\nW ?= $(Y)\n$(info [$(X)] [$(W)])\nY = 2\n$(info [$(X)] [$(W)] $(CC))",
    "X := a\nX :=$(X)b\n$(info $(X))",
    "X = a \\\n   b   \\\n\n$(info [$(X)])",
    "X = a   # comment\n$(info [$(X)])\nX = a\\#b\\\\# comment\n$(info [$(X)])",
    "# comment \\\nX = 1\n$(info [$(X)])",
    "X := $(subst a,#,bab)\n$(info $(X) $$ [a$ b])",
    "a.c = yes\nX = a\n$(info $($(X).c) ${$(X).c} $X)",
    "X := a.c b.c c.d\n$(info $(X:.c=.o) $(X:%.c=x/%.o) $(X:=.q) $(X:.c=))",
    "$(info $(patsubst %.c,%.o,a.c  b.d) [$(patsubst a,b%,a  c)] $(patsubst %/,%,usr/ kernel/))",
    "$(info $(filter %.o usr/,a.o b.c usr/) $(filter-out %/,a/ b c/) $(sort b a b Z) $(words a  b))",
    "$(info $(word 2,a b) [$(word 3,a b)] $(firstword a b) $(lastword a b))",
    "$(info $(dir a/b c /) $(notdir a/b c) $(basename a.b/c d.e))",
    "$(info $(addprefix x/,a b) $(addsuffix .o,a b) [$(strip  a \t b )] $(findstring a,cab))",
    "$(info [$(if  ,a, b )] [$(if x, y )] [$(or , , z )] [$(and a, b )] $(foreach x,a b  c,<$(x)>))",
    "$(info $(abspath a/../b ./c /x/./y) $(CURDIR) $(MAKE) $(RM) $(MAKEFILE_LIST) $(MAKELEVEL))",
    "ifeq (a, a)\n$(info 1)\nelse\n$(info 2)\nendif\nifneq 'a' \"b\"\n$(info 3)\nendif # x",
    "ifdef X\n$(info 1)\nelse ifeq (a,b)\n$(info 2)\nelse ifndef Y\n$(info 3)\nelse\n$(info 4)\nendif",
    "ifeq (a,b)\nifeq nonsense\nelse\n$(info no)\nendif\nelse\n$(info yes)\nendif",
    "ifeq ($(filter y,n y),)\n$(info empty)\nelse\n  $(info indented)\nendif",
    "obj-$(CONFIG_X) += a.o\n$(info $(obj-))\nifeq = 3\n$(info $(ifeq))",
    "export Y := 2\nunexport Y\nexport Z\n$(info $(Y) [$(Z)])",
    "obj-y := a.o\r\nX := b \\\r\n c\r\nifeq ($(X),b c)\r\n$(info [$(obj-y)])\r\nendif\r",
    "all: a\n$(info [$(X)] $(.DEFAULT_GOAL))\na:",
    "X = $(warning careful)\n\n$(X)\nall:\n\techo 1\nall:\n\techo 2",
    "ifeq (a,b) foo\nelse bar\nendif foo\nall:",
    "$(nothing)\n$(info x$(nofunc a,b)x)\nall:",
]
RECIPES = [
    "X = 1\nall: a\n\techo $@ $< $(X) $$HOME\n\n# comment\n\t@echo two \\\n\t three\na: ;",
    "X := 3\nall: ; echo $(X)",
    "\tX := 1\nall:\n\techo $(X)\nifdef NO\n\techo no\nendif\n\techo yes",
    "all:\n\t$(NOTHING)\n\t-echo c",
]
MISTAKES = [
    "all:\n        make",
    "all:\n    make",
    "all:\n\nmake me",
    "\techo\nall:",
    "all:\n\ttrue\nX = 1\n\tfalse",
    "; echo",
    "ifeq (a,a)\nX = 1",
    "ifeq (a,a)\nelse\nelse\nendif",
    "endif",
    "else",
    "else ifeq (a,b)",
    "ifeq a\nendif",
    "ifeq (a b)\nendif",
    "ifeq(a,b)\nendif",
    "ifdef A B\nendif",
    "X := $(foo",
    "X = ${foo)\n\n$(X)",
    "X := $(subst a,b,c",
    "X = $(X) a\n\nY := $(X)",
    "A = $(B)\nB = $(A)\n\nX := $(A)",
    "= 1",
    "$(E) := 1",
    "a b := 1",
    "endef",
    "X := $(subst a,b)",
    "X := $(foreach a,b)",
    "X = $(word x,y)\n\n$(X)",
    "X := $(word 0,y)",
    "X = $(error it broke)\n\n$(X)",
    "X = 1\ninclude nothere.mk",
    "%.o foo: bar",
    "<<<<<<< HEAD",
]


def real(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "Makefile").write_bytes(text.encode())
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    done = subprocess.run(
        ["make", "-n"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    return [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if not re.match(r"make: (\*\*\* No targets|Nothing to be done|'.*' is up to date)", line)
    ]


def ours(tmp_path: Path, text: str, recipe: bool = False) -> list[str]:
    said = []
    host = Host(directory=str(tmp_path), environment={"PATH": os.environ["PATH"]})
    try:
        makefile = parse(text, "Makefile", {}, host)
        said = [line for _, part in makefile.said for line in part.split("\n")]
        if recipe:
            lines = makefile.recipe(makefile.targets[makefile.default_goal or ""])
            said += [line.text.lstrip("@-+") for line in lines]
    except MakefileError as error:
        said += [error.what, *error.details]
    return said


@pytest.mark.parametrize("text", VALUES)
def test_a_makefile_prints_what_gnu_make_prints(tmp_path: Path, text: str) -> None:
    expected = real(tmp_path, text + "\n")
    assert expected or "nothing" in text
    # GNU make's standard output and error are compared as one, in any order: only each one's order is sure.
    got = [line for line in expected if not line.startswith("echo")]
    assert sorted(ours(tmp_path, text + "\n")) == sorted(got)


@pytest.mark.parametrize("text", RECIPES)
def test_a_recipe_is_shown_as_gnu_make_shows_it(tmp_path: Path, text: str) -> None:
    assert "\n".join(ours(tmp_path, text + "\n", recipe=True)) == "\n".join(real(tmp_path, text + "\n"))


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_refused_in_gnu_makes_words(tmp_path: Path, text: str) -> None:
    assert ours(tmp_path, text + "\n") == real(tmp_path, text + "\n")
