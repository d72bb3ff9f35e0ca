"""The registry of commands: what each is called, what it takes, what it does, and the function that does it.

Commands stand in files by subject.  FILES says which file has which, so that a session imports only the files whose
commands are typed; `everything` imports them all, for help and completion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from kshell.shell.errors import CommandError, did_you_mean
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.shell.lines.words import Word
    from kshell.shell.session import Session
    from kshell.shell.views.view import View

Handler = Callable[["Session", "list[Word]"], "View"]

# Group (a file of this package), its heading in help, and its commands.
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("calls", "System calls", ("syscall", "trace", "man")),
    ("kernel_modules", "Modules", ("modprobe", "insmod", "rmmod", "lsmod", "modinfo", "module", "taint")),
    ("kernel_tree", "A kernel tree", ("tree", "make", "diff", "edit")),
    ("user_programs", "Programs", ("asm", "run")),
    ("libc", "The C library", ("libc",)),
    ("symbols", "The kernel's tables", ("table", "kallsyms")),
    ("addresses", "Memory and registers", ("x", "disas", "regs")),
    ("log", "The kernel's log", ("dmesg",)),
    ("machine", "The machine", ("boot", "cat", "ls")),
    ("the_shell", "The shell", ("help", "history", "source", "echo", "exit")),
)
ALIASES = {"quit": "exit", "q": "exit", "?": "help", "reboot": "boot", ".": "source", "disassemble": "disas"}
FILES = {name: group for group, _, names in GROUPS for name in names}

# The kinds of argument, for completion.
KINDS = frozenset(
    {
        "syscall",  # name of a system call
        "value",  # argument of a system call
        "module",  # loaded module
        "sample",  # module that comes with kshell
        "file",  # path on the host
        "folder",  # folder on the host
        "path",  # path in the simulated machine
        "symbol",  # kernel symbol or address
        "command",  # name of a command
        "line",  # a whole command
        "option",  # one of `options`
        "parameter",  # name=value of a module
        "kernel",  # 4.19, course, 6.19, a tree
        "tree",  # folder on the host that is a kernel tree
        "goal",  # goal of make, or a variable for it
        "word",  # anything
    }
)


class Command:
    """One command.

    `summary` is a sentence, `usage` the forms it takes, `details` paragraphs, `examples` pairs of a line that works as
    typed in a fresh shell and what it shows.  `arguments` are kinds (see KINDS) by position, the last one repeated
    when it ends with ``*``; `options` pairs of an option and what it does.
    """

    __slots__ = ("arguments", "examples", "group", "handler", "name", "options", "usage")

    def __init__(
        self,
        name: str,
        handler: Handler,
        usage: Sequence[str],
        examples: Sequence[tuple[str, str]],
        arguments: Sequence[str],
        options: Sequence[tuple[str, str]],
    ) -> None:
        self.name, self.handler = name, handler
        self.usage, self.examples, self.arguments, self.options = usage, examples, arguments, options
        self.group = FILES[name]

    @property
    def summary(self) -> str:
        """What it does, in a sentence: the first line of the handler's docstring."""
        return (self.handler.__doc__ or "").partition("\n")[0].strip()

    @property
    def details(self) -> str:
        """More about it, in paragraphs: the rest of the docstring."""
        from textwrap import dedent

        return dedent((self.handler.__doc__ or "").partition("\n")[2]).strip()

    @property
    def aliases(self) -> list[str]:
        """Other names for it."""
        return [alias for alias, name in ALIASES.items() if name == self.name]

    def kind_at(self, position: int) -> str | None:
        """The kind of the argument at `position` (from 0), or None where none is taken."""
        if position < len(self.arguments):
            return self.arguments[position].rstrip("*")
        if self.arguments and self.arguments[-1].endswith("*"):
            return self.arguments[-1][:-1]
        return None

    def __repr__(self) -> str:
        return f"Command({self.name})"


_commands: dict[str, Command] = {}


def command(
    name: str,
    *usage: str,
    examples: Sequence[tuple[str, str]],
    arguments: Sequence[str] = (),
    options: Sequence[tuple[str, str]] = (),
) -> Callable[[Handler], Handler]:
    """Register the decorated function as command `name`.  Its docstring is the help: a sentence, then paragraphs."""

    def register(handler: Handler) -> Handler:
        _commands[name] = Command(name, handler, usage, examples, arguments, options)
        return handler

    return register


def names() -> list[str]:
    """Every command's own name, in the order of help; nothing is imported."""
    return list(FILES)


def find(name: str) -> Command | None:
    """The command of that name or alias, its file imported if it was not yet; None if there is none."""
    name = ALIASES.get(name, name)
    group = FILES.get(name)
    if group is None:
        return None
    if name not in _commands:
        import_module(f"kshell.shell.commands.{group}")
    return _commands[name]


def everything() -> list[Command]:
    """Every command, in the order of help."""
    found = (find(name) for name in FILES)
    return [command for command in found if command is not None]


def unknown(name: str, rest: Sequence[Word] = ()) -> CommandError:
    """What to answer where no command has that name; `rest` is what was typed after it."""
    from kshell.shell.lines.foreign import advice

    what = f"{name}: command not found"
    told = advice(name, [show(word.raw) for word in rest])
    if told is not None:
        return CommandError(what, *told)
    known = [*FILES, *ALIASES]
    close = did_you_mean(name, known)
    if close:
        return CommandError(what, "kshell has no command of that name", f"{close[0]}  (did you mean that?)")
    return CommandError(what, "kshell has no command of that name", "help  (lists them all)")


def misuse(name: str, what: str, try_: str = "") -> CommandError:
    """What to answer to a command that was typed wrongly: the usage is the reason, an example the way out."""
    found = find(name)
    assert found is not None
    usage = "\n".join(found.usage)
    return CommandError(f"{name}: {what}", f"its usage is: {usage}", try_ or found.examples[0][0])


class Options:
    """The options of a command, taken out of its words.

    `values` has the text for an option that takes one and "" for one that does not; `words` is what is left.
    """

    __slots__ = ("values", "words")

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.words: list[Word] = []

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str) -> str | None:
        """The value of an option, None where it was not given."""
        return self.values.get(key)


def take_options(name: str, words: Iterable[Word], known: dict[str, str]) -> Options:
    """Part a command's words into options and the rest.

    `known` maps each spelling (``-n``, ``--last``) to a key, which ends with ``=`` where a value follows.  Understood
    are ``-n 5``, ``-n5``, ``--last 5``, ``--last=5`` and ``-Tc``; ``--`` ends the options.
    """
    found = Options()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        text = word.text
        if word.quote or not text.startswith("-") or text == "-":
            found.words.append(word)
        elif text == "--":
            found.words += rest
            break
        elif text.startswith("--") or text in known:
            _take(name, found, known, rest, *text.partition("=")[::2], "=" in text)
        else:
            _take_letters(name, found, known, rest, text)
    return found


def _take(
    name: str, found: Options, known: dict[str, str], rest: list[Word], option: str, value: str, has_value: bool
) -> None:
    key = known.get(option)
    if key is None:
        close = did_you_mean(option, known)
        raise misuse(name, f"unknown option {option}", f"{name} {close[0]}" if close else f"help {name}")
    if not key.endswith("="):
        if has_value:
            raise misuse(name, f"option {option} takes no value")
        found.values[key] = ""
        return
    if not has_value:
        if not rest:
            raise misuse(name, f"option {option} needs a value")
        value = rest.pop(0).text
    found.values[key[:-1]] = value


def _take_letters(name: str, found: Options, known: dict[str, str], rest: list[Word], text: str) -> None:
    """``-Tc`` is ``-T -c``, and ``-n5`` is ``-n 5``."""
    for at, letter in enumerate(text[1:], 2):
        key = known.get(f"-{letter}")
        if key is not None and key.endswith("=") and at < len(text):
            found.values[key[:-1]] = text[at:]
            return
        _take(name, found, known, rest, f"-{letter}", "", False)
