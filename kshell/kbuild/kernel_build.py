"""Building a tree: the table, the objects, vmlinux, the modules - as the top Makefile of Linux does it.

Everything goes one way: the Makefiles say what, CC makes objects of sources, LD one vmlinux of the objects and the
table's rows, MODPOST looks at the modules last.  What is up to date is left alone.
"""

from __future__ import annotations

from typing import Any

from kshell.kbuild import ld, notes
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.compile_list import CompileList
from kshell.kbuild.descend import Descent
from kshell.kbuild.directory import Directory
from kshell.kbuild.makefile import Makefile
from kshell.kbuild.modpost import Export, ModuleObject, parse_symvers, symvers
from kshell.kbuild.module_build import Target, build_modules
from kshell.kbuild.output import GENERATED, check_output, read_sealed, write_output, write_sealed
from kshell.kbuild.prototypes import HEADER, Prototype, parse_prototypes
from kshell.kbuild.release import profile_of, release_of
from kshell.kbuild.sources import Sources
from kshell.kbuild.systbl import TABLE, TableRow, generate
from kshell.kbuild.system_map import extable_lines, system_map

SYMVERS = "Module.symvers"


class KernelBuild:
    """One build of the tree at `sources`.  `top` is its Makefile, already read."""

    def __init__(self, sources: Sources, top: Makefile, log: BuildLog) -> None:
        self.sources, self.top, self.log = sources, top, log
        self.release = release_of(top)
        self.profile = profile_of(self.release, top.filename)
        self.compiler = CompileList(sources, log)
        self.directories: list[Directory] = []
        self.table = ""
        self.objects: list[ld.Object] = []
        self.modules: list[ModuleObject] = []
        self.rows: list[TableRow] = []
        self.prototypes: dict[str, Prototype] = {}
        self.build = _version(sources)
        self.relinked = False

    def run(self, *, vmlinux: bool, modules: bool) -> None:
        """Build what is asked for.  Raises BuildFailed; what was built before is still there then."""
        self.rows = self._table()
        self.prototypes = self._header()
        descent = Descent(self.sources, self.log, {})
        descent.lists(self.top)
        self.directories = descent.directories
        self._count(vmlinux, modules)
        self._compile(vmlinux, modules)
        if vmlinux:
            self._link()
        self._modules(vmlinux, modules)
        notes.after_build(self, vmlinux)

    def _modules(self, vmlinux: bool, modules: bool) -> None:
        """The modules, and Module.symvers; the kernel's exports are those of vmlinux, whether it is new or older."""
        data = self.sources.read_bytes(SYMVERS)
        older = [e for e in parse_symvers((data or b"").decode("utf-8", "replace")) if e.owner == "vmlinux"]
        known = exports_of(self.objects) if vmlinux else older
        found: list[Export] = []
        if modules and self.modules:
            target = Target(self.profile, self.release, known if known else None, intree=True)
            found = build_modules(self.sources, self.log, self.modules, target)
        if known:
            write_output(self.sources, SYMVERS, symvers([*known, *found], self.profile).encode())

    # Reading.

    def _table(self) -> list[TableRow]:
        self.table = self.sources.read_text(TABLE)
        result = generate(self.table, self.profile.name)
        header = result.header.encode("utf-8", "replace")
        is_new = self.sources.read_bytes(GENERATED) != header
        if is_new:
            self.log.step("SYSTBL", GENERATED)
        errors = self.log.messages(result.errors)
        if errors:
            target = f"make[1]: *** [{GENERATED}] Error 1"
            raise self.log.stop(errors, target, "make: *** [archheaders] Error 2")
        self.log.notes += result.notes
        if is_new:
            write_output(self.sources, GENERATED, header)
        return result.rows

    def _header(self) -> dict[str, Prototype]:
        found, messages = parse_prototypes(self.sources.read_text(HEADER), HEADER)
        errors = self.log.messages(messages)
        if errors:
            raise self.log.stop(errors, "make[1]: *** [kernel/bounds.s] Error 1", "make: *** [prepare0] Error 2")
        return found

    def is_own(self, path: str) -> bool:
        """Whether a file of the tree is the student's: new, or another than it was when the tree was made."""
        return self.sources.is_changed(path)

    # Making.

    def _count(self, vmlinux: bool, modules: bool) -> None:
        for directory in self.directories:
            self.log.total += len(directory.builtin) * vmlinux + 2 * len(directory.modules) * modules
        self.log.total += vmlinux

    def _compile(self, vmlinux: bool, modules: bool) -> None:
        for directory in self.directories:
            before = len(self.log.steps)
            if vmlinux:
                for entry in directory.builtin:
                    for name, payload in self.compiler.compile(directory, entry, builtin=True):
                        self.objects.append(ld.Object(name, payload, directory.place))
                if any(tool == "CC" for tool, _ in self.log.steps[before:]):
                    self.log.step("AR", directory.file("built-in.a"))
            if modules:
                for entry in directory.modules:
                    for name, payload in self.compiler.compile(directory, entry, builtin=False):
                        self.modules.append(ModuleObject(name.removesuffix(".o"), payload))

    def _link(self) -> None:
        if read_sealed(self.sources, "vmlinux", "vmlinux") == self._payload(self.build):
            self.log.line(f"Kernel: arch/x86/boot/bzImage is ready  (#{self.build})")
            self.log.advance("vmlinux")
            return
        self.log.step("LD", "vmlinux")
        errors = ld.link(self.objects, self.rows, TABLE)
        if errors:
            from kshell.kbuild.why import explain_missing

            explain_missing(self, errors)
            raise self.log.stop(self.log.messages(errors), "make: *** [vmlinux] Error 1")
        for path in (".version", "System.map", "vmlinux"):
            check_output(self.sources, path)
        self.build += 1
        self._sort_extable()
        write_sealed(self.sources, "vmlinux", "vmlinux", self._payload(self.build))
        self.log.step("SYSMAP", "System.map")
        write_output(self.sources, "System.map", system_map(self.objects, self.rows).encode())
        write_output(self.sources, ".version", f"{self.build}\n".encode())
        self.log.line(f"Kernel: arch/x86/boot/bzImage is ready  (#{self.build})")
        self.relinked = True
        self.log.advance("vmlinux")

    def _sort_extable(self) -> None:
        """The step that sorts __ex_table, and what is in it afterwards."""
        tool = "SORTTAB" if self.profile.version >= (5, 6) else "SORTEX"
        self.log.step(tool, "vmlinux")
        for entry, name in extable_lines():
            self.log.line(f"    __ex_table {entry.insn:016x} -> {entry.fixup:016x}  {name}")

    def _payload(self, build: int) -> dict[str, Any]:
        objects = [{"name": o.name, "source": o.payload["source"], "text": o.payload["text"]} for o in self.objects]
        return {
            "release": self.release,
            "profile": self.profile.name,
            "build": build,
            "table": self.table,
            "rows": [row.fields() for row in self.rows],
            "objects": objects,
        }


def _version(sources: Sources) -> int:
    data = sources.read_bytes(".version", 32) or b""
    return int(data) if data.strip().isdigit() else 0


def exports_of(objects: list[ld.Object]) -> list[Export]:
    """What the kernel itself exports: that of its objects, and of the code that is no file of the tree."""
    from kshell.kernel.uaccess import ROUTINES

    found = [Export(name, "vmlinux", False) for name in sorted(ROUTINES)]
    for linked in objects:
        found += [Export(symbol, "vmlinux", bool(gpl)) for symbol, gpl in linked.payload["exports"]]
    return found
