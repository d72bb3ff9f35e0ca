"""The shell itself: help, history, source, echo, exit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kshell.shell.calls.arguments import BadValue, c_string, number
from kshell.shell.calls.redirection import take_redirection, write_file
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import GROUPS, Command, command, everything, find, misuse, take_options, unknown
from kshell.shell.commands.topics import TOPICS
from kshell.shell.errors import CommandError
from kshell.shell.host_files import write_new
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word, plain
from kshell.shell.state.context import Context
from kshell.shell.state.typed_lines import TypedLine
from kshell.shell.views.failure import retold
from kshell.shell.views.output import is_dumb
from kshell.shell.views.view import Line, Nothing, Text, View, marked, show, span

WIDEST = 100  # columns that prose may take: longer lines are hard to read


@command(
    "help",
    group="The shell",
    arguments=(Argument("command", "[COMMAND|NAME|modules|oops|config|...]"),),
    examples=(
        ("help", "all commands, by group"),
        ("help trace", "one command, with examples that work as typed"),
        ("help modules", "what a module looks like, and what it can import"),
        ("help c-to-kshell", "the slides' lines of C, each beside its line here"),
        ("help add-a-system-call", "the steps, from a new tree to a loaded handler"),
        ("help modules-as-machine-code", "compile a module, and let the CPU run it"),
        ("help lesson", "the guided lessons, and their words"),
    ),
    aliases=("?",),
)
def help_(session: Context, words: list[Word]) -> View:
    """List the commands, or show the page of one.

    The pages of system calls are shown by man.
    """
    if len(words) > 1:
        raise misuse("help", "one command at a time")
    if words:
        topic = TOPICS.get(words[0].text)
        if topic is not None:
            return topic()
        return _named(words[0].text) or help_page(words[0].text, session)
    lines: list[Line] = []
    result = []
    for group in GROUPS:
        lines.append(span(group, "heading"))
        for found in everything():
            if found.group == group:
                lines.append([(f"  {found.name:<10} ", "name"), (found.summary, "")])
                result.append({"name": found.name, "group": group, "summary": found.summary})
    lines += [
        marked("`help COMMAND` shows one with examples, `man CALL` the page of a system call."),
        marked("`help c-to-kshell`: C's lines beside a module's; `help modules`: what it can import."),
        marked("`help add-a-system-call`: the steps; `help oops`: how to read one; `help config`:"),
        marked("the settings of this prompt; `lesson`: the guided lessons."),
    ]
    return Text(lines, {"commands": result})


def _named(name: str) -> View | None:
    """The page of a name of the kernel's headers; a command of that name comes first."""
    if find(name) is not None:
        return None
    from kshell.shell.commands.language import name_page

    return name_page(name)


def help_page(name: str, session: Context | None = None) -> View:
    """The page of one command.  CommandError if there is none."""
    found = find(name)
    if found is None:
        if session is not None and name in session.kernel.table.by_name:
            raise CommandError(
                f"help: {name} is a system call, not a command", "calls have manual pages", f"man {name}"
            )
        error = unknown(show(name))
        mentioned = _mentioning(name) if error.try_.startswith("help  ") else ""
        raise CommandError(f"help: no command {show(name)}", error.because, mentioned or error.try_)
    result = {
        "name": found.name,
        "summary": found.summary,
        "usage": list(found.usage),
        "details": found.details,
        "examples": [line for line, _ in found.examples],
    }
    return HelpPage(found, result)


def _mentioning(word: str) -> str:
    """The help lines of commands whose own page has that word."""
    pattern = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)
    found = [each.name for each in everything() if len(word) > 2 and pattern.search(f"{each.summary} {each.details}")]
    return ", ".join(f"help {name}" for name in found[:3]) + "  (that page has the word)" if found else ""


class HelpPage(View):
    """The page of one command, its paragraphs and examples fitted to the screen."""

    def __init__(self, found: Command, result: dict[str, Any]) -> None:
        self.found, self._result = found, result

    def json(self) -> dict[str, Any]:
        return self._result

    def lines(self, width: int | None = None) -> list[Line]:
        from textwrap import wrap

        found, room = self.found, min(width or WIDEST, WIDEST)
        lines: list[Line] = [[(found.name, "name"), (": ", ""), (found.summary, "")], []]
        for number_, usage in enumerate(found.usage):
            lines.append([("usage: " if number_ == 0 else "       ", "dim"), (usage, "hint")])
        for option in found.options:
            first, *more = wrap(option.meaning, max(room - 26, 20))
            lines.append([(f"         {option.shown:<16} ", "name"), (first, "")])
            lines += [[(" " * 26, ""), (part, "")] for part in more]
        for paragraph in found.details.split("\n\n") if found.details else []:
            lines += [[], *(span(part) for part in wrap(" ".join(paragraph.split()), room))]
        lines += [[], span("examples:", "dim"), *_examples(found.examples, room)]
        if found.aliases:
            lines += [[], span(f"also: {', '.join(found.aliases)}", "dim")]
        return lines


def _examples(examples: Sequence[tuple[str, str]], room: int) -> list[Line]:
    """Each line with its meaning behind it, or under it where there is no room."""
    fitting = [line for line, meaning in examples if len(line) + len(meaning) + 6 <= room]
    column = max((len(line) for line in fitting), default=0)
    lines: list[Line] = []
    for line, meaning in examples:
        if max(len(line), column) + len(meaning) + 6 <= room:
            lines.append([(f"  {line:<{column}}  ", "hint"), (f"# {meaning}", "comment")])
        else:
            lines += [[("  ", ""), (line, "hint")], [("      ", ""), (f"# {meaning}", "comment")]]
    return lines


@command(
    "history",
    "history [N]",
    "history --save FILE",
    group="The shell",
    arguments=(Argument("word", "[N]"),),
    options=(Option("--save FILE", "write the lines into a new file of your own folder, which source can run"),),
    examples=(("history", "every line of this session"), ("history 5", "the last five")),
)
def history(session: Context, words: list[Word]) -> View:
    """Show the lines typed in this session, or keep them as a script.

    The number before a line is that of its last command: goto finds the state after it. A line without one was a
    comment, or looked around while others were taken back.

    At the prompt, the arrow keys and Ctrl-R bring lines back, those of earlier sessions too.
    """
    options = take_options("history", words)
    if len(options.words) > 1:
        raise misuse("history", "one number at most")
    path = options.get("--save")
    if path is not None:
        kept = [line for line in session.history[:-1] if line.is_kept and line.number <= session.journal.at]
        write_new("history", path, "".join(f"{line.text}\n" for line in kept))
        return Text([f"{len(kept)} lines kept; run them again with: source {show(path)}"], {"path": path})
    at, ahead = session.journal.at, session.journal.at < len(session.journal.steps)
    lines = [line for line in session.history[:-1] if line.is_kept]
    lines += [line._replace(number=0 if ahead else at + 1) for line in session.history[-1:]]
    if options.words:
        lines = lines[-count("history", options.words[0]) :]
    result = {"lines": [line.text for line in lines], "numbers": [line.number or None for line in lines], "at": at}
    return Text([_history_line(line, ahead and line.number > at) for line in lines], result)


def _history_line(line: TypedLine, taken_back: bool) -> Line:
    """A line with its number, by which goto finds the state that it led to."""
    found: Line = [(f"{line.number or '':>5}  ", "dim"), (show(line.text), "")]
    return [*found, ("  (taken back)", "dim")] if taken_back else found


@command(
    "source",
    group="The shell",
    aside=True,
    arguments=(Argument("file", "FILE"),),
    options=(
        Option("--echo", "show each command before it runs, and comments as prose"),
        Option("--step", "the same, and wait for a key before each command"),
    ),
    examples=(
        ("history --save lab.ksh; source lab.ksh", "keep the lines typed so far, and run them again"),
        ("history --save demo.ksh; source demo.ksh --echo", "with the commands in sight"),
    ),
    aliases=(".",),
)
def source(session: Context, words: list[Word]) -> View:
    """Run the commands in a file of your own folder, a line each.

    It stops at the first command that fails. Lines that begin with # are comments; with --echo they are prose, a
    heading where they begin with ##.

    --step goes on and back by single keys: see present, which shows the same on slides.
    """
    options = take_options("source", words)
    words = options.words
    if len(words) != 1:
        raise misuse("source", "which file?" if not words else "one file at a time")
    if "--step" in options:
        return session.call([plain("present"), plain("--step"), words[0]])
    return Text([], {"commands": session.source(words[0].text, "--echo" in options)})


@command(
    "clear",
    group="The shell",
    examples=(("clear", "an empty screen; Ctrl-L does the same"),),
    aliases=("cls",),
)
def clear(session: Context, words: list[Word]) -> View:
    """Empty the screen; the machine stays as it is."""
    if words:
        raise misuse("clear", "it takes no words")
    if session.output.width is not None and not is_dumb():
        session.output.write(b"\x1b[H\x1b[2J\x1b[3J")
    return Nothing()


@command(
    "echo",
    "echo [-n] [WORDS...] [> PATH]",
    group="The shell",
    aside=True,
    arguments=(Argument("word", "[WORDS...]"),),
    options=(Option("-n", "without a newline at the end"), Option("-e", "read C's escapes in the text")),
    examples=(
        ("echo hello", "a line of text"),
        ('echo -e "one\\ntwo"', "with C's escapes"),
        ("echo hello > /tmp/greeting", "into a file of the machine"),
    ),
)
def echo(session: Context, words: list[Word]) -> View:
    """Write a line of text, or put it into a file of the machine.

    > puts it in the place of what the file holds, >> behind that. The path is one inside the simulated machine, as in
    cat and ls: a parameter of a module under /sys, or a file in /tmp.
    """
    words, redirection = take_redirection(words)
    options = take_options("echo", words, leading=True)
    text = " ".join(word.text for word in options.words)
    if "-e" in options:
        try:
            text = c_string(text).decode("utf-8", "surrogateescape")
        except BadValue as bad:
            raise retold(bad, "echo") from None
    if redirection is not None:
        write_file(session, text if "-n" in options else text + "\n", redirection)
        return Nothing()
    if "-n" in options and not session.output.collects:
        session.output.write(text.encode("utf-8", "surrogateescape"))
        return Nothing()
    return Text(text.split("\n"), {"text": text})


@command(
    "exit",
    group="The shell",
    arguments=(Argument("word", "[N]"),),
    examples=(("exit", "end the session"), ("exit 3", "and give the status 3 to who started it")),
    aliases=("quit", "q"),
)
def exit_(session: Context, words: list[Word]) -> View:
    """End the session; the machine in it is gone.

    Without a number the status is 0, or that of the failure if a command of a script failed.
    """
    if len(words) > 1:
        raise misuse("exit", "one number at most")
    status = session.final_status()
    if words:
        try:
            value = number(words[0].text)
        except BadValue as bad:
            raise misuse("exit", bad.what) from None
        if value is None:
            raise misuse("exit", f"{show(words[0].text)} is not a number")
        status = value & 0xFF
    elif session.interactive:
        status = 0
    session.exit_status = status
    return Nothing()
