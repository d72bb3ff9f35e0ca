"""What the parts of the reader hand one another: a function while it is read, with its variables."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod

from kshell.cc.front.arithmetic import decayed
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.report import spelled
from kshell.cc.tree import Number, Place, Value, Variable
from kshell.cc.types import INT, FunctionType, StructType, Type, VoidType

ZERO = Number(0, INT)
FRAME_MAX = 1 << 16


class Scope(ABC):
    """One function, or the top level where `kernel` is "" (there, only constants have a value).

    `sure` are the variables that have a value here on every way, None where no way leads; `maybe` those that have one
    on some way; `read` those whose value somebody looks at.  `poisoned` names got their declaration from a statement
    that was wrong: nothing more is said of them.
    """

    def __init__(self, file: FileScope, name: str = "", kernel: str = "", result: Type | None = None) -> None:
        self.file, self.report = file, file.report
        self.name, self.kernel, self.result = name, kernel, result
        self.type: FunctionType | None = None
        self.variables: dict[str, Variable] = {}
        self.order: list[Variable] = []
        self.globals: set[str] = set()
        self.poisoned: set[str] = set(file.poisoned)
        self.inferred: set[Variable] = set()  # whose type is that of its first value
        self.ended: set[Variable] = set()  # of a `for` that is over
        self.first: dict[str, int] = {}  # the line that gives each name its first value
        self.counters: list[Variable] = []  # of the `for`s around
        self.sure: set[Variable] | None = set()
        self.maybe: set[Variable] = set()
        self.read: set[Variable] = set()
        self.set_again: set[Variable] = set()
        self.breaks: list[list[set[Variable]]] = []  # for each loop around: what is sure at its breaks

    @abstractmethod
    def value(self, node: ast.expr) -> Value:
        """An expression as a scalar; an array decays."""

    @abstractmethod
    def any(self, node: ast.expr) -> Value:
        """An expression of any type: a struct, an array, nothing (void)."""

    @abstractmethod
    def place(self, node: ast.expr) -> Place:
        """What can be assigned to, and has an address."""

    def scalar(self, node: ast.expr, value: Value) -> Value:
        """`value`, which `node` says, as a number or a pointer."""
        value = decayed(value)
        if isinstance(value.type, VoidType):
            because = "the function answers nothing"
            self.report.fail(node, "void value not ignored as it ought to be", because, "call it in a line of its own")
        if isinstance(value.type, StructType):
            source = self.report.source_of(node) or "v"
            text = f"used '{spelled(value.type)}' value where scalar is required"
            self.report.fail(
                node, text, "a struct is no number and no pointer", f"addr({source}), or one of its fields"
            )
        return value

    def is_kernel(self, node: ast.AST) -> bool:
        """Whether it is the kernel, `k`."""
        return isinstance(node, ast.Name) and node.id == self.kernel and self.kernel != ""

    def add(self, name: str, kind: Type, line: int, made: bool = False) -> Variable:
        """A new variable of the function."""
        variable = Variable(name, kind, line, made)
        self.order.append(variable)
        if not made:
            self.variables[name] = variable
        return variable

    def made(self, kind: Type, line: int) -> Variable:
        """A variable that the compiler needs for itself."""
        return self.add(f"__{sum(each.made for each in self.order)}", kind, line, True)

    def assigned(self, variable: Variable) -> None:
        """It has a value from here on."""
        if self.sure is not None:
            self.sure.add(variable)
        self.maybe.add(variable)

    def is_sure(self, variable: Variable) -> bool:
        """Whether it has a value on every way to here."""
        return self.sure is None or variable in self.sure


def merged(one: set[Variable] | None, other: set[Variable] | None) -> set[Variable] | None:
    """What is sure where two ways meet."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def copied(sure: set[Variable] | None) -> set[Variable] | None:
    """The same, to be changed on one way only."""
    return None if sure is None else set(sure)
