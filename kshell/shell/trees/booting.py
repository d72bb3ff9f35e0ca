"""What `boot` starts: a kernel that comes with kshell, or the one that is installed in a tree."""

from __future__ import annotations

import os

from kshell.abi.did_you_mean import did_you_mean
from kshell.kbuild.steps.install import InstallError, installed, is_stale
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.boot.vmlinux import Vmlinux
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.kernel import Kernel
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, own_path
from kshell.shell.replay.journal import Panicked
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import name_tree, tree_folder, trees_here
from kshell.shell.trees.tree_notes import BOOT, change_note
from kshell.shell.views.failure import retold
from kshell.shell.views.view import show

LAST_LINES, MOST_LINES = 12, 40  # of a log that an error shows: without an oops in it, and at most


def find_image(session: Context, name: str | None) -> Vmlinux | str:
    """The kernel that a word means: a profile, a tree, or without a word the one that runs.  CommandError if none."""
    if name is None:
        if isinstance(session.image, str):
            return session.image
        name = session.image.tree
        if not os.path.isdir(name):
            what, because = f"boot: {show(name)}: No such file or directory", "the tree of the kernel that runs is gone"
            raise CommandError(what, because, "boot course  (or another kernel; boot DIR: one of a tree)")
    name = own_path(name)
    if name in PROFILES:
        return name
    if os.path.isdir(name):
        folder = tree_folder(session, "boot", name)
        try:
            return installed(Sources(folder), named(folder))
        except InstallError as error:
            raise retold(error) from None
    trees = trees_here()
    close = did_you_mean(name, [*PROFILES, *trees])
    because = f"the kernels are {', '.join(PROFILES)}"
    because += f", and those installed in trees: {', '.join(map(show, trees))}" if trees else ""
    try_ = f"boot {named(close[0]) if close else 'course'}"
    if os.sep in name or os.path.exists(name):
        because = "boot takes a kernel's name, or the folder of a tree whose kernel is installed"
        try_ = f"boot {named(trees[0])}" if trees else "boot course  (or, after make install in it, a tree: boot DIR)"
    raise CommandError(f"boot: no kernel {show(name)}", because, try_)


def boot_image(session: Context, image: Vmlinux | str, cmdline: str) -> Kernel:
    """Boot it.  CommandError where the kernel panics: then the kernel of before is booted again, as from the boot
    loader's menu."""
    before = session.image
    try:
        kernel = session.boot(image, cmdline)
    except KernelPanic as panic:
        now = session.boot(before if isinstance(before, str) or before is not image else before.profile.name)
        named_ = image if isinstance(image, str) else f"{image.release} #{image.build}"
        session.panicked = Panicked(named_, panic.log)
        because = f"{panic.why}; " if panic.why else ""
        because += "an init function that is built in runs before there is anything to fall back to"
        what = f"Kernel panic - not syncing: {panic}"
        try_ = f"correct it, make, make install and boot again; until then {version(now)} runs, as before\n"
        try_ += "dmesg  (the whole log of the kernel that panicked, and then the present one's)"
        details = [show(line) for line in panic.report[:MOST_LINES] or panic.log[-LAST_LINES:]]
        facts = {"log": [show(line) for line in panic.log]}
        raise CommandError(what, because, try_, details=details, facts=facts) from None
    session.panicked = None
    return kernel


def version(k: Kernel) -> str:
    """A kernel that runs, in a few words: its release, and the build of one that was built in a tree."""
    return k.release + (f" #{k.image.build}" if k.image.tree else "")


def boot_notes(session: Context, k: Kernel) -> list[str]:
    """What to say where the tree has a newer kernel than the one that was booted, or newer sources."""
    if not k.image.tree:
        return []
    tree, notes = name_tree(session, k.image.tree), []
    if is_stale(Sources(tree)):
        notes.append(
            f"this is the kernel that was installed (#{k.image.build}); the tree's vmlinux is another: "
            f"make -C {named(tree)} install puts it where boot finds it"
        )
    changed = change_note(session, tree, BOOT)
    if changed is not None:
        notes.append(f"{changed[0]}: {changed[1]}")
    return notes
