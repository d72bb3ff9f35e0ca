"""One source while it is read: its names, its data, and what is to be said about it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType

from kshell.cc.front.primitives import BUILTINS
from kshell.cc.front.report import Report
from kshell.cc.front.symbols import Object, Routine, Symbol
from kshell.cc.tree_unit import Datum, Pointed
from kshell.cc.types import CHAR, ArrayType, StructType, Type

UNIQUE = "__UNIQUE_ID_"  # what the compiler calls its own data
Include = Callable[[str], "Mapping[str, Symbol] | None"]


class FileScope:
    """The names of one file.  `include` gives those of a header (None where there is no such header); `pointers` are
    the names that the file follows as ``k[NAME]``: pointers in memory, and no functions; `results`
    what the kernel expects of functions that it calls: ``{"hello_init": "int"}``."""

    def __init__(
        self,
        report: Report,
        include: Include,
        pointers: frozenset[str] = frozenset(),
        results: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.report, self.include, self.pointers, self.results = report, include, pointers, results
        self.names: dict[str, Symbol] = {}
        self.lines: dict[str, int] = {}  # where each name of the file's own is declared
        self.structs: list[StructType] = []
        self.data: list[Datum] = []
        self.strings: dict[bytes, str] = {}
        self.used: set[str] = set()
        self.inlines: dict[str, Routine] = {}  # the functions of headers that it needs with their bodies
        self.poisoned: set[str] = set()  # what a wrong declaration would have given a meaning
        self.size = 0  # of the variables, in bytes
        self.parameters: dict[str, str] = {}  # the type that module_param gives a variable

    def lookup(self, name: str) -> Symbol | None:
        """What a name stands for at the top level."""
        self.used.add(name)
        found = self.names.get(name)
        return found if found is not None else BUILTINS.get(name)

    def declare(self, node: ast.stmt, name: str, symbol: Symbol) -> None:
        """Give a name of the file its meaning; it has one only."""
        if name.startswith(UNIQUE):
            because = f"names that begin with {UNIQUE} are the compiler's"
            self.report.error(node, f"redefinition of '{name}'", because, "another name")
        if name in self.lines:
            because = f"it stands in line {self.lines[name]} already, and one name has one meaning"
            text, try_ = f"redefinition of '{name}'", "rename one of the two"
            if type(symbol) is not type(self.names[name]):
                text = f"'{name}' redeclared as different kind of symbol"
            if isinstance(self.names[name], Object) and isinstance(node, ast.Assign):
                because += "; outside the functions nothing runs"
                try_ = f"k[{name}] = {ast.unparse(node.value)}  (in a function, such as the init)"
            self.report.error(node, text, because, try_)
            return
        self.lines[name] = node.lineno
        self.names[name] = symbol

    def needs(self, routine: Routine) -> None:
        """A function of a header that is to be compiled into the object, if it is one of those."""
        if routine.header:
            self.inlines[routine.symbol] = routine

    def string(self, text: bytes) -> str:
        """The symbol of a string that an initial value points to."""
        if text not in self.strings:
            name = f"{UNIQUE}str{len(self.strings)}"
            self.strings[text] = name
            self.datum(name, ArrayType(CHAR, len(text) + 1), text + b"\0", [], ".rodata", 0)
        return self.strings[text]

    def datum(
        self, name: str, kind: Type, data: bytes, pointers: list[Pointed], section: str, line: int, static: bool = True
    ) -> None:
        """Add a variable with its initial value."""
        if section == ".data" and not pointers and not any(data):
            data, section = b"", ".bss"
        self.data.append(Datum(name, kind, data, pointers, static, section, line))
