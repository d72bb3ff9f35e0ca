"""Compiling what the lists of a directory name: objects that are up to date are left alone.

An object is up to date if the record beside it says that it was made of just this source, by this compiler.

C counterpart: the rules of scripts/Makefile.build.
"""

from __future__ import annotations

import os
from typing import Any

from kshell import __version__
from kshell.abi.elf import ElfObject
from kshell.abi.elf_writer import write_elf
from kshell.cc.compiler import SUFFIXES, command_line
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.directory import Directory, parts_of
from kshell.kbuild.makefile.makefile import Entry
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps import no_object
from kshell.kbuild.steps.build_output import check_output, write_output
from kshell.kbuild.steps.compile import compile_source
from kshell.kbuild.steps.listing import assembler_file, print_listing
from kshell.kbuild.steps.object_facts import BuiltObject, facts_of_json
from kshell.kbuild.steps.object_record import digest, read_record, source_digest, write_record
from kshell.kbuild.steps.own_bodies import changed, own_body, own_facts, own_object
from kshell.kbuild.steps.read_facts import read_facts
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.core.profile import Profile


class CompileList:
    """The compiler, as one build uses it: in the folder of `sources`, telling `log`, for the kernel `release`.

    `shown` is put in front of what the log calls a file: "" in a tree, the folder's own path for a build outside it.
    """

    def __init__(self, sources: Sources, log: BuildLog, profile: Profile, release: str, shown: str = "") -> None:
        self.sources, self.log, self.profile, self.release, self.shown = sources, log, profile, release, shown

    def compile(self, directory: Directory, entry: Entry, *, builtin: bool) -> list[BuiltObject]:
        """The objects that a list's entry stands for.  Raises BuildFailed."""
        stem = entry.text.removesuffix(".o")
        if not entry.text.endswith(".o"):
            raise self._no_rule(directory, entry, builtin, *no_object.not_an_object(self.sources, directory, entry))
        parts = parts_of(directory, stem)
        if parts and not builtin:
            because = f"{stem}-objs makes one module of several files, and a module that kshell builds is one file"
            try_ = f"obj-m := {' '.join(parts)}  (each a module of its own)"
            raise self._no_rule(directory, entry, builtin, because, try_)
        return [self._one(directory, entry._replace(text=name), builtin) for name in parts or [entry.text]]

    def listing(self, directory: Directory, entry: Entry, *, builtin: bool) -> None:
        """Write the assembler text of what an entry's source is compiled to: its .s.  Raises BuildFailed."""
        path = self._source(directory, entry, builtin)
        target = directory.file(entry.text.removesuffix(".o") + ".s")
        text = self.sources.read_text(path)
        check_output(self.sources, target)
        obj = self._object(target, path, text, builtin)
        write_output(self.sources, target, assembler_file(obj, self.shown + path, text))

    def _one(self, directory: Directory, entry: Entry, builtin: bool) -> BuiltObject:
        target = directory.file(entry.text)
        path = self._source(directory, entry, builtin)
        text = self.sources.read_text(path)
        wanted = {
            "source": self.shown + path,
            "text": source_digest(self.sources, path, text),
            "builtin": builtin,
            "shipped": self._shipped(path, builtin),
            "version": [*self.profile.version],
            "compiler": __version__,
        }
        built = self._up_to_date(target, wanted) or self._compile(target, path, text, wanted)
        self.log.advance(target)
        return built

    def _source(self, directory: Directory, entry: Entry, builtin: bool) -> str:
        stem = entry.text.removesuffix(".o")
        suffix = next((s for s in SUFFIXES if self.sources.exists(directory.file(stem + s))), None)
        if suffix is None:
            raise self._no_rule(directory, entry, builtin, *no_object.no_source(self.sources, directory, stem))
        return directory.file(stem + suffix)

    def _shipped(self, path: str, builtin: bool) -> str:
        """The name of the file of kshell's own that a path shows, "" for a source."""
        return own_body(path) if builtin and path in self.sources.pristine else ""

    def _up_to_date(self, target: str, wanted: dict[str, Any]) -> BuiltObject | None:
        record = read_record(self.sources, target)
        if record is None or any(record.get(key) != value for key, value in wanted.items()):
            return None
        try:
            return BuiltObject(
                target, facts_of_json(record["facts"]), record["sha256"], record["text"], record["shipped"]
            )
        except (KeyError, TypeError, ValueError):
            return None

    def _compile(self, target: str, path: str, text: str, wanted: dict[str, Any]) -> BuiltObject:
        check_output(self.sources, target)
        shipped, source = wanted["shipped"], wanted["source"]
        obj = self._object(target, path, text, wanted["builtin"])
        facts = own_facts(shipped, path) if shipped else read_facts(obj, source)
        data = write_elf(obj)
        write_output(self.sources, target, data)
        write_record(self.sources, target, data, wanted | {"facts": facts})
        if not shipped:
            print_listing(self.log, self.shown + target, obj, source, text)
        return BuiltObject(target, facts, digest(data), wanted["text"], shipped)

    def _object(self, target: str, path: str, text: str, builtin: bool) -> ElfObject:
        """The object of a source, which is on the way to the file `target`.  Raises BuildFailed."""
        shipped, source, version = self._shipped(path, builtin), self.shown + path, self.profile.version
        pristine = self.sources.pristine[path] if shipped else text
        if text != pristine:
            raise self._stop(target, self.log.messages([changed(path, text, pristine)]))
        is_told = self.log.verbose and not shipped
        command = command_line(source, self.shown + target, version, module=not builtin) if is_told else ""
        self.log.step("CC" if builtin else "CC [M]", self.shown + target, command)
        if shipped:
            return own_object(shipped, path)
        compiled = compile_source(text, source, self.release, version, builtin=builtin, folder=self.sources.root)
        errors = self.log.messages(compiled.messages)
        if compiled.object is None or errors:
            raise self._stop(target, errors)
        return compiled.object

    def _stop(self, target: str, errors: list[BuildMessage]) -> Exception:
        folder = os.path.dirname(target) or "."
        trail = (f"make[1]: *** [{self.shown}{target}] Error 1", f"make: *** [{self.shown}{folder}] Error 2")
        return self.log.stop(errors, *trail)

    def _no_rule(self, directory: Directory, entry: Entry, builtin: bool, because: str, try_: str) -> Exception:
        target = self.shown + directory.file(entry.text)
        needed = self.shown + directory.file("built-in.a")
        if not builtin:
            needed = "__build" if self.profile.version < (5, 6) else f"{self.shown}{directory.path or '.'}/"
        text = f"make[1]: *** No rule to make target '{target}', needed by '{needed}'.  Stop."
        return self.log.fail(text, because, try_, file=directory.makefile.filename, line=entry.line)
