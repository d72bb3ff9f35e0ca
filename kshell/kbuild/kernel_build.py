"""Building a tree: the table, the objects, vmlinux, the modules - as the top Makefile of Linux does it.

Everything goes one way: the Makefiles say what, CC makes objects of sources, LD one vmlinux of the objects and the
table's rows; MODPOST looks at the modules, after that in 4.19, and before it in 6.19.  What is up to date is
left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kshell.abi.elf import ElfObject
from kshell.abi.elf_reader import read_elf
from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.build_state import BuildState
from kshell.kbuild.descend import Descent
from kshell.kbuild.directory import Directory, entry_for, module_paths
from kshell.kbuild.header.conflicts import check_header
from kshell.kbuild.makefile.makefile import Entry, Makefile
from kshell.kbuild.release import profile_of, release_of
from kshell.kbuild.steps import ld
from kshell.kbuild.steps.build_notes import after_build
from kshell.kbuild.steps.build_output import check_output, read_sealed, write_output, write_sealed
from kshell.kbuild.steps.compile_list import CompileList
from kshell.kbuild.steps.declared import check_declared
from kshell.kbuild.steps.image import is_image_of, outline, read_image, with_machine_code
from kshell.kbuild.steps.ld_32 import undefined_entries
from kshell.kbuild.steps.modpost import Export, ModuleObject, Posted, parse_symvers, symvers
from kshell.kbuild.steps.module_build import TargetKernel, link_modules, post_modules
from kshell.kbuild.steps.modules_install import install_modules
from kshell.kbuild.steps.not_linked import explain_missing
from kshell.kbuild.steps.system_map import extable_size, system_map
from kshell.kbuild.steps.tables import make_tables
from kshell.kbuild.tree.sources import Sources
from kshell.kbuild.tree.tree_paths import HEADER, TABLE
from kshell.kernel.core.profile import Profile

SYMVERS = "Module.symvers"


class KernelBuild(BuildState):
    """One build of the tree at `sources`.  `top` is its Makefile, already read; `variables` are the command line's."""

    def __init__(self, sources: Sources, top: Makefile, log: BuildLog, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.top, self.release = top, release_of(top)
        super().__init__(sources, log, profile_of(self.release, top.filename))
        self.posts_first = self.profile.version >= (6, 1)  # modpost, before the kernel is linked
        self.compiler = CompileList(sources, log, self.profile, self.release)
        self.modules: list[ModuleObject] = []
        self.build = _version(sources)
        self.relinked = False
        self.archives = True

    def run(self, *, vmlinux: bool, modules: bool) -> None:
        """Build what is asked for.  Raises BuildFailed; what was built before is still there then."""
        self._prepare()
        self._count(vmlinux, modules)
        self._check_header(vmlinux, modules)
        self._compile(vmlinux, modules)
        if self.posts_first:
            is_new = vmlinux and not self._is_linked()
            if is_new:
                self._link_object()
            target, posted = self._modpost(vmlinux, modules or is_new)
            if vmlinux:
                self._link()
        else:
            if vmlinux:
                self._link()
            target, posted = self._modpost(vmlinux, modules and bool(self.modules))
        if posted is not None:
            link_modules(self.sources, self.log, self.modules, target, posted)
        after_build(self, vmlinux)

    def single(self, goal: str) -> bool:
        """Make one object ("SystemCalls/test_call.o"), its assembler text (.s) or the objects of a directory
        ("SystemCalls/"); False if no list has such a one.  Raises BuildFailed."""
        self._prepare()
        whole = goal.endswith("/")
        wanted = goal.removesuffix(".s") + ".o" if goal.endswith(".s") else goal

        def chosen(directory: Directory, entries: list[Entry]) -> list[Entry]:
            if whole:
                return [entry for entry in entries if directory.file(entry.text).startswith(goal)]
            folder, _, name = wanted.rpartition("/")
            entry = entry_for(directory, entries, name) if folder == directory.path else None
            return [entry] if entry is not None else []

        self.directories = [
            d._replace(builtin=chosen(d, d.builtin), modules=chosen(d, d.modules)) for d in self.directories
        ]
        if not any(d.builtin or d.modules for d in self.directories):
            return False
        self._count(True, True)
        self._check_header(True, True)
        if not whole:
            self.archives = False
        if wanted != goal:
            self._listings()
        else:
            self._compile(True, True)
        return True

    def _listings(self) -> None:
        for directory in self.directories:
            for entry in [*directory.builtin, *directory.modules]:
                self.compiler.listing(directory, entry, builtin=entry in directory.builtin)

    def install_modules(self) -> None:
        """make modules_install.  Raises BuildFailed."""
        descent = Descent(self.sources, self.log, self.variables)
        descent.lists(self.top)
        target = TargetKernel(self.profile, self.release, None, intree=True)
        install_modules(self.sources, self.sources, module_paths(descent.directories), target, self.log)

    def _prepare(self) -> None:
        """Read the table, and every Makefile that the top one leads to."""
        make_tables(self)
        descent = Descent(self.sources, self.log, self.variables)
        descent.lists(self.top)
        self.directories = descent.directories

    def _modpost(self, vmlinux: bool, asked: bool) -> tuple[TargetKernel, Posted | None]:
        """Look at the modules if that is `asked`, and write Module.symvers.  The kernel's exports are those of its
        objects, or those that Module.symvers has of an older build."""
        data = self.sources.read_bytes(SYMVERS)
        older = [e for e in parse_symvers((data or b"").decode("utf-8", "replace")) if e.owner == "vmlinux"]
        known = exports_of(self.objects, self.profile) if vmlinux else older
        target = TargetKernel(self.profile, self.release, known if known else None, intree=True)
        posted = None
        if asked and (self.modules or vmlinux):
            try:
                posted = post_modules(self.log, self.modules, target)
            except BuildFailed as failed:
                explain_missing(self, failed.messages)
                raise
        if known:
            found = posted.exports if posted is not None else []
            write_output(self.sources, SYMVERS, symvers([*known, *found], self.profile).encode())
        return target, posted

    # Reading.

    def _check_header(self, vmlinux: bool, modules: bool) -> None:
        """Read include/linux/syscalls.h, which every source includes: the first one fails if it is not C."""
        self.prototypes, messages = check_header(self.sources.read_text(HEADER))
        errors = self.log.messages(messages)
        if not errors:
            return
        first = next(
            ((d, e, d.builtin) for d in self.directories for e in (*d.builtin * vmlinux, *d.modules * modules)), None
        )
        if first is None:
            raise self.log.stop(errors)
        directory, entry, builtin = first
        name = directory.file(entry.text)
        self.log.step("CC" if entry in builtin else "CC [M]", name)
        trail = f"make[1]: *** [{name}] Error 1", f"make: *** [{directory.path or '.'}] Error 2"
        raise self.log.stop(errors, *trail)

    # Making.

    def _count(self, vmlinux: bool, modules: bool) -> None:
        for directory in self.directories:
            self.log.total += len(directory.builtin) * vmlinux + 2 * len(directory.modules) * modules
        self.log.total += vmlinux

    def _compile(self, vmlinux: bool, modules: bool) -> None:
        archives: list[list[Any]] = []  # the directories that are open: each, and whether its built-in.a is older
        for directory in [*self.directories, None]:
            while archives and (directory is None or archives[-1][0].depth >= directory.depth):
                self._archive(archives, modules)
            if directory is None:
                break
            before = len(self.log.steps)
            if vmlinux:
                for entry in directory.builtin:
                    for built in self.compiler.compile(directory, entry, builtin=True):
                        check_declared(self, built)
                        self.objects.append(ld.Object(built, directory.place))
            archives.append([directory, any(tool == "CC" for tool, _ in self.log.steps[before:])])

    def _archive(self, archives: list[list[Any]], modules: bool) -> None:
        """A directory is through, and all below it: its built-in.a, and then its modules."""
        directory, is_older = archives.pop()
        if is_older and self.archives:
            self.log.step("AR", directory.file("built-in.a"))
            if archives:
                archives[-1][1] = True
        if modules:
            for entry in directory.modules:
                for built in self.compiler.compile(directory, entry, builtin=False):
                    self.modules.append(ModuleObject.of(built))

    def _is_linked(self) -> bool:
        return is_image_of(read_sealed(self.sources, "vmlinux", "vmlinux"), self._outline())

    def _link_object(self) -> None:
        """All objects as one, which modpost reads."""
        self.log.step("AR", "built-in.a")
        self.log.step("AR", "vmlinux.a")
        self.log.step("LD", "vmlinux.o")
        errors = ld.multiple_definitions(self.objects)
        if errors:
            trail = ("make[2]: *** [vmlinux.o] Error 1", "make[1]: *** [vmlinux_o] Error 2")
            raise self.log.stop(self.log.messages(errors), *trail, "make: *** [__sub-make] Error 2")

    def _link(self) -> None:
        if self._is_linked():
            self.log.line(f"Kernel: arch/x86/boot/bzImage is ready  (#{self.build})")
            self.log.advance("vmlinux")
            return
        name = "vmlinux.unstripped" if self.posts_first else "vmlinux"
        self.log.step("LD", name)
        errors = [] if self.posts_first else ld.multiple_definitions(self.objects)
        errors += ld.undefined_references(self.objects, self.rows, TABLE, self.profile.version)
        errors += undefined_entries(self.objects, self.rows_32 or [], self.profile.name)
        if errors:
            explain_missing(self, errors)
            trail = ["make: *** [vmlinux] Error 1"]
            if self.posts_first:
                trail = [f"make[2]: *** [{name}] Error 1", "make[1]: *** [vmlinux] Error 2"]
                trail.append("make: *** [__sub-make] Error 2")
            raise self.log.stop(self.log.messages(errors), *trail)
        for path in (".version", "System.map", "vmlinux"):
            check_output(self.sources, path)
        self.build += 1
        code = {each.name: self._code(each) for each in self.objects if not each.built.shipped}
        self._finish(name, extable_size([*code.values()], self.profile.version))
        image = with_machine_code(self._outline(), code)
        write_sealed(self.sources, "vmlinux", "vmlinux", image)
        write_output(self.sources, "System.map", system_map(read_image(image)).encode())
        write_output(self.sources, ".version", f"{self.build}\n".encode())
        self.log.line(f"Kernel: arch/x86/boot/bzImage is ready  (#{self.build})")
        self.relinked = True
        self.log.advance("vmlinux")

    def _finish(self, name: str, faulting: int) -> None:
        """The steps after the link: System.map and the sorting of __ex_table, the other way round since 5.6."""
        if not self.posts_first:
            self._sort_extable("SORTEX", name, faulting)
            self.log.step("SYSMAP", "System.map")
            return
        self.log.step("NM", "System.map")
        self._sort_extable("SORTTAB", name, faulting)
        self.log.step("OBJCOPY", "vmlinux")

    def _sort_extable(self, tool: str, target: str, faulting: int) -> None:
        """The step that sorts __ex_table, and how many entries it has."""
        self.log.step(tool, target)
        self.log.line(f"    __ex_table: {faulting} instructions that may fault on a user's pointer (see extable)")

    def _code(self, linked: ld.Object) -> ElfObject:
        return read_elf(self.sources.read_bytes(linked.name) or b"", linked.name)

    def _outline(self) -> dict[str, Any]:
        return {
            "release": self.release,
            "profile": self.profile.name,
            "build": self.build,
            "table": self.table,
            "rows": [row.fields() for row in self.rows],
            "rows_32": None if self.rows_32 is None else [row.fields() for row in self.rows_32],
            "objects": outline(self.objects),
        }


def _version(sources: Sources) -> int:
    data = sources.read_bytes(".version", 32) or b""
    return int(data) if data.strip().isdigit() else 0


def exports_of(objects: list[ld.Object], profile: Profile) -> list[Export]:
    """What the kernel itself exports: that of its objects, and of the code that is no file of the tree."""
    from kshell.kernel.lib.uaccess_text import uaccess_text
    from kshell.kernel.link.ksymtab import library, param_ops

    own = [(e.name, e.exported == "EXPORT_SYMBOL_GPL") for e, _ in library(profile.version) if e.exported]
    text = [symbol.name for symbol in uaccess_text(profile.version).symbols if symbol.exported]
    own += [(name, False) for name in [*text, *param_ops(profile.version)]]
    of_files = [export for linked in objects for export in linked.facts.exports]
    return [Export(name, "vmlinux", gpl) for name, gpl in [*sorted(own), *of_files]]
