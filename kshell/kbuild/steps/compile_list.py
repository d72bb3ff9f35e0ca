"""Compiling what the lists of a directory name: objects that are up to date are left alone.

An object is up to date if it was made from the text that its source has now: the text is in it.

C counterpart: the rules of scripts/Makefile.build.
"""

from __future__ import annotations

import os
from typing import Any

from kshell import __version__
from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.source import module_name
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.directory import Directory, parts_of
from kshell.kbuild.makefile.makefile import Entry
from kshell.kbuild.steps.build_output import check_output, is_output, read_sealed, write_sealed
from kshell.kbuild.steps.compile import COMPILERS, compile_source
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.core.profile import Profile


class CompileList:
    """The compiler, as one build uses it: in the folder of `sources`, telling `log`.

    `shown` is put in front of what the log calls a file: "" in a tree, the folder's own path for a build outside it.
    """

    def __init__(self, sources: Sources, log: BuildLog, profile: Profile, shown: str = "") -> None:
        self.sources, self.log, self.profile, self.shown = sources, log, profile, shown

    def compile(self, directory: Directory, entry: Entry, *, builtin: bool) -> list[tuple[str, dict[str, Any]]]:
        """The objects that a list's entry stands for: (path of the .o, payload).  Raises BuildFailed."""
        stem = entry.text.removesuffix(".o")
        if not entry.text.endswith(".o"):
            raise self._no_rule(directory, entry, builtin, *self._not_an_object(directory, entry))
        parts = parts_of(directory, stem)
        if parts and not builtin:
            because = f"{stem}-objs makes one module of several files, and a module written in Python is one file"
            try_ = f"obj-m := {' '.join(parts)}  (each a module of its own)"
            raise self._no_rule(directory, entry, builtin, because, try_)
        found = []
        for name in parts or [entry.text]:
            found.append(self._one(directory, entry._replace(text=name), builtin))
        return found

    def _one(self, directory: Directory, entry: Entry, builtin: bool) -> tuple[str, dict[str, Any]]:
        stem = entry.text.removesuffix(".o")
        target = directory.file(entry.text)
        source = next((s for s in COMPILERS if self.sources.exists(directory.file(stem + s))), None)
        if source is None:
            raise self._no_rule(directory, entry, builtin, *self._no_source(directory, stem))
        path = directory.file(stem + source)
        text = self.sources.read_text(path)
        shown = self.shown + path
        payload = self._up_to_date(target, shown, text, builtin)
        if payload is None:
            payload = self._compile(target, shown, text, builtin)
        self.log.advance(target)
        return target, payload

    def _up_to_date(self, target: str, source: str, text: str, builtin: bool) -> dict[str, Any] | None:
        payload = read_sealed(self.sources, target, "object") or {}
        wanted = {"source": source, "text": text, "builtin": builtin, "compiler": __version__}
        return payload if all(payload.get(key) == value for key, value in wanted.items()) else None

    def _compile(self, target: str, source: str, text: str, builtin: bool) -> dict[str, Any]:
        check_output(self.sources, target)
        self.log.step("CC" if builtin else "CC [M]", self.shown + target)
        compiled = compile_source(text, source, module_name(source), builtin=builtin)
        errors = self.log.messages(compiled.messages)
        if compiled.payload is None or errors:
            folder = os.path.dirname(target) or "."
            trail = (f"make[1]: *** [{self.shown}{target}] Error 1", f"make: *** [{self.shown}{folder}] Error 2")
            raise self.log.stop(errors, *trail)
        payload = compiled.payload | {"builtin": builtin, "compiler": __version__}
        write_sealed(self.sources, target, "object", payload)
        return payload

    # What is not there.

    def _no_rule(self, directory: Directory, entry: Entry, builtin: bool, because: str, try_: str) -> Exception:
        target = self.shown + directory.file(entry.text)
        needed = self.shown + directory.file("built-in.a")
        if not builtin:
            needed = "__build" if self.profile.version < (5, 6) else f"{self.shown}{directory.path or '.'}/"
        text = f"make[1]: *** No rule to make target '{target}', needed by '{needed}'.  Stop."
        return self.log.fail(text, because, try_, file=directory.makefile.filename, line=entry.line)

    def _not_an_object(self, directory: Directory, entry: Entry) -> tuple[str, str]:
        stem, dot, suffix = entry.text.rpartition(".")
        place = f"{directory.makefile.filename}:{entry.line}"
        if entry.text in (":", "+", "="):
            return f"{place} has {entry.text} where a name belongs: make assigns with := or +=", "obj-y := test_call.o"
        if dot and "." + suffix in (".py", ".c", ".ko"):
            return f"{place} names {entry.text}; the lists name objects, which end in .o", f"{stem}.o"
        if self.sources.is_dir(directory.file(entry.text)):
            because = f"{place} names a directory, and in these lists a directory ends in a slash"
            return because, f"{entry.text}/"
        return f"{place} names {entry.text}; the lists name objects, which end in .o", f"{entry.text}.o"

    def _no_source(self, directory: Directory, stem: str) -> tuple[str, str]:
        here = directory.path or "this folder"
        names = [name for name in self.sources.names(directory.path) if not is_output(name)]
        wanted = " or ".join(stem + suffix for suffix in COMPILERS)
        other = next((name for name in names if name in (stem + ".c", stem + ".S", stem + ".s")), None)
        if other is not None:
            because = f"{directory.file(other)} is there, and kshell compiles Python: it looks for {wanted}"
            return because, f"write it as {wanted}  (help add-a-system-call has one to begin with)"
        close = did_you_mean(stem, [name.removesuffix(".py") for name in names if name.endswith(".py")])
        because = f"there is no {wanted} in {here} to make it from"
        return because, f"{close[0]}.o  (did you mean that?)" if close else f"write {wanted}"
