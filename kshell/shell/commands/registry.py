"""The registry of commands: what each is called, what it takes, what it does, and the function that does it.

A command stands in a file of this folder and registers itself by its decorator.  A session imports a file only when one
of its commands is typed: which file that is, the text of the files tells.  `everything` imports them all, for help.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module

from kshell.abi.problem import did_you_mean
from kshell.shell.errors import BUG, CommandError
from kshell.shell.lines.options import KINDS, Argument, Given, Misread, Option, read_options
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import View, show

Handler = Callable[["Context", "list[Word]"], "View"]

# The headings of help, in its order; under each, commands stand in the order of their files.
GROUPS = (
    "System calls",
    "Modules",
    "A kernel tree",
    "Programs",
    "The C library",
    "The kernel's tables",
    "Memory and registers",
    "The kernel's log",
    "The machine",
    "The shell",
)
_DECORATOR = re.compile(r'^@command\(\s*"([^"]+)"(.*?)^def ', re.MULTILINE | re.DOTALL)
_ALIASES = re.compile(r"\baliases=\(([^)]*)\)")


class Command:
    """One command.

    `usage` are the forms it takes, `arguments` what belongs where (the last one repeats where its placeholder says so),
    `examples` pairs of a line that works as typed in a fresh shell and what it shows.
    """

    __slots__ = ("aliases", "arguments", "examples", "group", "handler", "name", "options", "usage")

    def __init__(
        self,
        name: str,
        handler: Handler,
        group: str,
        usage: Sequence[str] = (),
        arguments: Sequence[Argument] = (),
        options: Sequence[Option] = (),
        examples: Sequence[tuple[str, str]] = (),
        aliases: Sequence[str] = (),
    ) -> None:
        self.name, self.handler, self.group, self.aliases = name, handler, group, aliases
        self.arguments, self.options, self.examples = arguments, options, examples
        dashed = (option for option in options if option.key.startswith("-"))
        self.usage = usage or (" ".join([name, *map(str, dashed), *map(str, arguments)]),)

    @property
    def summary(self) -> str:
        """What it does, in a sentence: the first line of the handler's docstring."""
        return (self.handler.__doc__ or "").partition("\n")[0].strip()

    @property
    def details(self) -> str:
        """More about it, in paragraphs: the rest of the docstring."""
        from textwrap import dedent

        return dedent((self.handler.__doc__ or "").partition("\n")[2]).strip()

    def kind_at(self, position: int) -> str | None:
        """The kind of the argument at `position` (from 0), or None where none is taken."""
        if position < len(self.arguments):
            return self.arguments[position].kind
        return self.arguments[-1].kind if self.arguments and self.arguments[-1].many else None

    def __repr__(self) -> str:
        return f"Command({self.name})"


_commands: dict[str, Command] = {}


def command(
    name: str,
    *usage: str,
    group: str = "",
    arguments: Sequence[Argument] = (),
    options: Sequence[Option] = (),
    examples: Sequence[tuple[str, str]] = (),
    aliases: Sequence[str] = (),
) -> Callable[[Handler], Handler]:
    """Register the decorated function as command `name`.  Its docstring is the help: a sentence, then paragraphs.

    Without `usage` that is made of the options and arguments.  CommandError where a step was forgotten.
    """

    def register(handler: Handler) -> Handler:
        made = Command(name, handler, group, usage, arguments, options, examples, aliases)
        problem = _forgotten(made)
        if problem is not None:
            what, try_ = problem
            because = f"each command says in its decorator, in {_file(made)}, what help and completion need"
            raise CommandError(f"command {name}: {what}", because, try_, status=BUG)
        _commands[name] = made
        return handler

    return register


def _forgotten(made: Command) -> tuple[str, str] | None:
    """Which step of adding a command was forgotten, and what to write; None if none was."""
    if not made.summary:
        return "its function has no docstring", 'a sentence in """...""" under the def: it is the help'
    if made.group not in GROUPS:
        what = f"there is no group {made.group!r}" if made.group else "it names no group of help"
        return what, f'group="{(did_you_mean(made.group, GROUPS) or GROUPS)[0]}"  (there are: {", ".join(GROUPS)})'
    if not made.examples:
        return "it has no example", f'examples=(("{made.name}", "what it shows"),)'
    before = _commands.get(made.name)
    if before is not None and (_file(before), before.handler.__name__) != (_file(made), made.handler.__name__):
        return f"there is one of that name already, in {_file(before)}", f'@command("{made.name}2", ...)'
    unknown = next((each.kind for each in made.arguments if each.kind not in KINDS), None)
    if unknown is not None:
        return f"there is no kind of argument {unknown!r}", f"one of {', '.join(sorted(KINDS))}"
    return None


def _file(made: Command) -> str:
    return made.handler.__module__.rpartition(".")[2] + ".py"


class _Index:
    """Which file has which command, by the text of the files: nothing is imported.  `aliases` leads to names."""

    def __init__(self, folder: str) -> None:
        self.files: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        for file in sorted(os.listdir(folder)):
            if file.endswith(".py"):
                with open(os.path.join(folder, file), encoding="utf-8") as source:
                    self._read(file.removesuffix(".py"), source.read())

    def _read(self, file: str, text: str) -> None:
        for name, rest in _DECORATOR.findall(text):
            if name in self.files:
                what = f"command {name} stands twice: in {self.files[name]}.py and in {file}.py"
                raise CommandError(what, "a name leads to one command", f'@command("{name}2", ...)', status=BUG)
            self.files[name] = file
            for listed in _ALIASES.findall(rest):
                self.aliases |= dict.fromkeys(re.findall(r'"([^"]+)"', listed), name)


@cache
def _index() -> _Index:
    return _Index(os.path.dirname(__file__))


def names() -> list[str]:
    """Every command's own name; nothing is imported."""
    return list(_index().files)


def aliases() -> dict[str, str]:
    """The other names of commands, each with the command's own."""
    return _index().aliases


def is_command(name: str) -> bool:
    """Whether a command has that name or alias; nothing is imported."""
    return name in _index().files or name in _index().aliases


def find(name: str) -> Command | None:
    """The command of that name or alias, its file imported if it was not yet; None if there is none."""
    name = _index().aliases.get(name, name)
    if name not in _commands and name in _index().files:
        import_module(f"kshell.shell.commands.{_index().files[name]}")
    return _commands.get(name)


def everything() -> list[Command]:
    """Every command, in the order of help."""
    found = [each for name in names() if (each := find(name)) is not None]
    return sorted(found, key=lambda each: GROUPS.index(each.group))


def unknown(name: str, rest: Sequence[Word] = ()) -> CommandError:
    """What to answer where no command has that name; `rest` is what was typed after it."""
    from kshell.shell.lines.foreign import advice

    what = f"{name}: command not found"
    told = advice(name, [show(word.raw) for word in rest])
    if told is not None:
        return CommandError(what, *told)
    close = did_you_mean(name, [*names(), *aliases()])
    if close:
        return CommandError(what, "kshell has no command of that name", f"{close[0]}  (did you mean that?)")
    return CommandError(what, "kshell has no command of that name", "help  (lists them all)")


def misuse(name: str, what: str, try_: str = "") -> CommandError:
    """What to answer to a command that was typed wrongly: the usage is the reason, an example the way out."""
    found = find(name)
    assert found is not None
    usage = "\n".join(found.usage)
    return CommandError(f"{name}: {what}", f"its usage is: {usage}", try_ or found.examples[0][0])


def take_options(name: str, words: Sequence[Word], leading: bool = False) -> Given:
    """The options that a command declares, taken out of its words (see `read_options`).  CommandError for others."""
    found = find(name)
    assert found is not None
    try:
        return read_options(found.options, words, leading)
    except Misread as wrong:
        close = did_you_mean(wrong.unknown, [text for each in found.options for text in each.known])
        try_ = f"{name} {close[0]}" if close else f"help {name}"
        raise misuse(name, wrong.what, try_ if wrong.unknown else "") from None
