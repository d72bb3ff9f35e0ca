"""A kernel tree on the host: lay one out, build it, see what was changed in it, edit its files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kshell.abi.did_you_mean import did_you_mean
from kshell.kbuild.tree.tree_paths import VERSIONS
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.host_files import named, own_path
from kshell.shell.lines.options import Argument, Option
from kshell.shell.trees.build_views import MakeView, failed_build, message_lines
from kshell.shell.trees.named_tree import build_of, is_running, name_tree, tree_folder
from kshell.shell.trees.tree_changes import changes_of
from kshell.shell.trees.tree_notes import INSTALL, advice, change_note, forget_made
from kshell.shell.trees.tree_running import way_there
from kshell.shell.views.carets import fitted
from kshell.shell.views.failure import retold
from kshell.shell.views.view import Line, Text, View, show, span

if TYPE_CHECKING:
    from kshell.kbuild.make import Running
    from kshell.kbuild.messages import BuildMessage
    from kshell.shell.lines.words import Word
    from kshell.shell.state.context import Context


@command(
    "tree",
    "tree new DIR [4.19|6.19] [--force]",
    "tree [DIR]",
    group="A kernel tree",
    arguments=(Argument("tree", "new|DIR"), Argument("folder", "DIR"), Argument("word", "[4.19|6.19]")),
    options=(
        Option("4.19", "the release of the tree, the slides' own; without it that of the kernel that runs"),
        Option("6.19", "a recent one"),
        Option(
            "--force",
            "lay it out in a folder that is not empty; what is in the way is kept as NAME.mine",
            also=("-f",),
        ),
    ),
    examples=(("tree new test_kernel", "a small kernel source tree, with Linux's own paths"),),
)
def tree(session: Context, words: list[Word]) -> View:
    """Lay out a kernel source tree, or say how one stands.

    The tree is for you to edit, with any editor: add a system call, make it, make install, boot DIR; `help
    add-a-system-call` has the steps, and names the page that explains them. Without `new` the command shows the tree
    that was named last: its release, its last build, and the files that are newer than that.
    """
    options = take_options("tree", words)
    texts = [word.text for word in options.words]
    if texts[:1] == ["new"]:
        return _new_tree(session, texts[1:], "--force" in options)
    if len(texts) > 1:
        close = did_you_mean(texts[0], ("new",))
        raise misuse("tree", f"unknown verb {show(texts[0])}", f"tree new {named(texts[1])}" if close else "")
    return _state(session, tree_folder(session, "tree", texts[0] if texts else None))


def _new_tree(session: Context, texts: list[str], force: bool) -> View:
    from kshell.kbuild.tree.new_tree import new_tree
    from kshell.kbuild.tree.tree_files import TreeError

    version = session.profile if session.profile in VERSIONS else VERSIONS[0]
    if len(texts) == 2:
        version = texts.pop()
    if len(texts) != 1:
        from kshell.kbuild.tree.tree_files import free_name

        raise misuse(
            "tree", "new takes the folder to make" if not texts else "one folder at a time", f"tree new {free_name()}"
        )
    if version not in VERSIONS:
        because = f"a tree is of one of the releases {' and '.join(VERSIONS)}"
        raise CommandError(f"tree: no sources of kernel {show(version)}", because, f"tree new {named(texts[0])} 4.19")
    texts[0] = own_path(texts[0])
    try:
        made = new_tree(texts[0], version, force)
    except TreeError as error:
        raise retold(error) from None
    shown = named(name_tree(session, texts[0]))
    lines: list[Line] = [span(f"{shown}: {len(made.created)} files of a Linux {version} tree")]
    lines += [[("kept: ", "dim"), (show(f"your {old} is now {copy}"), "")] for old, copy in made.kept]
    next_: Line = [("next: ", "dim"), (f"make -C {shown}", "hint"), ("; ", ""), (f"make -C {shown} install", "hint")]
    lines.append([*next_, ("; ", ""), (f"boot {shown}", "hint")])
    lines.append([("      ", ""), ("help add-a-system-call", "hint"), ("  (what to add to it before that)", "")])
    result = {"path": texts[0], "version": version, "created": made.created, "kept": [list(pair) for pair in made.kept]}
    return Text(lines, result)


def _state(session: Context, folder: str) -> View:
    built, changes = build_of(session, folder), changes_of(folder)
    changed = changes.all() if changes is not None else None
    result: dict[str, Any] = {"path": folder, "release": None, "build": None, "changed": changed, "running": False}
    shown = named(folder)
    if built is None:
        lines = [span(f"{shown}: not built yet"), [("  try: ", "dim"), (f"make -C {shown}", "hint")]]
        return Text(lines, result)
    release, number = built
    ours = session.has_kernel and is_running(session.kernel, folder)
    runs = ours and session.kernel.image.build == number
    result |= {"release": release, "build": number, "running": runs}
    state = "it is what runs now" if runs else "another kernel runs now" if session.has_kernel else "no kernel runs yet"
    if ours and not runs:
        state = f"an older one of it runs now, #{session.kernel.image.build}"
    lines = [span(f"{shown}: {release}, build #{number}; {state}")]
    if changed and changes is not None:
        lines.append(span(f"changed since it was built ({len(changed)}):"))
        lines += [span(f"  {show(path)}", "name") for path in changed]
        lines.append([("  try: ", "dim"), (advice(session, folder, changes), "hint")])
    else:
        lines.append(span("nothing has changed since it was built"))
        if not runs:
            lines.append([("  try: ", "dim"), (way_there(session, folder), "hint")])
    return Text(lines, result)


@command(
    "make",
    "make [-C DIR] [VARIABLE=VALUE...] [GOAL...]",
    group="A kernel tree",
    arguments=(Argument("goal", "[GOAL...]"),),
    options=(
        Option(
            "-C DIR", "the folder to build: a kernel tree, or one with a Makefile of its own", also=("--directory",)
        ),
        Option("-j N", "taken, as -s, -k and -W FILE are, and of no use: a build takes less than a second"),
    ),
    examples=(
        ("tree new test_kernel; make -C test_kernel", "build a tree"),
        ("tree new test_kernel; make -C test_kernel kernel/sys.s", "one file's machine code, as assembler text"),
    ),
)
def make(session: Context, words: list[Word]) -> View:
    """Build a kernel tree, or modules for one, as kbuild does.

    Goals are vmlinux, modules, install, clean and others: make help. make -C KDIR M=DIR builds the modules of a
    folder outside the tree; /lib/modules/RELEASE/build stands for the tree of the kernel that runs. As in Linux a
    DIR that does not begin with / is looked for inside KDIR, for that is where make goes first. Objects hold the
    source that they were made of: what is up to date is not compiled again.

    make V=1 shows, for each file that is compiled, the command and then the machine code under each line of the
    source; make DIR/FILE.s writes that code to a file.
    """
    from kshell.kbuild.build_log import BuildFailed, BuildLog
    from kshell.kbuild.make import Maker, Request

    folder, goals, variables = _make_line(words)
    if folder is None and os.path.exists("Makefile"):
        folder = "."
    if folder is None:
        folder = tree_folder(session, "make", None)
    live = not session.output.collects

    def on_line(line: object) -> None:
        for each in fitted(message_lines(line), session.output.width):
            session.tty.line(each)

    log = BuildLog(on_line if live else None, session.output.progress if live else None)
    maker = Maker(log, lambda: _running(session))
    try:
        maker.make(Request(folder, tuple(goals), variables, {"PWD": os.getcwd()}))
    except BuildFailed as failed:
        _remember(session, folder)
        raise failed_build("make", failed, log) from None
    except KeyboardInterrupt:
        _remember(session, folder)
        try_ = "make  (goes on: what was compiled is not compiled again)"
        raise CommandError("make: interrupted", "Ctrl-C was pressed", try_, status=INTERRUPTED) from None
    finally:
        if live:
            session.output.end_progress()
    _remember(session, folder)
    if "install" in goals:
        log.notes += _not_in_it(session, folder)
    return MakeView(session, log, maker.made, folder, show_lines=not live)


def _remember(session: Context, folder: str) -> None:
    from kshell.kbuild.tree.sources import Sources, is_tree

    if is_tree(Sources(folder)):
        forget_made(session, name_tree(session, folder))


def _not_in_it(session: Context, folder: str) -> list[BuildMessage]:
    """A note for make install on the files that the kernel which it installs knows nothing of."""
    from kshell.kbuild.messages import NOTE, BuildMessage

    changed = change_note(session, folder, INSTALL)
    if changed is None:
        return []
    because = "make install copies the kernel as it was built last"
    return [BuildMessage(NOTE, changed[0], "", 0, 0, (), because, changed[1])]


def _make_line(words: list[Word]) -> tuple[str | None, list[str], dict[str, str]]:
    """-C's folder, the goals, and the variables of a command line of make."""
    from kshell.kbuild.recipes.make_line import BadOption, read_make_line

    try:
        line = read_make_line([word.text for word in words])
    except BadOption as bad:
        try_ = bad.try_ if bad.try_.startswith("the same") else "make -C test_kernel"
        raise CommandError(show(bad.what), bad.because, try_) from None
    return own_path(line.directory) or None, list(line.goals), line.variables


def _running(session: Context) -> Running:
    """The kernel that runs, for the build of a module."""
    from kshell.kbuild.make import Running
    from kshell.kbuild.steps.modpost import Export

    k = session.kernel
    exports = [
        Export(symbol.name, symbol.module or "vmlinux", symbol.exported == "EXPORT_SYMBOL_GPL")
        for symbol in k.symbols
        if symbol.exported
    ]
    return Running(k.release, k.profile, exports, k.image.tree)


@command(
    "diff",
    group="A kernel tree",
    arguments=(Argument("tree", "[DIR]"),),
    examples=(("tree new test_kernel; diff test_kernel", "nothing yet: the tree is as it was made"),),
)
def diff(session: Context, words: list[Word]) -> View:
    """Show what was changed in a tree since it was new: a unified diff."""
    if len(words) > 1:
        raise misuse("diff", "one tree at a time", f"diff {show(words[0].raw)}")
    folder = tree_folder(session, "diff", words[0].text if words else None)
    from kshell.kbuild.tree.changes import diff as differences
    from kshell.kbuild.tree.sources import Sources

    found = differences(Sources(folder))
    lines: list[str | Line] = []
    for each in found:
        lines += [span(show(line), _diff_role(line)) for line in each.lines]
        if each.note:
            lines.append([(f"{show(each.path)}: ", "heading"), (f"{each.status}: {show(each.note)}", "")])
    if not found:
        lines.append(span("nothing: the tree is as it was made", "comment"))
    result = {
        "path": folder,
        "files": [{"path": each.path, "status": each.status, "note": each.note or None} for each in found],
        "text": "\n".join(line for each in found for line in each.lines),
    }
    return Text(lines, result)


def _diff_role(line: str) -> str:
    if line.startswith(("+++", "---", "diff ")):
        return "heading"
    return {"+": "good", "-": "error", "@": "address"}.get(line[:1], "")


@command(
    "edit",
    group="A kernel tree",
    aside=False,
    arguments=(Argument("file", "FILE"),),
    examples=(("help edit", "what it does: it needs a terminal"),),
)
def edit(session: Context, words: list[Word]) -> View:
    """Open a file of your own folder in your editor ($VISUAL or $EDITOR).

    Where neither is set it is nano, notepad or vi. A file that does not exist yet is made by the editor, and so is its
    folder, if it belongs into a kernel tree. Any other editor, in a window of its own, does as well: the shell sees
    what it saves.
    """
    from kshell.shell.trees.editing import a_file, edit_file

    if len(words) != 1:
        raise misuse("edit", "which file?" if not words else "one file at a time", a_file(session))
    return edit_file(session, own_path(words[0].text))
