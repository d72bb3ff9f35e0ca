"""What one build of a tree has found and made so far, for the steps that look at all of it."""

from __future__ import annotations

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.directory import Directory
from kshell.kbuild.header.prototypes import Prototype
from kshell.kbuild.steps.ld import Object
from kshell.kbuild.systbl.systbl_32 import Row32
from kshell.kbuild.systbl.table_row import TableRow
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.core.profile import Profile


class BuildState:
    """The tree, the log and the release; then the directories, the table's text and its rows, the header's prototypes,
    and the objects that go into the kernel."""

    def __init__(self, sources: Sources, log: BuildLog, profile: Profile) -> None:
        self.sources, self.log, self.profile = sources, log, profile
        self.directories: list[Directory] = []
        self.table = ""
        self.rows: list[TableRow] = []
        self.rows_32: list[Row32] | None = None  # a tree may be without such a table
        self.prototypes: dict[str, Prototype] = {}
        self.objects: list[Object] = []
