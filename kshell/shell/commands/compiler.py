"""The compiler, on one file."""

from __future__ import annotations

from kshell.cc.compiler import SUFFIXES
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import View, show

_OUTPUTS = (".o", ".ko")


@command(
    "cc",
    group="A kernel tree",
    arguments=(Argument("file", "FILE.py|FILE.c"),),
    options=(Option("-o FILE", "write it to an object, NAME.o, or to a module for the kernel that runs, NAME.ko"),),
    examples=(
        ("module copy params .; cc params.py", "the machine code of each line"),
        ("module copy params .; cc params.py -o params.ko", "a module, in a file that readelf and gdb read"),
    ),
)
def cc(session: Context, words: list[Word]) -> View:
    """Compile a source, and show the machine code of each of its lines.

    The source is C, in Python's spelling (FILE.py) or in its own (FILE.c; that takes clang, gcc or zig). Under each
    line stand its instructions: the offset in the text, the bytes, and what they do. Where the linker will put an
    address the bytes are zeros, and the instruction names what it will be the address of.

    With -o it writes an ELF file for x86-64 that readelf, objdump and gdb read, with the lines and variables in
    it. Like any compiler it replaces a file that is there.
    """
    from kshell.shell.modules import compiling

    given = take_options("cc", words)
    if len(given.words) != 1:
        raise misuse("cc", "no input files" if not given.words else "one file at a time")
    path, out = given.words[0].text, given.get("-o")
    if not path.endswith(SUFFIXES):
        because = f"cc compiles sources, and goes by their names: {' and '.join(SUFFIXES)}"
        raise CommandError(
            f"cc: {show(path)}: file format not recognized", because, "module copy params .; cc params.py"
        )
    if out is not None and not out.endswith(_OUTPUTS):
        because = f"-o writes {' or '.join(_OUTPUTS)}, and goes by the name"
        raise CommandError(f"cc: {show(out)}: what should that be?", because, f"cc {show(path)} -o {show(out)}.ko")
    compiled, text = compiling.compile_own(session.kernel, path)
    if out is None:
        return compiling.listing_view(compiled, text, path)
    compiling.write_object(session.kernel, compiled, path, out)
    return compiling.written_view(compiled, text, path, out)
