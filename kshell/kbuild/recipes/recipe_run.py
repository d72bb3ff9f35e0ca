"""Carrying out a recipe: its lines one after the other, each command as the one before it has ended.

C counterpart: job.c of GNU make, and /bin/sh.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.makefile.makefile import Makefile, Rule
from kshell.kbuild.recipes.recipe import Action, Change, Echo, Make, RecipeLine, Remove, commands
from kshell.kbuild.steps.clean import remove
from kshell.kbuild.tree.sources import Sources


class RecipeRun:
    """The recipes of one folder.  `make` runs another make in a folder; `name` is how this one signs its messages."""

    def __init__(self, log: BuildLog, folder: str, name: str, make: Callable[[str, Make], None]) -> None:
        self.log, self.folder, self.name, self.make = log, folder, name, make

    def run(self, makefile: Makefile, rule: Rule) -> None:
        """The recipe of a rule.  Raises BuildFailed at the first line that fails, MakefileError for one that cannot
        be carried out here."""
        for command in commands(makefile, rule):
            if not command.silent:
                self.log.line(command.text)
            self._line(command, rule.target)

    def _line(self, command: RecipeLine, target: str) -> None:
        folder, status = self.folder, 0
        failed: BuildFailed | None = None
        for action in command.actions:
            if (action.after == "&&" and failed is not None) or (action.after == "||" and failed is None):
                continue
            if failed is not None:
                self.log.survive(failed)
                failed = None
            if isinstance(action, Make) and len(command.actions) > 1:  # run by a shell, which sets PWD
                action = action._replace(environment={"PWD": folder} | action.environment)
            try:
                folder = self._act(action, folder)
            except BuildFailed as error:
                failed, status = error, 1 if isinstance(action, Remove) else 2
        if failed is None:
            return
        where = f"[{command.where.file}:{command.where.line}: {target}] Error {status}"
        if not command.ignore_errors:
            line = f"{self.name}: *** {where}"
            self.log.lines.append(line)
            raise BuildFailed(failed.messages, [*failed.trail, line]) from None
        self.log.survive(failed)
        self.log.line(f"{self.name}: {where} (ignored)")

    def _act(self, action: Action, folder: str) -> str:
        """One command, in `folder`; returns the folder in which the next one runs.  Raises BuildFailed."""
        if isinstance(action, Make):
            self.make(os.path.join(folder, action.directory) if action.directory else folder, action)
        elif isinstance(action, Remove):
            remove(Sources(folder), action.patterns, self.log, force=action.force, recursive=action.recursive)
        elif isinstance(action, Echo):
            for text in action.text.removesuffix("\n").split("\n"):
                self.log.line(text)
        elif isinstance(action, Change):
            return self._change(os.path.join(folder, action.directory), action.directory)
        return folder

    def _change(self, folder: str, typed: str) -> str:
        if os.path.isdir(folder):
            return folder
        text = f"/bin/sh: 1: cd: can't cd to {typed}"
        because = f"there is no directory {folder}"
        raise self.log.fail(text, because, "look at the cd of the recipe")
