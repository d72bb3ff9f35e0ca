"""A source compiled at the shell: shown as machine code, or written to an object or a module."""

from __future__ import annotations

from typing import Any

from kshell.abi.elf_writer import write_elf
from kshell.abi.object_file import ObjectError
from kshell.cc.compiler import Compiled, compile_file, module_name
from kshell.cc.listing import list_code
from kshell.cc.listing_text import listing_lines
from kshell.cc.source_error import SourceError
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps.compile import finding_message
from kshell.kbuild.steps.gcc_text import messages_of
from kshell.kernel.kernel import Kernel
from kshell.shell.host_files import read_text, unreadable
from kshell.shell.modules.mistakes import as_errors
from kshell.shell.modules.module_file import module_of
from kshell.shell.trees.build_views import listed_json, message_json, message_lines
from kshell.shell.views.failure import retold
from kshell.shell.views.view import Line, Text, View, show


def compile_own(k: Kernel, path: str) -> tuple[Compiled, str]:
    """A source of the person's own folder, compiled for the kernel that runs, and its text.  Raises CommandError."""
    text = read_text("cc", path)
    try:
        return compile_file(path, text, k.release, k.profile.version), text
    except SourceError as error:
        raise as_errors(error, path) from None
    except ObjectError as error:  # the host's compiler made something else than what was asked of it
        raise retold(error, "cc") from None


def write_object(k: Kernel, compiled: Compiled, path: str, out: str) -> None:
    """Write the object, or for a name that ends in .ko the module for the kernel that runs.  As a compiler does, it
    replaces what is there."""
    obj = compiled.object
    if out.endswith(".ko"):
        obj = module_of(k, obj, module_name(out))
    try:
        with open(out, "wb") as file:
            file.write(write_elf(obj))
    except (OSError, ValueError) as error:
        failed = unreadable("cc", out, error)
        failed.reword("it cannot be written there", f"cc {show(path)} -o {module_name(path)}.ko")
        raise failed from None


def written_view(compiled: Compiled, text: str, path: str, out: str) -> View:
    """What a compiler says that writes a file: its warnings, else nothing."""
    return Text(_warning_lines(compiled, text, path), {"file": out, "messages": _messages(compiled, text, path)})


def listing_view(compiled: Compiled, text: str, path: str) -> View:
    """Each function with the lines of its source, and under each line its instructions."""
    said = _warning_lines(compiled, text, path)
    lines = [[(show(piece), role) for piece, role in line] for line in listing_lines(compiled.object, path, text)]
    rows = [listed_json(each) for each in list_code(compiled.object)]
    view = [*said, *([[]] * bool(said and lines)), *lines]
    return Text(view, {"rows": rows, "messages": _messages(compiled, text, path)})


def _warning_lines(compiled: Compiled, text: str, path: str) -> list[Line]:
    return [line for each in _said(compiled, text, path) for line in message_lines(each)]


def _messages(compiled: Compiled, text: str, path: str) -> list[dict[str, Any]]:
    return [message_json(each) for each in _said(compiled, text, path)]


def _said(compiled: Compiled, text: str, path: str) -> list[BuildMessage]:
    """What the compiler warns of, kshell's own or one of the host."""
    found = [finding_message(each, text, path) for each in compiled.warnings]
    return [*found, *messages_of(compiled.said, path, text)]
