"""What make says when it cannot read a Makefile: GNU make's own words, and then kshell's because and try.

C counterpart: the fatal() calls of GNU make.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.problem import ProblemError


class Where(NamedTuple):
    """A place in a Makefile: the file's name as make shows it, and the line, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class MakefileError(ProblemError):
    """A Makefile that make cannot read, or a recipe that this make cannot follow.

    `what` is what GNU make prints (``Makefile:7: *** missing separator.  Stop.``), `because` and `try_` are kshell's.
    `where` is the place, None where make names none.  `text` is the line that is to blame ("" where none is),
    `details` are further lines that make prints under the first.
    """

    def __init__(
        self,
        what: str,
        because: str,
        try_: str,
        where: Where | None = None,
        text: str = "",
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(what, because, try_)
        self.where, self.text, self.details = where, text, details


# By the beginning of make's words.  {0} is what stands between the first quotes of those words.
_WHY: tuple[tuple[str, str, str], ...] = (
    (
        "missing 'endif'",
        "the file ends inside an ifeq, ifneq, ifdef or ifndef that no endif closes",
        "write `endif` where the condition is to end",
    ),
    (
        "extraneous '",
        "no ifeq, ifneq, ifdef or ifndef is open at this `{0}`",
        "take the line away, or write the condition that it belongs to above it",
    ),
    (
        "only one 'else'",
        "the condition has had its else, and what follows that can only be endif",
        "take one else away, or write `else ifeq (a,b)` for the first of the two",
    ),
    (
        "invalid syntax in conditional",
        "ifeq and ifneq take two texts, `(a,b)` or `'a' 'b'`; ifdef and ifndef take the name of one variable",
        "ifeq ($(CONFIG_SMP),y)   or   ifdef CONFIG_SMP",
    ),
    (
        "recipe commences before first target",
        "a line that begins with a TAB is a command of the rule above it, and no rule is open here",
        "take the TAB away, or write the rule (`target: ...`) on the line before it",
    ),
    (
        "missing rule before recipe",
        "what follows a `;` is a command, and before it there is no `target:`",
        "write `target: ; command`",
    ),
    (
        "unterminated variable reference",
        "a `$(` or `${{` is never closed on this line",
        "close it: every $( needs its ), every ${{ its }}",
    ),
    (
        "unterminated call to function",
        "the call of {0} is never closed on this line; parentheses inside it count too",
        "close it with a ) of its own",
    ),
    (
        "Recursive variable",
        "{0} was set with `=`, so its text is expanded anew at every use, and that leads back to {0} without an end",
        "set it with `:=`, which expands once, or add to it with `+=`",
    ),
    (
        "empty variable name",
        "an assignment needs a name before its `=`, and here nothing is left of it",
        "write the variable's name before the =, as in `obj-y := test_call.o`",
    ),
    (
        "insufficient number of arguments",
        "the arguments of {0} are parted by commas, and one or more are missing",
        "$(subst from,to,text), $(patsubst %.c,%.o,text), $(filter %.o,text): see the info page of GNU make",
    ),
    ("non-numeric", "{0} counts words, so its argument is a number", "$(word 2,$(obj-y))"),
    ("first argument to 'word'", "words are counted from 1", "$(word 1,$(obj-y))"),
    (
        "mixed implicit and normal rules",
        "some targets of this rule have a % and others have none",
        "write two rules",
    ),
)


def stop(where: Where, message: str, text: str = "") -> MakefileError:
    """make's fatal error at a place: its words, with what kshell knows about them."""
    quoted = message.split("'")
    subject = quoted[1] if len(quoted) > 2 else ""
    if message.startswith("insufficient"):
        subject = quoted[-2]
    because, try_ = "GNU make cannot read this line", "look at the line and at the one above it"
    for beginning, why, advice in _WHY:
        if message.startswith(beginning):
            because, try_ = why.format(subject), advice.format(subject)
            break
    return fatal(where, message, because, try_, text)


def fatal(where: Where, message: str, because: str, try_: str, text: str = "") -> MakefileError:
    """make's fatal error with a because and a try of the caller's own."""
    return MakefileError(f"{where}: *** {message}.  Stop.", because, try_, where, text)


def refused(where: Where, form: str, try_: str) -> MakefileError:
    """The answer to a form of GNU make's that kernel trees do without."""
    because = f"kshell's make reads the Makefiles of a kernel tree, and has no {form}"
    return fatal(where, f"{form} is not supported", because, try_)


def no_programs(where: Where, command: str) -> MakefileError:
    """The answer to anything that would start a program of the host."""
    shown = command if len(command) <= 60 else command[:57] + "..."
    return fatal(
        where,
        f"cannot run `{shown}`",
        "this make runs no programs of your machine; it follows make, rm, echo, cd, true, and asks pwd and uname -r",
        "take the command out, or run it in a terminal of your own",
        command,
    )


def too_much(where: Where, message: str) -> MakefileError:
    """The answer to a Makefile whose expansion does not come to an end in any sensible time or space."""
    return fatal(
        where,
        message,
        "variables that refer to variables (or $(call ...), $(foreach ...)) multiply here without a sensible end",
        "set variables with `:=` instead of `=`, and look for one that leads back to itself",
    )
