"""The shell itself: help, history, source, echo, exit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.shell.arguments import Refusal, c_string, number
from kshell.shell.commands import GROUPS, command, everything, find, misuse, take_options, unknown
from kshell.shell.errors import CommandError
from kshell.shell.host_files import write_new
from kshell.shell.topics import TOPICS
from kshell.shell.views import Line, Nothing, Text, View, show, span

if TYPE_CHECKING:
    from kshell.shell.session import Session
    from kshell.shell.words import Word


@command(
    "help",
    "help [COMMAND|modules|config]",
    arguments=("command",),
    examples=(
        ("help", "all commands, by group"),
        ("help trace", "one command, with examples that work as typed"),
        ("help modules", "what a module looks like, and what it can import"),
    ),
)
def help_(session: Session, words: list[Word]) -> View:
    """List the commands, or show the page of one.

    The pages of system calls are shown by man.
    """
    if len(words) > 1:
        raise misuse("help", "one command at a time")
    if words:
        topic = TOPICS.get(words[0].text)
        return topic() if topic is not None else help_page(words[0].text, session)
    lines: list[Line] = [span("Type a command, for example: syscall getpid"), []]
    result = []
    for group, heading, _ in GROUPS:
        lines.append(span(heading, "heading"))
        for found in everything():
            if found.group == group:
                lines.append([(f"  {found.name:<10} ", "name"), (found.summary, "")])
                result.append({"name": found.name, "group": heading, "summary": found.summary})
        lines.append([])
    lines.append([("help COMMAND", "hint"), (" shows one with examples, ", ""), ("man CALL", "hint")])
    lines[-1].append((" the page of a system call.", ""))
    lines.append([("help modules", "hint"), (" is about writing one, ", ""), ("help config", "hint")])
    lines[-1].append((" about this prompt. Commands on one line are parted by ;", ""))
    return Text(lines, {"commands": result})


def help_page(name: str, session: Session | None = None) -> View:
    """The page of one command.  CommandError if there is none."""
    found = find(name)
    if found is None:
        if session is not None and name in session.kernel.table.by_name:
            raise CommandError(
                f"help: {name} is a system call, not a command", "calls have manual pages", f"man {name}"
            )
        error = unknown(show(name))
        raise CommandError(f"help: no command {show(name)}", error.because, error.try_)
    lines: list[Line] = [[(found.name, "name"), (": ", ""), (found.summary, "")], []]
    for number_, usage in enumerate(found.usage):
        lines.append([("usage: " if number_ == 0 else "       ", "dim"), (usage, "hint")])
    for option, meaning in found.options:
        lines.append([(f"         {option:<16} ", "name"), (meaning, "")])
    for paragraph in found.details.split("\n\n") if found.details else []:
        lines += [[], *(span(line) for line in paragraph.split("\n"))]
    lines += [[], span("examples:", "dim")]
    width = max(len(line) for line, _ in found.examples)
    lines += [[(f"  {line:<{width}}  ", "hint"), (f"# {meaning}", "comment")] for line, meaning in found.examples]
    if found.aliases:
        lines += [[], span(f"also: {', '.join(found.aliases)}", "dim")]
    result = {
        "name": found.name,
        "summary": found.summary,
        "usage": list(found.usage),
        "details": found.details,
        "examples": [line for line, _ in found.examples],
    }
    return Text(lines, result)


@command(
    "history",
    "history [N]",
    "history --save FILE",
    arguments=("word",),
    options=(("--save FILE", "write the lines into a new file of your own folder, which source can run"),),
    examples=(("history", "every line of this session"), ("history 5", "the last five")),
)
def history(session: Session, words: list[Word]) -> View:
    """Show the lines that were typed in this session, or keep them as a script.

    At the prompt, the arrow keys and Ctrl-R bring lines back, those of earlier sessions too.
    """
    options = take_options("history", words, {"--save": "save="})
    if len(options.words) > 1:
        raise misuse("history", "one number at most")
    path = options.get("save")
    if path is not None:
        kept = session.history[:-1]  # without this very line
        write_new("history", path, "".join(f"{line}\n" for line in kept))
        return Text([f"{len(kept)} lines kept; run them again with: source {show(path)}"], {"path": path})
    lines = list(enumerate(session.history, 1))
    if options.words:
        lines = lines[-count("history", options.words[0]) :]
    result = {"lines": [text for _, text in lines]}
    return Text([[(f"{at:5d}  ", "dim"), (show(text), "")] for at, text in lines], result)


def count(name: str, word: Word) -> int:
    """A positive number.  CommandError for anything else."""
    try:
        value = number(word.text)
    except Refusal as refusal:
        raise misuse(name, refusal.what) from None
    if value is None or not 0 < value < 1 << 31:
        raise misuse(name, f"{show(word.text)} is not a positive number")
    return value


@command(
    "source",
    "source FILE",
    arguments=("file",),
    examples=(("history --save lab.ks; source lab.ks", "keep the lines typed so far, and run them again"),),
)
def source(session: Session, words: list[Word]) -> View:
    """Run the commands in a file of your own folder, a line each.

    It stops at the first command that fails. Lines that begin with # are comments.
    """
    if len(words) != 1:
        raise misuse("source", "which file?" if not words else "one file at a time")
    return Text([], {"commands": session.source(words[0].text)})


@command(
    "echo",
    "echo [-n] [WORDS...]",
    arguments=("word*",),
    options=(("-n", "without a newline at the end"), ("-e", "read C's escapes in the text")),
    examples=(("echo hello", "a line of text"), ('echo -e "one\\ntwo"', "with C's escapes")),
)
def echo(session: Session, words: list[Word]) -> View:
    """Write a line of text."""
    options = take_options("echo", _leading(words), {"-n": "n", "-e": "e"})
    rest = options.words + words[len(_leading(words)) :]
    text = " ".join(word.text for word in rest)
    if "e" in options:
        try:
            text = c_string(text).decode("utf-8", "surrogateescape")
        except Refusal as refusal:
            raise CommandError(f"echo: {refusal.what}", refusal.because, refusal.try_) from None
    if "n" in options and not session.output.collects:
        session.output.write(text.encode("utf-8", "surrogateescape"))
        return Nothing()
    return Text(text.split("\n"), {"text": text})


def _leading(words: list[Word]) -> list[Word]:
    """The options at the front: everything after the first other word is text, even if it begins with -."""
    leading = []
    for word in words:
        if word.quote or word.text not in ("-n", "-e", "-ne", "-en"):
            break
        leading.append(word)
    return leading


@command(
    "exit",
    "exit [N]",
    arguments=("word",),
    examples=(("exit", "end the session"), ("exit 3", "and give the status 3 to who started it")),
)
def exit_(session: Session, words: list[Word]) -> View:
    """End the session; the machine in it is gone.

    Without a number the status is 0, or that of the failure if a command of a script failed.
    """
    if len(words) > 1:
        raise misuse("exit", "one number at most")
    status = session.final_status()
    if words:
        try:
            value = number(words[0].text)
        except Refusal as refusal:
            raise misuse("exit", refusal.what) from None
        if value is None:
            raise misuse("exit", f"{show(words[0].text)} is not a number")
        status = value & 0xFF
    elif session.interactive:
        status = 0
    session.exit_status = status
    return Nothing()
