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

from kshell.abi.did_you_mean import did_you_mean
from kshell.shell.errors import BUG, CommandError
from kshell.shell.lines.options import KINDS, Argument, Given, Misread, Option, read_options
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import View, show

Handler = Callable[["Context", "list[Word]"], "View"]

# The headings of help, in its order; under each, commands stand in the order of their files.
STOPPED_AT = "modprobe syscallModule; break my_test_call; syscall test_call 42; "  # how examples of the debugger begin
COMPARISON = "trace --compare --with 'modprobe syscallModule' syscall test_call 42"
GROUPS = (
    "System calls",
    "Modules",
    "A kernel tree",
    "Programs",
    "The C library",
    "The kernel's tables",
    "Memory and registers",
    "The debugger",
    "The kernel's log",
    "The machine",
    "The shell",
)
FOR_A_PERSON = ("The shell", "The debugger")  # headings of what is for somebody at the prompt
# The folders that commands stand in: this one, and that of a room above, which is imported when one is typed.
PACKAGES = ("kshell.shell.commands", "kshell.lesson.commands")
_NAME = re.compile(r'\s*"([^"]+)"')
_ALIASES = re.compile(r"\baliases=\(([^)]*)\)")


class Command:
    """One command, and the decorator that registers the function which does it: the docstring of that is the help, a
    sentence, then paragraphs.

    `usage` are the forms it takes, by default one made of the options and arguments; `arguments` what belongs where
    (the last one repeats where its placeholder says so), `examples` pairs of a line that works as typed in a fresh
    shell and what it shows.  `aside` says whether it may run on a copy of the machine beside the session, where nobody
    sits; by default that goes by the group.
    """

    __slots__ = ("aliases", "arguments", "aside", "examples", "forms", "group", "handler", "name", "options")
    handler: Handler

    def __init__(
        self,
        name: str,
        *usage: str,
        group: str = "",
        arguments: Sequence[Argument] = (),
        options: Sequence[Option] = (),
        examples: Sequence[tuple[str, str]] = (),
        aliases: Sequence[str] = (),
        aside: bool | None = None,
    ) -> None:
        self.name, self.group, self.aliases = name, group, aliases
        self.arguments, self.options, self.examples = arguments, options, examples
        self.forms = usage
        self.aside = group not in FOR_A_PERSON if aside is None else aside

    def __call__(self, handler: Handler) -> Handler:
        """Register `handler` as what does it.  CommandError where a step was forgotten."""
        self.handler = handler
        problem = _forgotten(self)
        if problem is not None:
            what, try_ = problem
            because = f"each command says in its decorator, in {_file(self)}, what help and completion need"
            raise CommandError(f"command {self.name}: {what}", because, try_, status=BUG)
        _commands[self.name] = self
        return handler

    def run(self, session: Context, words: list[Word]) -> View:
        """What it answers.  CommandError if it fails, or where its function returns anything but a View."""
        answer: object = self.handler(session, words)
        if isinstance(answer, View):
            return answer
        what = f"command {self.name}: {self.handler.__name__} in {_file(self)} returns a {type(answer).__name__}"
        try_ = "return Text([...]), or another View of kshell/shell/views/view.py"
        raise CommandError(what, "what a command returns is a View: its lines, and its JSON", try_, status=BUG)

    @property
    def usage(self) -> tuple[str, ...]:
        """The forms it takes."""
        dashed = (option for option in self.options if option.key.startswith("-"))
        return self.forms or (" ".join([self.name, *map(str, dashed), *map(str, self.arguments)]),)

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


command = Command  # as it stands over a function
_commands: dict[str, Command] = {}


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


@cache
def _index() -> tuple[dict[str, str], dict[str, str]]:
    """Which file has which command, and which name is whose alias, by the text of the files: nothing is imported."""
    files: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for file, path in _files():
        with open(path, encoding="utf-8") as source:
            declared = source.read().split("\n@command(")[1:]
        for text in declared:
            head = text.partition("\ndef ")[0]
            quoted = _NAME.match(head)
            if quoted is None:
                continue
            name = quoted[1]
            if name in files:
                first, second = (f"{each.rpartition('.')[2]}.py" for each in (files[name], file))
                what = f"command {name} stands twice: in {first} and in {second}"
                raise CommandError(what, "a name leads to one command", f'@command("{name}2", ...)', status=BUG)
            files[name] = file
            for listed in _ALIASES.findall(head) if "aliases" in head else ():
                aliases |= dict.fromkeys(re.findall(r'"([^"]+)"', listed), name)
    return files, aliases


def _files() -> list[tuple[str, str]]:
    """The files that commands stand in: the module's name and the path of each."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    folders = ((package, os.path.join(root, *package.split(".")[1:])) for package in PACKAGES)
    return [
        (f"{package}.{name.removesuffix('.py')}", os.path.join(folder, name))
        for package, folder in folders
        for name in sorted(os.listdir(folder))
        if name.endswith(".py")
    ]


def names() -> list[str]:
    """Every command's own name; nothing is imported."""
    return list(_index()[0])


def aliases() -> dict[str, str]:
    """The other names of commands, each with the command's own."""
    return _index()[1]


def own_name(name: str) -> str:
    """The own name of the command that is typed so: an alias has another one, ``x/4gx`` is x and its letters."""
    base = name.partition("/")[0] if has_letters(name) else name
    return aliases().get(base, base)


def has_letters(name: str) -> bool:
    """Whether letters stand behind a command's name: ``x/4gx``, ``p/x``."""
    return name.startswith(("x/", "p/", "print/"))


def is_command(name: str) -> bool:
    """Whether a command has that name or alias; nothing is imported."""
    return own_name(name) in _index()[0]


def find(name: str) -> Command | None:
    """The command of that name or alias, its file imported if it was not yet; None if there is none."""
    found = _commands.get(name)
    if found is None:
        name, files = own_name(name), _index()[0]
        if name not in _commands and name in files:
            import_module(files[name])
        found = _commands.get(name)
    return found


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
    try_ = f"{_typed_again(close[0], rest)}  (did you mean that?)" if close else "help  (lists them all)"
    return CommandError(what, "kshell has no command of that name", try_)


def _typed_again(name: str, rest: Sequence[Word]) -> str:
    """The line with the right name; where that alone says nothing, the command's first example."""
    found = find(name)
    assert found is not None
    if not rest and found.arguments and not found.arguments[0].shown.startswith("["):
        return found.examples[0][0]
    return " ".join([name, *(show(word.raw) for word in rest)])


def misuse(name: str, what: str, try_: str = "") -> CommandError:
    """What to answer to a command that was typed wrongly: the usage is the reason, an example the way out.

    Who asks where a call stands still has looked that one does, and needs no example's way to it.
    """
    found = find(name)
    assert found is not None
    usage = "\n".join(found.usage)
    return CommandError(
        f"{name}: {what}", f"its usage is: {usage}", try_ or found.examples[0][0].removeprefix(STOPPED_AT)
    )


def refuse_aside(command: Command) -> None:
    """CommandError for one that makes no sense on a copy of the machine."""
    if not command.aside:
        because = "each run has a copy of the machine, and nobody sits there: no prompt, no lesson, no way back"
        raise CommandError(f"{command.name}: not in a comparison", because, COMPARISON)


def take_options(name: str, words: Sequence[Word], leading: bool = False) -> Given:
    """The options that a command declares, taken out of its words (see `read_options`).  CommandError for others."""
    found = find(name)
    assert found is not None
    try:
        return read_options(found.options, words, leading)
    except Misread as wrong:
        raise misuse(name, wrong.what, _with_option(found, words, wrong.unknown) if wrong.unknown else "") from None


def _with_option(found: Command, words: Sequence[Word], unknown: str) -> str:
    """The line with the option that was meant; the command's page where none is like it, or the line has nothing else
    and the command needs more."""
    close = did_you_mean(unknown, [text for each in found.options for text in each.known])
    if not close or (len(words) == 1 and found.arguments and not found.arguments[0].shown.startswith("[")):
        return f"help {found.name}"
    again = [w.raw.replace(unknown, close[0], 1) if w.raw.startswith(unknown) else w.raw for w in words]
    return " ".join([found.name, *map(show, again)])
