"""What may be typed at the cursor, with a description of each: the knowledge behind completion.

Nothing here runs kernel code that changes anything: tables are read, folders are listed, docstrings are shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from kshell.kernel.kernel import Kernel
from kshell.shell.commands.registry import aliases, everything, names
from kshell.shell.commands.topics import TOPICS
from kshell.shell.host_files import SUFFIXES, is_program
from kshell.shell.lines.options import Option
from kshell.shell.modules.samples import find_sample, sample_names, sample_path
from kshell.shell.prompt.expression_words import expression_words, member_words
from kshell.shell.prompt.lesson_words import lessons, presented
from kshell.shell.prompt.line import LONGEST, Cursor, Expected, at_cursor, expected, is_i386, literals_of
from kshell.shell.prompt.match import LAST, Candidate, Match, match, rank
from kshell.shell.prompt.path_words import host_files, machine_files
from kshell.shell.prompt.tree_words import build_folders, goals, is_source, tree_folders
from kshell.shell.prompt.values import Found, signature, symbols, value_candidates
from kshell.shell.session import Session


def complete(session: Session, before: str) -> tuple[int, list[Match]]:
    """The column where the typed part begins, and what it may become, the likeliest first."""
    if len(before) > LONGEST:
        return len(before), []
    cursor = at_cursor(before)
    if cursor is None:
        return len(before), []
    start, query, candidates = _candidates(session, cursor)
    return start, rank(query, candidates)


def _candidates(session: Session, cursor: Cursor) -> Found:
    wanted = expected(cursor.words)
    raw = cursor.word.raw[: len(cursor.word.raw) - bool(cursor.quote)]  # without the quote that nobody typed yet
    if raw.startswith("-") and wanted.command is not None and not (wanted.kind == "value" and raw[1:2].isdigit()):
        return cursor.start, raw, _options(wanted)
    if wanted.kind == "value":
        return value_candidates(session.kernel, wanted, cursor, raw)
    if wanted.kind == "expression":
        return expression_words(session, wanted, cursor, raw)
    if wanted.kind == "member":
        return member_words(session, cursor, raw)
    if wanted.kind == "path":
        return machine_files(session.kernel, raw, cursor.start, cursor.quote)
    if wanted.kind in ("file", "folder"):
        return _files(wanted, cursor, raw)
    if wanted.kind == "show":
        return presented(session, raw, cursor.start, cursor.quote)
    if wanted.kind in ("tree", "kernel"):
        return _trees(session, wanted, cursor, raw)
    if wanted.kind == "goal":
        return goals(session, wanted, cursor, raw)
    if wanted.kind == "value of an option":
        assert wanted.option is not None
        if "FILE" in wanted.option.value:
            return host_files(raw, cursor.start, cursor.quote)
        if wanted.option.value == "DIR":
            return build_folders(session, raw, cursor.start, cursor.quote)
        if wanted.option.value == "KERNEL":
            return cursor.start, raw, _kernels(session, wanted, raw)
        return cursor.start, raw, _option_values(wanted.option)
    if wanted.kind == "sample" and _takes_files(wanted) and ("/" in raw or "\\" in raw or raw.startswith(".")):
        return _files(wanted, cursor, raw)
    source = _SOURCES.get(wanted.kind)
    if source is None or cursor.quote:
        return cursor.start, raw, ()
    found = list(source(session, wanted, raw))
    if wanted.position == 0 and wanted.command is not None and wanted.kind != "line":
        found = [*_literals(wanted), *found]
    return cursor.start, raw, found


def _takes_files(wanted: Expected) -> bool:
    return wanted.command is not None and any("FILE" in usage for usage in wanted.command.usage)


def _files(wanted: Expected, cursor: Cursor, raw: str) -> Found:
    usage = " ".join(wanted.command.usage) if wanted.command is not None else ""
    suffixes = tuple(suffix for suffix in (".py", ".c", ".ko", ".s", ".bin", ".tbl") if "FILE" + suffix in usage)
    name = wanted.command.name if wanted.command is not None else ""
    prefer = {"run": is_program, "edit": is_source}.get(name)
    meaning = "a program that make assembled" if name == "run" else ""
    column, typed, found = host_files(
        raw, cursor.start, cursor.quote, suffixes, wanted.kind == "folder", prefer, meaning
    )
    if name == "insmod":  # a folder of a tree is full of what no insmod takes
        found = [each for each in found if each.rank == 0]
    return column, typed, found


def _trees(session: Session, wanted: Expected, cursor: Cursor, raw: str) -> Found:
    """A tree, or what else the command takes in its place: boot's kernels, tree's verb."""
    column, name, found = tree_folders(raw, cursor.start, cursor.quote)
    if column != cursor.start or cursor.quote or wanted.position:
        return column, name, found
    others = _kernels(session, wanted, raw) if wanted.kind == "kernel" else _literals(wanted)
    return column, name, [*others, *found]


# By kind.


def _commands(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    if session.guide is not None and wanted.command is None:
        yield from (Candidate(word, meaning) for word, meaning in session.guide.words().items())
    for command in everything():
        yield Candidate(command.name, command.summary)
    if wanted.command is not None and wanted.command.name == "help":
        yield from (Candidate(topic, page.__doc__ or "") for topic, page in TOPICS.items())
    is_begun = any(name.startswith(raw) for name in names())
    if raw and not is_begun:
        for alias, name in aliases().items():
            is_begun = is_begun or alias.startswith(raw)
            if alias.isalpha():
                yield Candidate(alias, f"the same as {name}", rank=1)
    if len(raw) > 1 and not is_begun and wanted.command is None:  # a call is no command, but it is clear what was meant
        k = session.kernel
        for name, definition in ((name, k.define_of(row.number)) for name, row in k.table.by_name.items()):
            if definition is not None and name.startswith(raw):
                yield Candidate(f"syscall {name}", signature(definition, name), rank=2)


def _calls(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    """The calls of the table that are built here; behind them others that begin with what is typed, or where nothing
    else fits."""
    k = session.kernel
    others: list[Candidate] = []
    is_one_built = False
    side = k.ia32 if is_i386(wanted) else k
    for name, row in side.table.by_name.items():
        definition = side.define_of(row.number)
        if definition is not None:
            is_one_built = is_one_built or match(raw, name) is not None
            yield Candidate(name, signature(definition, name))
        elif raw:
            others.append(Candidate(name, f"{row.number}: real Linux's, not built here", rank=LAST))
    yield from (other for other in others if not is_one_built or other.text.startswith(raw))


def _loaded(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    taken = {word.text for word in wanted.arguments}
    for module in reversed(list(session.kernel.modules.values())):
        if module.name not in taken:
            yield Candidate(module.name, _description(module.info) or f"loaded from {module.path}")


def _samples(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    command = wanted.command
    if command is not None and command.name == "modprobe" and any(word.text == "-r" for word in wanted.words):
        yield from _loaded(session, wanted, raw)
        return
    for name in sample_names():
        yield Candidate(name, _description(modinfo_of(session.kernel, sample_path(name))))
    if command is not None and command.name == "modinfo":
        for module in session.kernel.modules.values():
            if module.name not in sample_names():
                yield Candidate(module.name, "loaded")
        yield from (c for c in host_files(raw, 0, "")[2] if c.text.endswith(SUFFIXES["insmod"]))


def _description(info: Iterable[tuple[str, str]]) -> str:
    return next((value for key, value in info if key == "description"), "")


_INFO: dict[tuple[str, float, str], list[tuple[str, str]]] = {}  # by file, when it was changed, and release


def modinfo_of(k: Kernel, path: str) -> list[tuple[str, str]]:
    """What a module file says about itself; nothing of a source that does not compile, nor of one in C, which another
    program compiles: that takes too long for a key."""
    try:
        key = path, os.stat(path).st_mtime, k.release
    except (OSError, ValueError):
        return []
    if key not in _INFO:
        _INFO[key] = [] if path.endswith(".c") else _modinfo(k, path)
    return _INFO[key]


def _modinfo(k: Kernel, path: str) -> list[tuple[str, str]]:
    from kshell.cc.source_error import SourceError
    from kshell.shell.modules.module_file import open_module

    try:
        return open_module(k, path).info
    except SourceError:
        return []


def _parameters(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    if not wanted.arguments:
        return
    from kshell.shell.modules.modinfo_view import parameters

    name = wanted.arguments[0].text
    sample = find_sample(name) if wanted.command is not None and wanted.command.name == "modprobe" else None
    taken = {word.text.partition("=")[0] for word in wanted.arguments[1:]}
    for each in reversed(parameters(modinfo_of(session.kernel, sample_path(sample) if sample else name))):
        parameter, _, kind = each.partition(":")
        if parameter not in taken:
            yield Candidate(parameter + "=", kind, tail="")


def _symbols(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    if raw.startswith("$"):
        for name in session.core.registers if session.core is not None else ():
            register = name if name.startswith("r") else f"r{name}"
            yield Candidate("$" + register, "a register of the last program")
        return
    yield from symbols(session.kernel)


def _kernels(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    from kshell.kernel.core.profile import PROFILES

    for profile in PROFILES.values():
        how = "calls go through sys_call_table" if profile.dispatch == "table" else "calls go through a switch"
        yield Candidate(profile.name, f"Linux {profile.release}: {how}")


def _words(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    """Options without a dash, such as boot's."""
    if wanted.command is None:
        return
    taken = {word.text for word in wanted.words}
    for option in wanted.command.options:
        for spelling in option.spellings:
            if not spelling.startswith("-") and spelling not in taken:
                yield Candidate(spelling, option.meaning)


def _line(session: Session, wanted: Expected, raw: str) -> Iterable[Candidate]:
    """Behind `trace`: its own words first, then the calls."""
    yield from _literals(wanted)
    yield from _calls(session, wanted, raw)


_SOURCES: dict[str, Callable[[Session, Expected, str], Iterable[Candidate]]] = {
    "command": _commands,
    "syscall": _calls,
    "module": _loaded,
    "sample": _samples,
    "parameter": _parameters,
    "symbol": _symbols,
    "word": _words,
    "lesson": lambda session, wanted, raw: lessons(session),
    "line": _line,
    "row": _calls,
}


def _literals(wanted: Expected) -> list[Candidate]:
    if wanted.command is None:
        return []
    return [Candidate(word, usage) for word, usage in literals_of(wanted.command).items()]


def _options(wanted: Expected) -> Iterable[Candidate]:
    assert wanted.command is not None
    for option in wanted.command.options:
        for spelling in option.spellings:
            if spelling.startswith("-"):
                shown = f"{spelling} {option.value}".rstrip()
                yield Candidate(spelling, option.meaning, shown)


def _option_values(option: Option) -> Iterable[Candidate]:
    if option.value == "LEVELS":
        from kshell.abi.loglevel import WORDS

        return [Candidate(word, f"level {level}") for level, word in enumerate(WORDS)]
    choices = option.value.split("|")
    return [Candidate(choice) for choice in choices if len(choices) > 1 and choice.isalnum()]
