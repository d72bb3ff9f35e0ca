"""What `boot` starts: a kernel that comes with kshell, or the one that is installed in a tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kshell.kernel.text import KernelPanic
from kshell.shell.errors import CommandError, did_you_mean
from kshell.shell.trees import named, own_path
from kshell.shell.views import show

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.vmlinux import Vmlinux
    from kshell.shell.session import Session


def find_image(session: Session, name: str | None) -> Vmlinux | str:
    """The kernel that a word means: a profile, a tree, or without a word the one that runs.  CommandError if none."""
    from kshell.kernel.profile import PROFILES

    if name is None:
        if isinstance(session.image, str):
            return session.image
        name = session.image.tree
    name = own_path(name)
    if name in PROFILES:
        return name
    if os.path.isdir(name):
        return _of_tree(session, name)
    trees = trees_here()
    close = did_you_mean(name, [*PROFILES, *trees])
    because = f"the kernels are {', '.join(PROFILES)}"
    because += f", and those installed in trees: {', '.join(map(show, trees))}" if trees else ""
    what = f"boot: no kernel {show(name)}"
    if os.sep in name or os.path.exists(name):
        because = "boot takes a kernel's name, or the folder of a tree whose kernel is installed"
        return _fail(what, because, "boot test_kernel  (after make install in it)")
    return _fail(what, because, f"boot {named(close[0]) if close else 'course'}")


def trees_here() -> list[str]:
    """The folders of the present one that are kernel trees, sorted."""
    from kshell.kbuild.sources import Sources, is_tree

    return [name for name in Sources(".").names("") if os.path.isdir(name) and is_tree(Sources(name))]


def _fail(what: str, because: str, try_: str) -> Vmlinux | str:
    raise CommandError(what, because, try_)


def _of_tree(session: Session, folder: str) -> Vmlinux:
    from kshell.kbuild.install import InstallError, installed
    from kshell.kbuild.sources import Sources
    from kshell.shell.trees import tree_folder

    folder = tree_folder(session, "boot", folder)
    try:
        return installed(Sources(folder), named(folder))
    except InstallError as error:
        raise CommandError(show(error.what), show(error.because), show(error.try_)) from None


class PanicError(CommandError):
    """A kernel that did not get through its boot; its details are the end of its log, which --json has too."""

    def json(self) -> dict[str, Any]:
        return super().json() | {"log": self.details}


def boot_image(session: Session, image: Vmlinux | str, cmdline: str) -> Kernel:
    """Boot it.  CommandError where the kernel panics: then the kernel of before is booted again, as from the boot
    loader's menu."""
    before = session.image
    try:
        return session.boot(image, cmdline)
    except KernelPanic as panic:
        log = getattr(panic, "log", ())
        session.boot(before if isinstance(before, str) or before is not image else before.profile.name)
        because = (
            "an init function that is built in runs before there is anything to fall back to; the log ends with it"
        )
        what = f"Kernel panic - not syncing: {panic}"
        try_ = "correct it, make, make install and boot again; until then the kernel of before runs"
        raise PanicError(what, because, try_, details=[show(line) for line in log]) from None


def boot_notes(session: Session, k: Kernel) -> list[str]:
    """What to say where the tree has a newer kernel than the one that was booted, or newer sources."""
    if not k.image.tree:
        return []
    from kshell.kbuild.install import is_stale
    from kshell.kbuild.sources import Sources
    from kshell.shell.trees import change_note, name_tree

    tree, notes = name_tree(session, k.image.tree), []
    if is_stale(Sources(tree)):
        notes.append(
            f"this is the kernel that was installed (#{k.image.build}); the tree's vmlinux is another: "
            f"make -C {named(tree)} install puts it where boot finds it"
        )
    changed = change_note(session, tree)
    if changed:
        notes.append(f"{changed}: make -C {named(tree)}; make -C {named(tree)} install; boot")
    return notes
