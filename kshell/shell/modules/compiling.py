"""A source compiled at the shell: shown as machine code, or written to an object or a module."""

from __future__ import annotations

from typing import Any

from kshell.abi.elf import ElfObject
from kshell.abi.elf_writer import write_elf
from kshell.abi.object_file import ObjectError
from kshell.cc.compiler import Compiled, compile_file, module_name
from kshell.cc.listing import Listed, list_code
from kshell.cc.source_error import SourceError
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps.compile import finding_message
from kshell.kernel.kernel import Kernel
from kshell.shell.errors import CommandError
from kshell.shell.host_files import read_text, unreadable
from kshell.shell.modules.depmod import owners
from kshell.shell.trees.build_views import message_json, message_lines
from kshell.shell.views.failure import retold
from kshell.shell.views.view import Line, Text, View, show, show_lines, span


def compile_own(k: Kernel, path: str) -> tuple[Compiled, str]:
    """A source of the person's own folder, compiled for the kernel that runs, and its text.  Raises CommandError."""
    text = read_text("cc", path)
    try:
        return compile_file(path, text, k.release, k.profile.version), text
    except SourceError as error:
        first, *more = [_as_error(finding_message(each, text, path)) for each in error.findings] or [_whole(error)]
        first.more = more
        raise first from None
    except ObjectError as error:  # the host's compiler made something else than what was asked of it
        raise retold(error, "cc") from None


def _as_error(message: BuildMessage) -> CommandError:
    details = [show(line) for line in message.excerpt]
    return CommandError(show(message.head()), show(message.because), show(message.try_), details=details)


def _whole(error: SourceError) -> CommandError:
    details = [show(line) for line in error.excerpt]
    return CommandError("\n".join(show_lines(error.what)), show(error.because), show(error.try_), details=details)


def write_object(k: Kernel, compiled: Compiled, path: str, out: str) -> None:
    """Write the object, or for a name that ends in .ko the module for the kernel that runs.  As a compiler does, it
    replaces what is there."""
    obj = compiled.object
    if out.endswith(".ko"):
        from kshell.cc.module_object import make_module

        obj = make_module(obj, module_name(out), k.vermagic, owners(_undefined(obj), k), intree=False)
    try:
        with open(out, "wb") as file:
            file.write(write_elf(obj))
    except (OSError, ValueError) as error:
        failed = unreadable("cc", out, error)
        failed.reword("it cannot be written there", f"cc {show(path)} -o {module_name(path)}.ko")
        raise failed from None


def _undefined(obj: ElfObject) -> list[str]:
    return [each.name for each in obj.symbols if each.section is None]


def written_view(compiled: Compiled, text: str, path: str, out: str) -> View:
    """What a compiler says that writes a file: its warnings, else nothing."""
    return Text(_warning_lines(compiled, text, path), {"file": out, "messages": _messages(compiled, text, path)})


def listing_view(compiled: Compiled, text: str, path: str) -> View:
    """Each function with the lines of its source, and under each line its instructions."""
    lines = _warning_lines(compiled, text, path)
    rows: list[dict[str, Any]] = []
    sources = {path: text.splitlines()}
    before: Listed | None = None
    for each in list_code(compiled.object):
        if before is None or each.function != before.function:
            lines += [[]] * bool(lines) + [[(show(each.function), "symbol"), (":", "")]]
            before = None
        if each.line and (before is None or (each.file, each.line) != (before.file, before.line)):
            lines.append(_source_line(sources, each))
        code = f"  {each.offset:6x}:  "
        lines.append([(code, "address"), (f"{each.code.hex(' '):<26}  ", "bytes"), (show(each.text), "instruction")])
        rows.append(_row(each))
        before = each
    return Text(lines, {"rows": rows, "messages": _messages(compiled, text, path)})


def _source_line(sources: dict[str, list[str]], each: Listed) -> Line:
    """A line of the source with its number; of a header, its name and the number."""
    source = sources.get(each.file, [])
    if not 0 < each.line <= len(source):
        return span(f"{show(each.file)}:{each.line}", "comment")
    return [(f"{each.line:4d} | ", "dim"), (show(source[each.line - 1].replace("\t", "    ")), "")]


def _row(each: Listed) -> dict[str, Any]:
    place = {"function": each.function, "section": each.section, "offset": f"{each.offset:#x}"}
    code = {"bytes": each.code.hex(), "text": each.text, "symbol": each.wanted or None}
    return {**place, **code, "file": each.file or None, "line": each.line or None}


def _warning_lines(compiled: Compiled, text: str, path: str) -> list[Line]:
    said = [span(show(line), "note") for line in compiled.said.splitlines()]
    found = [finding_message(each, text, path) for each in compiled.warnings]
    return [*said, *(line for each in found for line in message_lines(each))]


def _messages(compiled: Compiled, text: str, path: str) -> list[dict[str, Any]]:
    found = [message_json(finding_message(each, text, path)) for each in compiled.warnings]
    return [*found, *({"kind": "note", "text": line} for line in compiled.said.splitlines())]
