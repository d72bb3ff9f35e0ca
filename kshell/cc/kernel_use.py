"""What a source does with `k`, and what it must not: the kernel's own fields are read, and printk takes one text.

The words are gcc's: `k` stands for a `const struct kernel *`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kshell.cc.c_text import filled
from kshell.cc.finding import WARNING, Finding, finding, with_replaced

STUB = "STUB_"  # what the names of pointers to functions begin with
REACH_IN = ("setattr", "delattr", "vars")
USE_NAMES = "take it out; a module writes memory: k[STUB_x] = f, k.write(counter, 5)"
PRINTK = "printk takes a level and one text; an f-string stands for C's %d"


def members() -> frozenset[str]:
    """The names that a kernel has: its methods, and what its initialisers store."""
    from dis import get_instructions

    from kshell.kernel.kernel import Kernel  # and with it the emulator

    found: set[str] = set()
    for each in Kernel.__mro__:
        found |= {*vars(each), *vars(each).get("__annotations__", ())}
        code = getattr(vars(each).get("__init__"), "__code__", None)
        if code is not None:
            found |= {step.argval for step in get_instructions(code) if step.opname == "STORE_ATTR"}
    return frozenset(found)


def check_kernel_use(tree: ast.Module, text: str, entries: dict[str, str], names: dict[str, str]) -> Iterator[Finding]:
    """Writes to the kernel's fields, texts that printk does not take, and comparisons that nobody looks at.

    `entries` are the functions that the kernel calls with itself first, whatever they call it; `names` those that the
    file declares.
    """
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        k = _kernel_name(node, node.name in entries)
        if k:
            yield from _Use(node, k, text, functions, names).check()
        for each in ast.walk(node):
            if isinstance(each, ast.Expr) and isinstance(each.value, ast.Compare):
                yield _no_effect(each.value, text)


def _kernel_name(function: ast.FunctionDef, entry: bool) -> str:
    """How a function calls the kernel, "" if it is not handed one."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    if not arguments:
        return ""
    first = arguments[0]
    hint = "" if first.annotation is None else ast.unparse(first.annotation)
    return first.arg if entry or first.arg in ("k", "kernel") or "Kernel" in hint else ""


def _no_effect(node: ast.Compare, text: str) -> Finding:
    because = "it compares, and nobody looks at the answer"
    try_ = with_replaced(text, node, f"if {ast.unparse(node)}: ...") or f"if {ast.unparse(node)}: ..."
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        because = "== compares, and nobody looks at the answer; a single = gives a value"
        right = f"{ast.unparse(node.left)} = {ast.unparse(node.comparators[0])}"
        try_ = with_replaced(text, node, right) or right
    return finding(node, "statement with no effect [-Wunused-value]", because, try_, 1, WARNING)


class _Use:
    """One top-level function, which calls the kernel `k`."""

    def __init__(
        self, function: ast.FunctionDef, k: str, text: str, functions: set[str], names: dict[str, str]
    ) -> None:
        self.function, self.k, self.text, self.functions, self.names = function, k, text, functions, names
        self.stored: dict[int, ast.expr] = {}  # by the id of a target: what it is given
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                self.stored.update((id(target), node.value) for target in node.targets)
            elif isinstance(node, ast.AugAssign):
                name = getattr(node.target, "attr", "")
                self.stored[id(node.target)] = ast.BinOp(ast.Name(f"{k}.read({name})"), node.op, node.value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                self.stored[id(node.target)] = node.value

    def is_kernel(self, node: ast.AST | None) -> bool:
        return isinstance(node, ast.Name) and node.id == self.k

    def check(self) -> Iterator[Finding]:
        """Every finding in this function."""
        for node in ast.walk(self.function):
            if isinstance(node, ast.Attribute) and self.is_kernel(node.value):
                yield from self.member(node)
            elif isinstance(node, ast.Call):
                yield from self.call(node)

    def call(self, node: ast.Call) -> Iterator[Finding]:
        function = node.func
        if isinstance(function, ast.Name) and function.id in REACH_IN:
            if node.args and self.is_kernel(node.args[0]):
                name = (
                    node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else "__dict__"
                )
                yield self.read_only(node, str(name))
        elif isinstance(function, ast.Attribute) and function.attr == "printk" and self.is_kernel(function.value):
            yield from self.printk(node)

    def member(self, node: ast.Attribute) -> Iterator[Finding]:
        if node.attr == "__dict__":
            yield self.read_only(node, node.attr)
        elif isinstance(node.ctx, ast.Load):
            if node.attr.startswith(STUB) and node.attr not in self.names:
                yield self.unknown(node)
        elif node.attr not in self.names and node.attr in members():
            yield self.read_only(node, node.attr)
        else:
            yield self.unknown(node)

    def read_only(self, node: ast.expr, name: str) -> Finding:
        because = f"the kernel's own fields are not a module's to write: {self.k} is there to be asked"
        return finding(node, f"assignment of member '{name}' in read-only object", because, USE_NAMES)

    def unknown(self, node: ast.Attribute) -> Finding:
        """A member that the kernel has not: a pointer or a variable is meant, and reached by its declaration."""
        name, value = node.attr, self.stored.get(id(node))
        to_function = isinstance(value, ast.Name) and value.id in self.functions
        if name.startswith(STUB) or to_function or self.names.get(name) in ("Stub", "extern"):
            said = f"{self.k}[{name}]" if isinstance(node.ctx, ast.Load) else f"{self.k}[{name}] = "
            if said.endswith(" = "):
                said += ast.unparse(value) if value is not None else "None"
            try_ = said if name in self.names else f'{name} = extern("{name}")  and  {said}'
        else:
            said = f"{self.k}.write({name}, {ast.unparse(value) if value is not None else 0})"
            try_ = said if name in self.names else f'{name} = Param("{name}", 0)  (at the top level)  and  {said}'
        because = f"a pointer or variable is declared at the top level of a file; {self.k} has no member of that name"
        return finding(node, f"'struct kernel' has no member named '{name}'", because, try_)

    def printk(self, call: ast.Call) -> Iterator[Finding]:
        arguments = call.args
        if any(isinstance(each, ast.Starred) for each in arguments) or len(arguments) < 2:
            return
        has_level = not _is_text(arguments[0])
        if len(arguments) == 2 and has_level:
            return
        level = ast.unparse(arguments[0]) if has_level else "KERN_INFO"
        text, *rest = arguments[1:] if has_level else arguments
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            shown = text.value.removesuffix("\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            said = filled(shown, [ast.unparse(each) for each in rest], self.function.name)
        else:
            said = ast.unparse(text)
        right = f"{self.k}.printk({level}, {said})"
        try_ = with_replaced(self.text, call, right) or right
        yield finding(call, "too many arguments to function 'printk'", PRINTK, try_, len(self.k) + len(".printk"))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
