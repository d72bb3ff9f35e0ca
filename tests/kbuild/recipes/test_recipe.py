"""Recipes: what they may ask for, and that nothing else is ever done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.kbuild.makefile.makefile import Host, MakefileError, Where, parse
from kshell.kbuild.recipes.recipe import Action, Change, Echo, Make, NoAction, RecipeLine, Remove, commands, read_recipe

ANSWERS = {"uname -r": "4.19.1-test\n", "pwd": "/home/me\n"}
WHERE = Where("Makefile", 7)


def read(text: str) -> RecipeLine:
    return read_recipe(text, WHERE, ANSWERS.get, {"PWD": "/home/me", "TWO": "a b"})


def actions(text: str) -> tuple[Action, ...]:
    return read(text).actions


def refused(text: str) -> MakefileError:
    with pytest.raises(MakefileError) as caught:
        read(text)
    return caught.value


def test_the_slides_recipe_makes_two_goals_because_of_the_blank_after_SUBDIRS() -> None:
    (made,) = actions("make -C /lib/modules/`uname -r`/build SUBDIRS= /home/me modules")
    assert made == Make("/lib/modules/4.19.1-test/build", ("/home/me", "modules"), {"SUBDIRS": ""}, {}, ";")


def test_the_usual_external_build_names_its_folder_with_M() -> None:
    (made,) = actions('make -C /lib/modules/$(uname -r)/build M="$PWD" ARCH:=x86 -j 4 -sk --no-print-directory modules')
    assert isinstance(made, Make)
    assert (made.goals, made.variables) == (("modules",), {"M": "/home/me", "ARCH": "x86"})


def test_cd_is_a_command_of_its_own_and_each_command_knows_what_joins_it_to_the_last() -> None:
    found = actions("cd sub && make -Cdeep all; make || echo no")
    assert [type(a).__name__ for a in found] == ["Change", "Make", "Make", "Echo"]
    assert [a.after for a in found] == [";", "&&", ";", "||"]
    assert [a.directory for a in found if isinstance(a, (Change, Make))] == ["sub", "deep", ""]


def test_rm_keeps_its_patterns_and_what_is_quoted_stands_for_itself() -> None:
    (removed,) = actions("rm -rf *.o '*.ko' a\\ b $TWO Module.*  # all of it")
    assert removed == Remove(("*.o", "[*].ko", "a b", "a", "b", "Module.*"), True, True, ";")
    assert actions("rm -f *.o 2>/dev/null || true")[0] == Remove(("*.o",), True, False, ";")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo  a   b", "a b\n"),
        ("echo 'a   $PWD' \"$PWD\"", "a   $PWD /home/me\n"),
        ("echo -n $TWO\"$TWO\" ''", "a ba b "),
        ("echo a\\\n  b a\\\nb", "a b ab\n"),
        ("echo $(pwd)x $NOTHING ${PWD} \\$x #no", "/home/mex /home/me $x\n"),
        ("X='1  2'; echo $X \"$X\"", "1 2 1  2\n"),
    ],
)
def test_echo_says_what_the_shell_would_say(text: str, said: str) -> None:
    assert actions(text)[-1] == Echo(said, ";")


def test_the_prefixes_are_taken_off_and_kept_apart() -> None:
    command = read("@ -+ true")
    assert (command.text, command.silent, command.ignore_errors, command.where) == ("true", True, True, WHERE)
    assert command.actions == (NoAction(";"),)
    assert read("@:").actions == (NoAction(";"),)
    assert read("CFLAGS=-O2 make").actions == (Make("", (), {}, {"CFLAGS": "-O2"}, ";"),)


@pytest.mark.parametrize(
    "text",
    [
        "gcc -c a.c",
        "echo hi > file",
        "cat < file",
        "echo a | sh",
        "make &",
        "(make)",
        "for i in a; do echo; done",
        "echo `id`",
        "echo $(rm x)",
        "echo ${X:-y}",
        "echo $?",
        "./run",
        "sudo make install",
        "cd",
        "rm -rf / ; reboot",
        "make && X=1",
    ],
)
def test_anything_that_needs_a_program_is_refused_with_its_line(text: str) -> None:
    error = refused(text)
    assert error.what.startswith("Makefile:7: *** cannot run `")
    assert "runs no programs" in error.because
    assert error.try_
    assert error.where == WHERE


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("echo 'a", "/bin/sh: 1: Syntax error: Unterminated quoted string"),
        ("&& make", '/bin/sh: 1: Syntax error: "&&" unexpected'),
        ("make &&", "/bin/sh: 1: Syntax error: end of file unexpected"),
        ("rm", "rm: missing operand"),
        ("rm -q x", "rm: invalid option -- 'q'"),
        ("make -C", "make: option requires an argument -- 'C'"),
        ("make -z", "make: invalid option -- 'z'"),
        ("make --zz", "make: unrecognized option '--zz'"),
        ("make -n", "make: option '-n' is not followed here"),
        ("make -sB", "make: option '-sB' is not followed here"),
        ("make --dry-run", "make: option '--dry-run' is not followed here"),
        ("make -f other.mk", "make: option '-f' is not followed here"),
        ("make -W", "make: option requires an argument -- 'W'"),
        ("make -sz", "make: invalid option -- 'z'"),
        ("make --no", "make: unrecognized option '--no'"),
    ],
)
def test_a_misspelt_command_is_refused_in_the_words_of_its_program(text: str, what: str) -> None:
    assert refused(text).what == what


def test_the_commands_of_a_rule_come_one_after_the_other_with_the_exported_variables() -> None:
    text = "export V := 3\nall: a\n\t@echo $@ $$V $$PWD\n\t$(MAKE) -C $< M=$(CURDIR)\n\tgcc x.c\n"
    makefile = parse(text, "Makefile", {}, Host(directory="/home/me"))
    found = commands(makefile, makefile.targets["all"])
    assert next(found).actions == (Echo("all 3 /home/me\n", ";"),)
    assert next(found).actions == (Make("a", (), {"M": "/home/me"}, {}, ";"),)
    with pytest.raises(MakefileError, match=r"Makefile:5: \*\*\* cannot run `gcc x\.c`\.  Stop\."):
        next(found)


@pytest.mark.parametrize(
    "option",
    [
        "-s",
        "-kS",
        "-w",
        "--no-print-directory",
        "-j4",
        "-j 4",
        "-f Makefile",
        "-fMakefile",
        "--",
        "-O",
        "-Wall",
        "-kj4",
    ],
)
def test_options_that_change_nothing_here_are_taken(option: str) -> None:
    assert actions(f"make {option} all") == (Make("", ("all",), {}, {}, ";"),)


SIGNS = "$ $( ${ ` ) } ' \" \\ \n ; && || | > # make rm echo cd -C -f X= = * a 2>/dev/null"
PIECES = st.sampled_from([*SIGNS.split(" "), " "])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_no_text_whatever_raises_anything_but_a_makefile_error(text: str) -> None:
    parts: tuple[str, ...]
    try:
        parts = tuple(type(action).__name__ for action in read(text).actions)
    except MakefileError as error:
        parts = (error.what, error.because, error.try_)
    assert all(parts)
