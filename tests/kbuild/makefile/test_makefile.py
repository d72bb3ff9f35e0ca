"""Makefiles as kshell reads them: lists with their lines, rules and mistakes."""

from __future__ import annotations

import pytest

from kshell.kbuild.makefile.makefile import Entry, Host, Makefile, MakefileError, parse

SLIDE = """obj-y := test_call.o

obj-m := syscallModule.o

PWD := $(shell pwd)

KDIR := /lib/modules/`uname -r`/build

default:

{tab}$(MAKE) -C $(KDIR) SUBDIRS= $(PWD) modules

clean:

{tab}rm -f *.o *.ko *.mod.* Module.* modules.*
"""
TOP = """core-y := usr/
ifeq ($(KBUILD_EXTMOD),)
core-y += kernel/ mm/ \\
          fs/ \\
          SystemCalls/
endif
"""
HOST = Host(shell={"pwd": "/home/me/SystemCalls\n", "uname -r": "4.19.1-test\n"}.get, directory="/home/me/SystemCalls")


def read(text: str, **variables: str) -> Makefile:
    return parse(text, "SystemCalls/Makefile", variables, HOST)


def refused(text: str) -> MakefileError:
    with pytest.raises(MakefileError) as caught:
        read(text)
    return caught.value


# The slides.


def test_the_slides_makefile_typed_without_tabs_gives_what_make_gives_and_says_which_line_needs_a_tab() -> None:
    error = refused(SLIDE.format(tab=""))
    assert error.what == "SystemCalls/Makefile:11: *** missing separator.  Stop."
    assert "TAB" in error.because
    assert "default:" in error.because
    assert "put one TAB before `$(MAKE) -C $(KDIR)" in error.try_
    assert error.where is not None
    assert error.where.line == 11


def test_the_slides_makefile_with_tabs_has_its_lists_rules_and_default_goal() -> None:
    makefile = read(SLIDE.format(tab="\t"))
    assert makefile.words("obj-y") == ["test_call.o"]
    assert makefile.words("obj-m") == ["syscallModule.o"]
    assert makefile.default_goal == "default"
    assert list(makefile.targets) == ["default", "clean"]
    assert [(line.text, line.line) for line in makefile.recipe(makefile.targets["default"])] == [
        ("make -C /lib/modules/`uname -r`/build SUBDIRS= /home/me/SystemCalls modules", 11)
    ]
    assert makefile.targets["clean"].recipe[0].line == 15


def test_the_windows_line_ends_of_an_editor_change_nothing_as_in_gnu_make() -> None:
    text = SLIDE.format(tab="\t")
    windows = read(text.replace("\n", "\r\n"))
    assert windows.value("obj-y") == "test_call.o"
    assert windows.recipe(windows.targets["default"]) == read(text).recipe(windows.targets["default"])
    assert read(TOP.replace("\n", "\r\n")).words("core-y") == read(TOP).words("core-y")


# Lists know where their words were written.


def test_every_word_of_core_y_knows_its_own_line_through_continuations_and_additions() -> None:
    assert [(e.text, e.line) for e in read(TOP).entries("core-y")] == [
        ("usr/", 1),
        ("kernel/", 3),
        ("mm/", 3),
        ("fs/", 4),
        ("SystemCalls/", 5),
    ]


def test_a_recursive_list_knows_its_lines_too_and_a_reference_keeps_those_of_the_other_variable() -> None:
    makefile = read(
        "more = b.o \\\n  c.o\nobj-y = a.o\nobj-y += $(more)\nall-y := $(obj-y) $(obj-y:.o=.c) $(subst -,,a-b)\n"
    )
    assert [e[:2] for e in makefile.entries("obj-y")] == [("a.o", 3), ("b.o", 1), ("c.o", 2)]
    expected = [("a.o", 3), ("b.o", 1), ("c.o", 2), ("a.c", 3), ("b.c", 1), ("c.c", 2), ("ab", 5)]
    assert [e[:2] for e in makefile.entries("all-y")] == expected
    assert [e.text for e in makefile.entries("all-y")] == makefile.words("all-y")


def test_what_the_top_makefile_does_to_core_y_leaves_every_directory_its_line() -> None:
    text = TOP + "dirs := $(patsubst %/,%, $(filter %/, $(core-y)))\nsorted := $(sort $(core-y))\n"
    makefile = read(text + "core-y := $(patsubst %/, %/built-in.a, $(core-y))\n")
    assert makefile.entries("core-y")[-1] == Entry("SystemCalls/built-in.a", 5, "SystemCalls/Makefile")
    assert [e[:2] for e in makefile.entries("sorted")][:2] == [("SystemCalls/", 5), ("fs/", 4)]
    assert makefile.words("dirs") == ["usr", "kernel", "mm", "fs", "SystemCalls"]


def test_an_entry_from_an_included_file_names_that_file() -> None:
    host = Host(read={"more.mk": "\nobj-y += b.o\n"}.get)
    makefile = parse("obj-y := a.o\ninclude more.mk\n", "Makefile", {}, host)
    assert makefile.entries("obj-y") == [Entry("a.o", 1, "Makefile"), Entry("b.o", 2, "more.mk")]
    assert makefile.value("MAKEFILE_LIST") == "Makefile more.mk"


def test_a_list_in_a_branch_that_is_passed_over_adds_nothing() -> None:
    assert read(TOP + "ifdef NOPE\ncore-y += nope/\nendif\n").entries("core-y") == read(TOP).entries("core-y")


def test_a_variable_on_the_command_line_beats_the_files() -> None:
    makefile = read("M := here\nM += more\n", M="there")
    assert makefile.value("M") == "there"
    assert makefile.value("nothing") == ""


def test_the_environment_is_beaten_by_the_file_and_beats_a_conditional_assignment() -> None:
    host = Host(environment={"A": "env", "B": "env"})
    makefile = parse("A = file\nB ?= file\nexport A\nC = 1\n", "Makefile", {}, host)
    assert (makefile.value("A"), makefile.value("B")) == ("file", "env")
    assert makefile.exports() == {"A": "file", "B": "env"}


# Rules.


def test_prerequisites_of_several_rules_for_one_target_add_up_and_a_bar_begins_the_order_only_ones() -> None:
    rule = read("all: a b | dir\nall: ./c\n\techo\n").targets["all"]
    assert (rule.prerequisites, rule.order_only, len(rule.recipe)) == (["a", "b", "c"], ["dir"], 1)


def test_a_recipe_may_stand_behind_a_semicolon_and_a_conditional_may_stand_in_it() -> None:
    makefile = read("all: ; @echo one\n\t@echo two\nifdef NOPE\n\t@echo no\nendif\n\t@echo three\n")
    texts = [(line.text, line.line) for line in makefile.targets["all"].recipe]
    assert texts == [("@echo one", 1), ("@echo two", 2), ("@echo three", 6)]


def test_a_dotted_or_a_pattern_target_is_no_default_goal_but_what_the_file_says_is() -> None:
    assert read(".PHONY: x\n%.o: %.c\n\tcc\nfirst:\nsecond:\n").default_goal == "first"
    assert read("first:\nsecond:\n.DEFAULT_GOAL := second\n").default_goal == "second"
    assert read("obj-y := a.o\n").default_goal is None
    assert read(".PHONY: x y\n").default_goal is None
    assert [p.target for p in read("%.o: %.c\n\tcc\n").patterns] == ["%.o"]


def test_the_names_of_a_rule_are_known_in_its_recipe() -> None:
    makefile = read("X := out\nall: a b a\n\t@echo $(X) $@ $< $^ $+ $$HOME\n")
    expanded = makefile.recipe(makefile.targets["all"])
    assert expanded[0].text == "@echo out all a a b a b a $HOME"


def test_a_mistake_in_a_recipe_is_found_when_the_recipe_is_wanted_and_names_its_line() -> None:
    makefile = read("all:\n\ttrue\n\techo $(oops\n")
    with pytest.raises(MakefileError, match=r"Makefile:3: \*\*\* unterminated variable reference\.  Stop\."):
        makefile.recipe(makefile.targets["all"])


# The world around.


def test_pwd_and_uname_come_from_the_caller_and_any_other_program_is_refused_in_plain_words() -> None:
    assert read("X := $(shell pwd) $(shell  uname -r )\n").value("X") == "/home/me/SystemCalls 4.19.1-test"
    for text in ("\nX := $(shell rm -rf /)\n", "\nX != rm -rf /\n"):
        error = refused(text)
        assert error.what == "SystemCalls/Makefile:2: *** cannot run `rm -rf /`.  Stop."
        assert "runs no programs" in error.because
    assert read("X = $(shell rm -rf /)\nY = 1\n").value("Y") == "1", "nobody asked for the value of X"


def test_a_missing_include_is_an_error_in_makes_words_and_a_dashed_one_is_not() -> None:
    error = refused("X = 1\ninclude config.mk\n")
    assert error.what == "SystemCalls/Makefile:2: config.mk: No such file or directory"
    assert error.details == ("make: *** No rule to make target 'config.mk'.  Stop.",)
    assert read("-include config.mk\nsinclude other.mk\nX = 1\n").value("X") == "1"


def test_wildcards_ask_the_caller() -> None:
    host = Host(wildcard=lambda pattern: ["a.c", "b.c"] if pattern == "*.c" else [])
    makefile = parse("X := $(wildcard *.c *.h)\nall: *.c *.h\n", "Makefile", {}, host)
    assert makefile.value("X") == "a.c b.c"
    assert makefile.targets["all"].prerequisites == ["a.c", "b.c", "*.h"]


def test_what_info_and_warning_say_is_kept_in_order_and_said_once() -> None:
    makefile = read("X := $(info one)a $(warning two)b\nY = $(info lazy)\n")
    assert [e.text for e in makefile.entries("X")] == ["a", "b"]
    assert makefile.entries("Y") == []
    assert makefile.said == [("stdout", "one"), ("stderr", "SystemCalls/Makefile:1: two")]


# Mistakes.


@pytest.mark.parametrize(
    ("text", "because", "try_"),
    [
        ("all:\n        make\n", "begins with 8 blanks", "put one TAB before `make`, in place of the blanks"),
        ("all:\n make\n", "begins with 1 blank,", "in place of the blank"),
        ("ifeq(a,b)\n", "words of their own", "ifeq (a,b)"),
        ("<<<<<<< HEAD\n", "merge conflict", "take the marks away"),
        ("obj-y test_call.o\n", "no assignment", "obj-y := test_call.o"),
    ],
)
def test_a_missing_separator_says_what_is_really_missing(text: str, because: str, try_: str) -> None:
    error = refused(text)
    assert "*** missing separator" in error.what
    assert because in error.because
    assert try_ in error.try_


@pytest.mark.parametrize(
    "text",
    [
        "X = $(X)\nY := $(X)",
        "endif",
        "ifdef X",
        "\tx",
        "$(word x,y)",
        "= 1",
        "; x",
        "$(error no)",
        "X := $(eval Y=1)",
        "X := \0",
    ],
)
def test_every_mistake_has_three_parts_and_a_place(text: str) -> None:
    error = refused(text)
    assert error.what.startswith("SystemCalls/Makefile:")
    assert error.because
    assert error.try_
    assert "cannot read this line" not in error.because
    assert error.where is not None


@pytest.mark.parametrize(
    ("text", "form", "try_"),
    [
        ("X := $(eval Y=1)", "$(eval ...)", "write out"),
        ("X := $(call f,a)", "$(call ...)", "write out"),
        ("X := $(origin CC)", "$(origin ...)", "ifdef NAME"),
        ("X ::= $(A) b", "`::=`", "X := $(A) b"),
        ("X :::= b", "`:::=`", "X := b"),
        ("define X\na\nendef", "`define`", "NAME = text"),
        ("undefine X", "`undefine`", "NAME ="),
        ("override X := 1", "`override`", "NAME = text"),
        ("vpath %.c src", "`vpath`", "in front of each name"),
        ("all: X := 3", "variable of one target", "for all targets"),
        ("all: export X += 3", "variable of one target", "for all targets"),
        ("a.o b.o: %.o: %.c", "static pattern rule", "a.o: the files it needs"),
        ("clean:: a", "rule with two colons", "clean: with one colon"),
        ("a b &: c", "group of targets (&:)", "a rule for each"),
    ],
)
def test_what_kernel_trees_do_without_is_refused_in_one_clear_message(text: str, form: str, try_: str) -> None:
    error = refused("\n" + text + "\n")
    assert error.what.startswith(f"SystemCalls/Makefile:2: *** {form}")
    assert error.what.endswith(" is not supported.  Stop.")
    assert "reads the Makefiles of a kernel tree" in error.because
    assert try_ in error.try_
    assert read(f"ifdef NOPE\n{text.partition(chr(10))[0]}\nendif\nX = 1\n").value("X") == "1"


def test_ldd3_s_makefile_is_read_inside_the_kernel_s_build_and_outside_of_it() -> None:
    text = """ifneq ($(KERNELRELEASE),)
    obj-m := hello.o
else
    KERNELDIR ?= /lib/modules/$(shell uname -r)/build
    PWD := $(shell pwd)

default:
\t$(MAKE) -C $(KERNELDIR) M=${PWD} modules

endif
"""
    assert read(text, KERNELRELEASE="4.19.1").words("obj-m") == ["hello.o"]
    outside = read(text)
    (line,) = outside.recipe(outside.targets["default"])
    assert line.text == "make -C /lib/modules/4.19.1-test/build M=/home/me/SystemCalls modules"
    assert outside.words("obj-m") == []
