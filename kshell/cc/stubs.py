"""A Stub or a Param stands for memory of the kernel; its Python name is only the declaration.

In C the name is the variable.  So the most literal translation, ``STUB_test_call = my_test_call``, would give a
Python name another meaning, and nothing else would happen: here it is an error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kshell.cc.finding import Finding, finding, with_replaced

MACROS = ("Stub", "Param", "extern")
AS_TRUTH = (ast.If, ast.While, ast.IfExp, ast.Assert)


def declared(tree: ast.Module) -> dict[str, str]:
    """The names that Stub, Param and extern declare, and which of them: "Stub", "Param", or "extern" for a pointer."""
    found = {}
    for node in tree.body:
        call, target = getattr(node, "value", None), _target(node)
        if target and isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MACROS:
            is_variable = call.func.id == "extern" and len(call.args) + len(call.keywords) > 1
            found[target] = "Param" if is_variable else call.func.id
    return found


def _target(node: ast.stmt) -> str:
    """The one name that a statement assigns."""
    target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def check_stubs(tree: ast.Module, text: str, names: dict[str, str]) -> Iterator[Finding]:
    """Each use of a declaration where its memory must be meant; `names` are those that the file declares."""
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    strings = {_target(node) for node in tree.body if _is_string(getattr(node, "value", None))}
    for node in tree.body:
        yield from _declaration(node, text, strings)
        if isinstance(node, ast.FunctionDef) and names:
            yield from _Function(node, text, names, functions).check()
        elif isinstance(node, ast.Assign) and _target(node) in names and not isinstance(node.value, ast.Call):
            name = _target(node)
            because = f"{name} has been declared, and outside the functions nothing runs"
            try_ = f"k[{name}] = {ast.unparse(node.value)}  (in a function, such as the init)"
            yield finding(node, f"redefinition of '{name}'", because, try_, len(name))


# Declarations.


def _declaration(node: ast.stmt, text: str, strings: set[str]) -> Iterator[Finding]:
    call, target = getattr(node, "value", None), _target(node)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return
    macro = call.func.id
    first = call.args[0] if call.args else None
    if macro in MACROS and target and (first is None or _is_no_name(first, strings)):
        rest = "" if first is None or macro != "Param" or isinstance(first, ast.Name) else f", {ast.unparse(first)}"
        rest = rest or "".join(f", {ast.unparse(each)}" for each in call.args[1:])
        what = f"{macro}: the first argument is the C name, a string"
        because = "the kernel knows a variable by that name, as a linker does: Python's own name is gone by then"
        yield finding(first or call, what, because, f'{target} = {macro}("{target}"{rest})')
    elif macro == "module_param" and len(call.args) > 1:
        variable, kind = call.args[:2]
        because = "module_param takes the variable and, in quotes, its type: C's preprocessor makes a string of it"
        if isinstance(kind, ast.Name) and kind.id not in strings:
            try_ = with_replaced(text, kind, f'"{kind.id}"')
            yield finding(kind, f"module_param: the type {kind.id} is a string", because, try_, len(kind.id))
        elif isinstance(variable, ast.Constant) and isinstance(variable.value, str):
            try_ = with_replaced(text, variable, variable.value)
            yield finding(variable, "module_param: the variable itself, not its name", because, try_)


def _is_string(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_no_name(first: ast.expr, strings: set[str]) -> bool:
    """Whether it plainly is no C name: a number, None, or a name that stands for no string."""
    if isinstance(first, ast.Constant):
        return not _is_string(first)
    return isinstance(first, ast.Name) and first.id not in strings


# Uses.


class _Function:
    """One top-level function, and the declarations that are known in it."""

    def __init__(self, function: ast.FunctionDef, text: str, names: dict[str, str], functions: set[str]) -> None:
        self.function, self.text, self.functions = function, text, functions
        arguments = [node.arg for node in ast.walk(function) if isinstance(node, ast.arg)]
        self.names = {name: kind for name, kind in names.items() if name not in arguments}
        self.k = function.args.args[0].arg if function.args.args else "k"
        self.pointers: dict[str, str] = {}  # local names that hold what a stub points to: stub = k[STUB_x]
        for node in ast.walk(function):
            name = self.subscript(node.value) if isinstance(node, ast.Assign | ast.AnnAssign) and node.value else ""
            if name and isinstance(node, ast.stmt) and _target(node):
                self.pointers[_target(node)] = name

    def named(self, node: ast.AST | None) -> str:
        """The declaration that an expression is, "" if it is none."""
        return node.id if isinstance(node, ast.Name) and node.id in self.names else ""

    def subscript(self, node: ast.AST | None) -> str:
        """The declaration in ``k[NAME]``."""
        return self.named(node.slice) if isinstance(node, ast.Subscript) else ""

    def value(self, name: str) -> str:
        """How its value is read."""
        return f"{self.k}.read({name})" if self.names[name] == "Param" else f"{self.k}[{name}]"

    def write(self, name: str, value: str) -> str:
        """How it is given a value."""
        return f"{self.k}.write({name}, {value})" if self.names[name] == "Param" else f"{self.k}[{name}] = {value}"

    def because(self, name: str) -> str:
        if self.names[name] == "Param":
            return f"a Param is 8 bytes of kernel memory; the Python name {name} is only its declaration"
        what = "an extern Stub" if self.names[name] == "extern" else "a Stub"
        return f"{what} is 8 bytes of kernel memory; the Python name {name} is only its declaration"

    def check(self) -> Iterator[Finding]:
        """Every finding in this function."""
        for node in ast.walk(self.function):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
                yield from self.assignment(node)
            elif isinstance(node, ast.Call):
                yield from self.call(node)
            elif isinstance(node, ast.Compare):
                yield from self.compare(node)
            elif isinstance(node, ast.Attribute) and node.attr in self.names and isinstance(node.value, ast.Name):
                if node.value.id == self.k and isinstance(node.ctx, ast.Load):
                    yield self.member(node, self.value(node.attr))
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                name = self.subscript(node)
                if self.names.get(name) == "Param":
                    yield self.no_pointer(node, name, with_replaced(self.text, node, self.value(name)))
            for part in _values(node):
                if self.named(part):
                    yield self.use(part)

    def use(self, node: ast.expr) -> Finding:
        """A declaration where its value is meant."""
        name = self.named(node)
        try_ = with_replaced(self.text, node, self.value(name)) or self.value(name)
        return finding(node, f"the declaration of '{name}' is used, not its value", self.because(name), try_, len(name))

    def assignment(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.NamedExpr) -> Iterator[Finding]:
        value = ast.unparse(node.value) if node.value is not None else ""
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            name = self.named(target)
            if name and not (isinstance(node, ast.AnnAssign) and self.names[name] == "Param"):
                right = self.write(name, value)
                if isinstance(node, ast.AugAssign):
                    sign = ast.unparse(node).partition("=")[0].removeprefix(name).strip()
                    right = self.write(name, f"{self.value(name)} {sign} {value}")
                because = self.because(name) + ", and this only gives that name another meaning"
                yield finding(target, f"'{name}' is assigned, not what it stands for", because, right, len(name))
            elif (
                isinstance(target, ast.Attribute) and target.attr in self.names and ast.unparse(target.value) == self.k
            ):
                if isinstance(node, ast.AugAssign):
                    value = ast.unparse(ast.BinOp(ast.Name(self.value(target.attr)), node.op, node.value))
                yield self.member(target, self.write(target.attr, value))
            elif self.names.get(self.subscript(target)) == "Param":
                yield self.no_pointer(target, self.subscript(target), self.write(self.subscript(target), value))
            elif self.subscript(target) and isinstance(node.value, ast.Call):
                yield from self.number_stored(self.subscript(target), node.value)

    def number_stored(self, name: str, call: ast.Call) -> Iterator[Finding]:
        function = call.func.id if isinstance(call.func, ast.Name) else ""
        if function in self.functions:
            text = f"assignment to '{name}' makes pointer from integer without a cast [-Wint-conversion]"
            because = (
                f"{function}(...) calls the function now, and what it returns is a number; {name} wants the function"
            )
            yield finding(call, text, because, self.write(name, function), len(function))

    def member(self, node: ast.Attribute, right: str) -> Finding:
        because = self.because(node.attr) + f"; {self.k} has no member of that name"
        return finding(node, f"'struct kernel' has no member named '{node.attr}'", because, right)

    def no_pointer(self, node: ast.expr, name: str, right: str) -> Finding:
        because = f"{self.k}[...] follows a pointer to a function, and {name} is a number"
        return finding(node, f"'{name}' is a variable, not a pointer to a function", because, right)

    def compare(self, node: ast.Compare) -> Iterator[Finding]:
        operands = [node.left, *node.comparators]
        for each in operands:
            name = self.named(each)
            if not name:
                continue
            other = next((part for part in operands if part is not each), each)
            is_null = isinstance(other, ast.Constant) and other.value is None
            is_null = is_null or (isinstance(other, ast.Name) and other.id == "NULL")
            differs = isinstance(node.ops[0], ast.NotEq | ast.IsNot)
            right = f"{self.value(name)} is {'not ' if differs else ''}None"
            try_ = with_replaced(self.text, node, right) if is_null else ""
            try_ = try_ or with_replaced(self.text, each, self.value(name)) or self.value(name)
            text = f"the declaration of '{name}' is compared, not its value"
            yield finding(each, text, self.because(name), try_, len(name))

    def call(self, node: ast.Call) -> Iterator[Finding]:
        name, function = self.named(node.func), node.func
        arguments = ", ".join([self.k, *map(ast.unparse, _without(node.args, self.k))])
        if name:
            text = f"called object '{name}' is not a function or function pointer"
            yield finding(node, text, self.because(name), f"{self.value(name)}({arguments})", len(name))
        elif isinstance(function, ast.Attribute) and function.attr in ("read", "write") and node.args:
            first = self.named(node.args[0])
            if first and self.names[first] != "Param" and ast.unparse(function.value) == self.k:
                right = self.write(first, ast.unparse(node.args[1])) if len(node.args) > 1 else self.value(first)
                yield finding(node, f"'{first}' is a pointer, not a Param", self.because(first), right)
        else:
            pointer = self.subscript(function) or (
                self.pointers.get(function.id, "") if isinstance(function, ast.Name) else ""
            )
            if pointer and self.names.get(pointer) != "Param" and not self.gets_kernel(node):
                callee = ast.unparse(function)
                text = f"too few arguments to function '{pointer}'"
                because = (
                    "every function of a kernel source is handed the kernel first, and so is what a pointer leads to"
                )
                yield finding(node, text, because, f"{callee}({arguments})", len(callee))

    def gets_kernel(self, node: ast.Call) -> bool:
        """Whether the first argument may be the kernel: only what plainly is another thing is refused."""
        first = node.args[0] if node.args else None
        if first is None or isinstance(first, ast.Constant | ast.BinOp | ast.UnaryOp):
            return False
        return not isinstance(first, ast.Name) or first.id == self.k or first.id[:1] == "k"


def _without(arguments: list[ast.expr], k: str) -> list[ast.expr]:
    first = arguments[0] if arguments else None
    return arguments[1:] if isinstance(first, ast.Name) and first.id == k else arguments


def _values(node: ast.AST) -> list[ast.expr]:
    """The parts of an expression or statement whose value is what counts."""
    if isinstance(node, AS_TRUTH):
        return [node.test]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    return [node.value] if isinstance(node, ast.FormattedValue | ast.Return) and node.value is not None else []
