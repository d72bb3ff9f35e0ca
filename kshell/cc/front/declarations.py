"""The top level of a file: what it includes, and what it declares.  Headers are read in the same way."""

from __future__ import annotations

import ast
from typing import NamedTuple, NoReturn

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.front.annotations import is_type, read_type
from kshell.cc.front.calls import is_macro
from kshell.cc.front.expressions import Expressions
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.functions import routine_of
from kshell.cc.front.headers_index import header_in, header_of, texts
from kshell.cc.front.initial import array_type, composite_type
from kshell.cc.front.initializers import spelled_out
from kshell.cc.front.module_macros import PARAMETERS, ModuleMacros, param_type
from kshell.cc.front.operators import ARITHMETIC
from kshell.cc.front.parameters import check_kind
from kshell.cc.front.primitives import TOP_LEVEL
from kshell.cc.front.report import WrongError
from kshell.cc.front.structs import declare_struct
from kshell.cc.front.symbols import Define, Object, TypeName
from kshell.cc.front.syscall_define import MACRO, as_in_c, macro_of
from kshell.cc.front.undeclared import explain
from kshell.cc.tree import FunctionName, Number, Text
from kshell.cc.types import INT, FunctionType, Type, VoidType

BECAUSE = "outside its functions a source only declares, as at C's file scope: nothing runs there"
INTO_A_FUNCTION = "move it into a function, such as the init"
# The words of C for statements of Python whose names in a syntax tree are others.
WORDS = {"AsyncFunctionDef": "async", "AsyncFor": "async", "AsyncWith": "async", "Delete": "del", "TryStar": "try"}


class Beginning(NamedTuple):
    """A variable of the file and what it begins with (None: 0)."""

    name: str
    object: Object
    value: ast.expr | None
    node: ast.stmt
    static: bool


class Declarations:
    """The declarations of one file, in its order.  Bodies and initial values are read when all names are known."""

    def __init__(self, file: FileScope) -> None:
        self.file, self.report = file, file.report
        self.scope = Expressions(file)
        self.macros = ModuleMacros(file, self.scope)
        self.functions: list[ast.FunctionDef] = []
        self.beginnings: list[Beginning] = []
        self.calls: list[tuple[ast.Call, str]] = []

    def read(self, body: list[ast.stmt]) -> None:
        """Every statement of the top level."""
        self._parameter_types(body)
        for node in body:
            try:
                self._statement(node)
            except WrongError:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    return  # gcc: compilation terminated
                self._poison(node)
        for call, name in self.calls:
            try:
                self.macros.call(call, name)
            except WrongError:
                continue

    def _poison(self, node: ast.stmt) -> None:
        """The names that a wrong declaration would have given a meaning are not complained about again."""
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                self.file.poisoned.add(each.id)
            elif isinstance(each, ast.FunctionDef | ast.ClassDef):
                self.file.poisoned.add(each.name)
        self.scope.poisoned |= self.file.poisoned

    def _parameter_types(self, body: list[ast.stmt]) -> None:
        """What the module_params of the file say of its variables, which stand before them."""
        for node in body:
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "module_param":
                self.file.parameters.update(
                    (each.id, param_type(call)) for each in call.args[:1] if isinstance(each, ast.Name)
                )

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom | ast.Import):
            self._import(node)
        elif isinstance(node, ast.ClassDef):
            declare_struct(self.file, self.scope, node)
        elif isinstance(node, ast.FunctionDef):
            digit = macro_of(self.file, node)
            self.file.declare(node, node.name, routine_of(self.file, node, digit is not None))
            self.functions.append(node)
        elif isinstance(node, ast.AnnAssign):
            self._annotated(node)
        elif isinstance(node, ast.Assign):
            self._assigned(node)
        elif isinstance(node, ast.Expr):
            self._expression(node)
        elif not isinstance(node, ast.Pass):
            if isinstance(node, ast.AugAssign):
                self._no_declaration(node, f"{ARITHMETIC.get(type(node.op), '')}=")
            word = WORDS.get(type(node).__name__, type(node).__name__.lower())
            self.report.fail(node, f"expected identifier or '(' before '{word}'", BECAUSE, INTO_A_FUNCTION)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        if isinstance(node, ast.ImportFrom) and node.level == 0 and module in ("__future__", "typing"):
            return
        header = header_in(module) if isinstance(node, ast.ImportFrom) and node.level == 0 else None
        if header is None:
            because = "there is no library in the kernel: a module has what the kernel exports"
            if module.startswith("kshell.linux") or module.partition(".")[0] == "linux":
                because = "C's #include brings the names themselves, and so does an import here"
            what = f"a kernel module cannot import {module or '.'}"
            self.report.fail(node, what, because, "from kshell.linux import *")
        names = self.file.include(module)
        if names is None:
            what = ", ".join(each.name for each in node.names)
            path = header.replace(".", "/")
            because = f"kshell.linux has {', '.join(texts())}"
            close = "".join(f".{each}" for each in did_you_mean(header, texts(), slip=True))
            known = close or all(header_of(each.name) for each in node.names)
            try_ = f"from kshell.linux{close} import {what}" if known else "help modules  (lists the names of each)"
            self.report.fail(node, f"linux/{path}.h: No such file or directory", because, try_)
        for alias in node.names:
            if alias.name == "*":
                self.file.names.update((key, each) for key, each in names.items() if key not in self.file.lines)
            elif alias.name in names:
                self.file.names[alias.asname or alias.name] = names[alias.name]
            elif alias.name not in ("__func__", "__FUNCTION__") and not MACRO.fullmatch(alias.name):
                because, try_ = explain(alias.name, names)
                self.scope.poisoned.add(alias.asname or alias.name)
                text = f"'{alias.name}' undeclared here (not in a function)"
                self.report.error(alias, text, because, try_, len(alias.name))

    def _annotated(self, node: ast.AnnAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self.report.fail(node, "expected identifier", BECAUSE, "n: Int = 1")
        name, static = node.target.id, True
        value = None if node.value is None else spelled_out(self.scope, node.value, name)
        if isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias" and value is not None:
            self.file.declare(node, name, TypeName(read_type(self.file, value)))
            return
        symbol, is_extern = name, False
        kind: Type
        if value is not None and is_macro(self.scope, value, "Array"):
            assert isinstance(value, ast.Call)
            kind = array_type(self.scope, value)
        else:
            kind = read_type(self.file, node.annotation)
        if value is not None and is_macro(self.scope, value, "extern", "Stub", "Param"):
            assert isinstance(value, ast.Call)
            symbol, is_extern = self._symbol(value, name), is_macro(self.scope, value, "extern")
            static = is_macro(self.scope, value, "Param")
            value = value.args[1] if static and len(value.args) > 1 else None
        if isinstance(kind, VoidType | FunctionType):
            self.report.fail(
                node, f"variable or field '{name}' declared void", "it has no size", f"{name}: Int = 0", len(name)
            )
        self._variable(node, name, Object(symbol, kind, is_extern), value, static)

    def _symbol(self, call: ast.Call, name: str) -> str:
        """The symbol that Stub, Param or extern names: C's name for it."""
        macro = ast.unparse(call.func)
        first = call.args[0] if call.args else None
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str) or not first.value.isidentifier():
            because = "it is the name by which other files find it, as a linker does"
            keep = call.args[1:] if macro != "Param" or isinstance(first, ast.Name) else call.args
            rest = "".join(f", {ast.unparse(each)}" for each in keep)
            hint = ": Stub[[int]]" if macro == "Stub" or (macro == "extern" and not rest) else ""
            try_ = f'{name}{hint} = {macro}("{name}"{rest})'
            self.report.fail(first or call, f"expected a name in quotes behind '{macro}'", because, try_, len(macro))
        return first.value

    def _variable(self, node: ast.stmt, name: str, found: Object, value: ast.expr | None, static: bool) -> None:
        self.file.declare(node, name, found)
        if not found.is_extern:
            self.beginnings.append(Beginning(name, found, value, node, static))

    def _assigned(self, node: ast.Assign) -> None:
        to, value = node.targets[0], node.value
        if len(node.targets) > 1 or not isinstance(to, ast.Name):
            self._no_declaration(node, {ast.Subscript: "[", ast.Attribute: "."}.get(type(to), ""))
        name = to.id
        value = spelled_out(self.scope, value, name)
        if is_macro(self.scope, value, "extern", "Param", "Stub"):
            assert isinstance(value, ast.Call)
            self._declared_by(node, name, value)
            return
        made = composite_type(self.scope, value)
        if made is not None:
            self._variable(node, name, Object(name, made), value, True)
        elif is_type(self.file, value):
            self.file.declare(node, name, TypeName(read_type(self.file, value)))
        else:
            constant = self.scope.any(value)
            if not isinstance(constant, Number | Text | FunctionName):
                because = "a variable begins with a value that is known when the source is compiled; no code runs yet"
                try_ = "give it 0 here, and compute the value in the init function"
                self.report.fail(value, "initializer element is not constant", because, try_)
            self.file.declare(node, name, Define(constant))

    def _declared_by(self, node: ast.Assign, name: str, call: ast.Call) -> None:
        """``Param("n", 1)``, ``extern("n", Int)``"""
        macro, symbol = ast.unparse(call.func), self._symbol(call, name)
        if macro == "Stub" or (macro == "extern" and len(call.args) < 2):
            because = "C wants to know what the function takes"
            right = f'{name}: Stub[[int]] = {macro}("{symbol}")'
            self.report.fail(
                node, f"type defaults to 'int' in declaration of '{name}' [-Werror=implicit-int]", because, right
            )
        if macro == "extern":
            if ast.unparse(call.args[1]) == "str":
                because = "str is Python's: a variable of another file has a type of C"
                right = self.report.line_with(call.args[1], "Ptr[Char]")
                self.report.fail(call.args[1], "unknown type name 'str'", because, right, 3)
            self.file.declare(node, name, Object(symbol, read_type(self.file, call.args[1]), True))
            return
        value = call.args[1] if len(call.args) > 1 else None
        text = isinstance(value, ast.Constant) and isinstance(value.value, str)
        declared = self.file.parameters.get(name, "charp" if text else "int")
        kind = PARAMETERS.get(declared, INT)
        if declared in PARAMETERS:
            check_kind(self.report, value, kind, name, declared)
        self._variable(node, name, Object(symbol, kind), value, True)

    def _expression(self, node: ast.Expr) -> None:
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return  # a docstring
        if is_macro(self.scope, value, *TOP_LEVEL):
            assert isinstance(value, ast.Call)
            assert isinstance(value.func, ast.Name)
            self.calls.append((value, value.func.id))
            return
        if isinstance(value, ast.Call):
            self._call(value)
        source = f"'{self.report.source_of(value)[:20] or 'expression'}'"
        if isinstance(value, ast.Constant):
            source = "numeric constant"
        self.report.fail(node, f"expected identifier or '(' before {source}", BECAUSE, INTO_A_FUNCTION)

    def _call(self, node: ast.Call) -> NoReturn:
        """A call of anything but a macro of the top level."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        because, try_ = BECAUSE, INTO_A_FUNCTION
        if MACRO.fullmatch(name):
            as_in_c(self.file, node)
            raise WrongError
        if name and self.file.lookup(name) is None:
            because, try_ = explain(name, self.file.names)
        text = "data definition has no type or storage class"
        if node.args and isinstance(node.args[0], ast.Constant):
            kind = "string" if isinstance(node.args[0].value, str) else "numeric"
            text = f"expected declaration specifiers or '...' before {kind} constant"
        self.report.fail(node, text, because, try_, len(name))

    def _no_declaration(self, node: ast.stmt, sign: str) -> NoReturn:
        before = f" before '{sign}' token" if sign else ""
        text = f"expected '=', ',', ';', 'asm' or '__attribute__'{before}"
        self.report.fail(node, text, BECAUSE, "one name a line: n: Int = 1")
