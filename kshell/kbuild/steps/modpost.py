"""MODPOST: what a module uses must be exported by the kernel or by another module.

C counterpart: scripts/mod/modpost.c; its wording changed between the releases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.kbuild.messages import ERROR, WARNING, BuildMessage
from kshell.kbuild.steps.object_facts import BuiltObject, ObjectFacts
from kshell.kernel.core.profile import Profile
from kshell.kernel.module.policy import GPL_COMPATIBLE
from kshell.kernel.module.symbols import NOT_EXPORTED_SINCE

MOST_UNRESOLVED = 10


class Export(NamedTuple):
    """A line of Module.symvers: a `symbol`, the `owner` that exports it ("vmlinux" or a module's path without .ko),
    and whether only GPL-compatible modules get it."""

    symbol: str
    owner: str
    gpl: bool


class ModuleObject(NamedTuple):
    """A compiled module before modpost: its path without suffix, as messages show it, what is in the object, and the
    digests of its bytes and of its source's `text`."""

    path: str
    facts: ObjectFacts
    digest: str = ""
    text: str = ""

    @classmethod
    def of(cls, built: BuiltObject) -> ModuleObject:
        """That of a .o."""
        return cls(built.name.removesuffix(".o"), built.facts, built.digest, built.text)


class Posted(NamedTuple):
    """What modpost found: its messages, the exports of the modules, and for each module what it depends on."""

    messages: list[BuildMessage]
    exports: list[Export]
    depends: dict[str, list[str]]


def modpost(
    modules: Sequence[ModuleObject], known: Sequence[Export], profile: Profile, *, external: bool, has_symvers: bool
) -> Posted:
    """Look at all modules together; `known` are the exports of the kernel and of modules built earlier.

    `external` modules (M=) are judged more mildly up to 5.5; without the kernel's Module.symvers nothing is known.
    """
    post = _Post(profile, external, has_symvers)
    table = {export.symbol: export for export in known}
    from_file = set(table) if external else set[str]()  # read from Module.symvers, and not from vmlinux itself
    exports: list[Export] = []
    for module in modules:
        post.licence(module)
        for symbol, gpl in module.facts.exports:
            earlier = table.get(symbol)
            if earlier is not None and earlier.owner != module.path:
                post.exported_twice(module, symbol, earlier, symbol in from_file)
                if earlier.owner == "vmlinux" or symbol not in from_file:
                    continue
            from_file.discard(symbol)
            table[symbol] = Export(symbol, module.path, gpl)
            exports.append(table[symbol])
    depends: dict[str, list[str]] = {module.path: [] for module in modules}
    if post.is_old:  # which looks at the licences of all modules before it looks for a name
        for module in modules:
            for wanted in module.facts.wanted:
                if wanted.name in table:
                    post.gpl_only(module, table[wanted.name])
        if any(message.kind == ERROR for message in post.messages):
            return Posted(post.messages, exports, depends)
    for module in modules:
        for wanted in module.facts.wanted:
            found = table.get(wanted.name)
            if found is None:
                post.undefined(module, wanted.name, wanted.line)
                continue
            if not post.is_old:
                post.gpl_only(module, found)
            name = found.owner.rpartition("/")[2]
            if found.owner not in ("vmlinux", module.path) and name not in depends[module.path]:
                depends[module.path].append(name)
    post.suppressed()
    return Posted(post.messages, exports, depends)


class _Post:
    """The wording of one release, and the messages so far."""

    def __init__(self, profile: Profile, external: bool, has_symvers: bool) -> None:
        self.version, self.is_old = profile.version, profile.version < (5, 12)
        self.external, self.has_symvers = external, has_symvers
        self.messages: list[BuildMessage] = []
        self.unresolved = 0

    def _say(
        self,
        kind: str,
        text: str,
        module: ModuleObject,
        line: int,
        because: str,
        try_: str,
        more: Sequence[str] = (),
    ) -> None:
        source = module.facts.source
        self.messages.append(BuildMessage(kind, text, source, line, 0, more, because, try_, verbatim=True))

    def undefined(self, module: ModuleObject, symbol: str, line: int) -> None:
        """A symbol that nobody exports."""
        if self.is_old and not self.has_symvers:
            return  # nothing is known, so nothing can be said: insmod will find out
        self.unresolved += 1
        if not self.is_old and self.unresolved > MOST_UNRESOLVED:
            return
        is_warning = self.external and self.is_old
        kind, word = (WARNING, "WARNING") if is_warning else (ERROR, "ERROR")
        text = f'{word}:{"" if self.is_old else " modpost:"} "{symbol}" [{module.path}.ko] undefined!'
        because = f"{module.facts.source} uses {symbol}, and neither the kernel nor a module exports it"
        try_ = f"EXPORT_SYMBOL({symbol}) in the file that defines it; then make, make install and boot"
        since = NOT_EXPORTED_SINCE.get(symbol)
        if since is not None and self.version >= since:
            because = f"{symbol} is in the kernel, but since {since[0]}.{since[1]} it is not exported to modules"
            try_ = "a kernel of 4.19, where it still was"
        elif not self.has_symvers:
            because += " as far as is known: the kernel's tree is not built yet, so there is no Module.symvers"
            try_ = "make  (in the kernel's tree, first)"
        elif is_warning:
            because += "; a module from outside the tree is built all the same, and insmod will refuse it"
        self._say(kind, text, module, line, because, try_)

    def suppressed(self) -> None:
        """Newer kernels end the list after ten."""
        more = self.unresolved - MOST_UNRESOLVED
        if self.is_old or more <= 0:
            return
        text = f"WARNING: modpost: suppressed {more} unresolved symbol warnings because there were too many)"
        because = f"modpost lists the first {MOST_UNRESOLVED} names that nobody exports, of all modules together"
        try_ = "see to those above, then make again"
        self.messages.append(BuildMessage(WARNING, text, "", 0, 0, (), because, try_, verbatim=True))

    def licence(self, module: ModuleObject) -> None:
        """MODULE_LICENSE, and since 6.11 MODULE_DESCRIPTION."""
        said = dict(module.facts.info)
        if "license" not in said:
            try_ = 'MODULE_LICENSE("GPL")  (at the top level of the file)'
            if self.is_old:
                text = f"WARNING: modpost: missing MODULE_LICENSE() in {module.path}.o"
                because = (
                    "without one the module counts as proprietary: it taints the kernel (P) and gets no GPL-only symbol"
                )
                self._say(WARNING, text, module, 0, because, try_, ("see include/linux/module.h for more information",))
            else:
                text = f"ERROR: modpost: missing MODULE_LICENSE() in {module.path}.o"
                self._say(ERROR, text, module, 0, "since 5.12 a module without one is not built", try_)
        if not self.is_old and "description" not in said:
            text = f"WARNING: modpost: missing MODULE_DESCRIPTION() in {module.path}.o"
            because = "modinfo has nothing to show for it; the module works all the same"
            self._say(WARNING, text, module, 0, because, 'MODULE_DESCRIPTION("what it does")')

    def exported_twice(self, module: ModuleObject, symbol: str, earlier: Export, from_file: bool) -> None:
        """A symbol that somebody exports already; `from_file`: as the kernel's Module.symvers has it.

        Up to 5.5 modpost took such a line for out of date, and later ones still do where a module exports it.
        """
        if from_file and (self.is_old or earlier.owner != "vmlinux"):
            return
        owner = earlier.owner if earlier.owner == "vmlinux" else f"{earlier.owner}.ko"
        kind, word = (WARNING, "WARNING:") if self.is_old else (ERROR, "ERROR: modpost:")
        text = f"{word} {module.path}: '{symbol}' exported twice. Previous export was in {owner}"
        because = f"{earlier.owner} exports {symbol} already, and a name can lead to one place only"
        if self.is_old:
            because += "; this release builds it all the same, and insmod will refuse it"
        self._say(kind, text, module, 0, because, f'extern("{symbol}") to use it, or another name')

    def gpl_only(self, module: ModuleObject, export: Export) -> None:
        """EXPORT_SYMBOL_GPL is for modules with a GPL-compatible licence."""
        licence = dict(module.facts.info).get("license")
        if not export.gpl or licence in GPL_COMPATIBLE:
            return
        word = "FATAL: modpost:" if self.is_old else "ERROR: modpost:"
        name = module.path.rpartition("/")[2]
        text = f"{word} GPL-incompatible module {name}.ko uses GPL-only symbol '{export.symbol}'"
        because = (
            f"{export.symbol} is exported with EXPORT_SYMBOL_GPL, and the module's licence is {licence or 'not given'}"
        )
        self._say(ERROR, text, module, 0, because, 'MODULE_LICENSE("GPL"), if that is what it is')


def symvers(exports: Sequence[Export], profile: Profile) -> str:
    """The text of Module.symvers; without module versions every checksum is zero."""
    tail = "\t" if profile.version >= (5, 4) else ""
    return "".join(
        f"0x00000000\t{e.symbol}\t{e.owner}\tEXPORT_SYMBOL{'_GPL' if e.gpl else ''}{tail}\n" for e in exports
    )


def parse_symvers(text: str) -> list[Export]:
    """The exports that a Module.symvers lists; lines that are none are left out."""
    fields = [line.split("\t") for line in text.splitlines()]
    return [Export(f[1], f[2], f[3].startswith("EXPORT_SYMBOL_GPL")) for f in fields if len(f) >= 4]
