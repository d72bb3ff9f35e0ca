"""kshell's own command line, read: which kernel, which commands, which face, which limits."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.did_you_mean import did_you_mean
from kshell.shell.errors import CommandError
from kshell.shell.limits import MEMORY_MIB, TIMEOUT_SECONDS

USAGE = f"""\
usage: kshell [--kernel 4.19|course|6.19] [--json] [--keep-going] [--resume] [-c COMMANDS ... | FILE]
       kshell [--json] tree new DIR [4.19|6.19] [--force]
       kshell [--json] lesson [VERB LESSON]
       kshell present FILE|LESSON [--notes FILE]

A teaching shell for a simulated Linux-like kernel.

  kshell                       the prompt (commands from standard input, if that is not a terminal)
  kshell FILE                  run the commands in FILE, a line each
  kshell -c 'CMD; CMD'         run these commands (several -c: one after the other)
  kshell tree new DIR          lay out a kernel source tree (a file called tree: kshell ./tree)
  kshell lesson                the guided lessons; run, lint, preview, render (kshell -c 'help lesson')
  kshell present FILE|LESSON   a script or a lesson on slides, for a class (docs/present.md)

  --kernel 4.19|course|6.19    which kernel to boot (course: 4.19 with the course's own call)
  --lessons DIR                lessons of your own, in a folder or a zip; may be given again
  --echo                       in scripts: show each command before it runs, and comments as prose
  --step                       with FILE: the same, a key for each command; q leaves to the prompt
  --json                       one JSON object a command, a line each (docs/json.md)
  --color auto|always|never    colours: where a terminal shows them, or as NO_COLOR and FORCE_COLOR say (auto)
  --keep-going                 in scripts: go on after a failed command
  --timeout SECONDS            in scripts: end after so long (0: never; without it a line has {TIMEOUT_SECONDS} seconds)
  --memory MIB                 in scripts: end when kshell takes more memory (0: any; without it {MEMORY_MIB})
  --resume                     go on with the last session that was had at the prompt
  --write-config               make the prompt's file of settings, commented, if it is not there
  --version, --help

Exit status: 0 done, 1 a command failed, 2 wrong usage, 3 a bug in kshell, 124 a limit was reached, 130 Ctrl-C.
"""
KERNELS = ("4.19", "course", "6.19")
TREE_USAGE = "kshell tree new DIR [4.19|6.19] [--force]"
USAGE_ERROR = 2
# Commands that stand for themselves, by what is typed for them.
WORDS = {
    "tree": "tree",
    "present": "present",
    **dict.fromkeys(("lesson", "lessons", "learn", "tutorial", "demo"), "lesson"),
}
_FLAGS = {
    "--json": "json",
    "--echo": "echo",
    "--step": "step",
    "--keep-going": "keep_going",
    "-k": "keep_going",
    "--resume": "resume",
    "--write-config": "write_config",
    "--help": "show_help",
    "-h": "show_help",
    "--version": "show_version",
    "-V": "show_version",
}
COLOURS = ("auto", "always", "never")
_VALUES = {  # each with an example
    "--kernel": "kshell --kernel 6.19",
    "--color": "kshell --color always FILE  (or auto, or never)",
    "-c": "kshell -c 'syscall getpid'",
    "--lessons": "kshell --lessons DIR",
    "--timeout": "kshell --timeout 10 FILE  (seconds; 0: no limit)",
    "--memory": "kshell --memory 256 FILE  (MiB; 0: no limit)",
}


class UsageError(CommandError):
    """The command line makes no sense: what, and what to try."""

    def __init__(self, what: str, try_: str = "kshell --help") -> None:
        super().__init__(f"kshell: {what}", "", try_, status=USAGE_ERROR)


class Arguments:
    """The command line, read: `commands` are the lines of all its -c, `timeout` and `memory` None where not given."""

    kernel = "course"
    json = keep_going = show_help = show_version = write_config = resume = echo = step = False
    commands: list[str] | None = None
    file: str | None = None
    words: Sequence[str] = ()  # of a command that stands for itself: `tree new ...`, `lesson ...`, `present ...`
    lessons: tuple[str, ...] = ()
    color = "auto"
    timeout: float | None = None
    memory: float | None = None


def read_arguments(argv: Sequence[str]) -> Arguments:
    """Read the command line.  By hand: argparse would cost as much as the rest of the start."""
    found, rest = Arguments(), list(argv)
    while rest:
        arg = rest.pop(0)
        option, equals, value = arg.partition("=")
        if arg in _FLAGS:
            setattr(found, _FLAGS[arg], True)
        elif option in _VALUES:
            if not equals or option == "-c":
                if not rest:
                    raise UsageError(f"{option} needs a value", _VALUES[option])
                value = rest.pop(0)
            _take(found, option, value)
        elif arg.startswith("-") and arg not in ("-", "--"):
            close = did_you_mean(arg, [*_FLAGS, *_VALUES])
            raise UsageError(f"unknown option {arg}", f"{close[0]}  (did you mean that?)" if close else "kshell --help")
        elif arg in WORDS:
            found.words, rest = [WORDS[arg], *rest], []
        else:
            if arg == "--":
                arg = rest.pop(0) if rest else "-"
            if found.file is not None or any(not each.startswith("--") for each in rest):
                raise UsageError("one file of commands at a time", "kshell FILE  (options stand before it)")
            found.file = arg
    _check(found)
    return found


def colour_asked(argv: Sequence[str]) -> str:
    """What --color says on a command line of which the rest may make no sense."""
    given = " ".join(argv).replace("--color ", "--color=").split()
    words = [word.removeprefix("--color=") for word in given if word.startswith("--color=")]
    return next((word for word in reversed(words) if word in COLOURS), "auto")


def _take(found: Arguments, option: str, value: str) -> None:
    """The value of an option; of several -c all count, one after the other."""
    if option == "-c":
        found.commands = [*(found.commands or ()), *value.split("\n")]
    elif option == "--lessons":
        found.lessons += (value,)
    elif option == "--kernel":
        if value not in KERNELS:
            raise UsageError(f"there is no kernel {value!r}", f"--kernel {'|'.join(KERNELS)}")
        found.kernel = value
    elif option == "--color":
        if value not in COLOURS:
            raise UsageError(f"--color takes {', '.join(COLOURS)}, and not {value!r}", _VALUES[option])
        found.color = value
    else:
        try:
            number = float(value)
        except ValueError:
            number = -1
        if not 0 <= number < 1e9:
            raise UsageError(f"{option} takes a number, and not {value!r}", _VALUES[option])
        setattr(found, option[2:], number)


def _check(found: Arguments) -> None:
    """UsageError for what does not go together."""
    if found.file is not None and found.commands is not None:
        raise UsageError("commands come from -c or from a file, not from both", "kshell FILE")
    if found.step and (found.file in (None, "-") or found.json):
        raise UsageError("--step is for a file of commands, at a terminal", "kshell --step FILE")
    if found.words:
        _check_words(found)


def _check_words(found: Arguments) -> None:
    """A command that stands for itself: alone, and what it is asked for can be done from outside."""
    words = found.words
    if found.commands is not None or found.file is not None:
        raise UsageError(f"{' '.join(words[:2])} stands alone on the command line", "kshell --help")
    if "--help" in words or "-h" in words:
        found.show_help = True
    elif words[0] == "tree" and (words[1:2] != ["new"] or len(words) == 2):
        what = "tree new takes the folder to make" if words[1:2] == ["new"] else "tree: the verb here is new"
        raise UsageError(what, f"{TREE_USAGE}  (a file called tree: kshell ./tree)")
