"""The macros of the top level: MODULE_LICENSE, module_param, module_init, EXPORT_SYMBOL, ..."""

from __future__ import annotations

import ast
from typing import NoReturn

from kshell.abi.errno import ENOSYS
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.parameters import Range
from kshell.cc.front.primitives import MODINFO
from kshell.cc.front.report import WrongError, spelled
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Define, Object, Routine
from kshell.cc.tree import FunctionName, Number, Text
from kshell.cc.tree_unit import Function, Pointed, Return
from kshell.cc.types import (
    BOOL,
    CHAR,
    CHAR_POINTER,
    INT,
    LONG,
    SHORT,
    UCHAR,
    UINT,
    ULONG,
    USHORT,
    VOID,
    ArrayType,
    FunctionType,
    Pointer,
    Type,
)

PARAMETERS: dict[str, Type] = {
    "byte": UCHAR,
    "short": SHORT,
    "ushort": USHORT,
    "int": INT,
    "uint": UINT,
    "long": LONG,
    "ulong": ULONG,
    "hexint": UINT,
    "charp": CHAR_POINTER,
    "bool": BOOL,
    "invbool": BOOL,
}
NI_SYSCALL = "__se_sys_ni_syscall"
SINCE = {"hexint": (5, 14)}  # the types that came later than the oldest kernel here
PARAM_SIZE = 40  # struct kernel_param
USES = {
    "module_param": 'module_param(level, "int", 0o644)',
    "MODULE_PARM_DESC": 'MODULE_PARM_DESC(level, "what it does")',
    "MODULE_LICENSE": 'MODULE_LICENSE("GPL")',
    "module_init": "module_init(my_init)",
    "module_exit": "module_exit(my_exit)",
    "EXPORT_SYMBOL": "EXPORT_SYMBOL(STUB_x)",
    "EXPORT_SYMBOL_GPL": "EXPORT_SYMBOL_GPL(STUB_x)",
    "COND_SYSCALL": "COND_SYSCALL(x)",
}
HOOKS = {
    "module_init": ("init_module", FunctionType(INT, ())),
    "module_exit": ("cleanup_module", FunctionType(VOID, ())),
}


class ModuleMacros:
    """What the macros of one file have said so far: what a Unit has beside functions and data."""

    def __init__(self, file: FileScope, scope: Scope) -> None:
        self.file, self.scope, self.report = file, scope, file.report
        self.modinfo: list[tuple[str, str]] = []
        self.exports: list[tuple[str, bool]] = []
        self.aliases: list[tuple[str, str]] = []
        self.ranges: list[Range] = []
        self.weak: dict[str, int] = {}  # symbol -> the line that makes it

    def call(self, node: ast.Call, name: str) -> None:
        """One macro.  Raises WrongError."""
        given = len(node.args)
        wanted = {"module_param": 3, "MODULE_PARM_DESC": 2}.get(name, 1)
        if given != wanted:
            text = f'macro "{name}" requires {wanted} arguments, but only {given} given'
            if given > wanted:
                text = f'macro "{name}" passed {given} arguments, but takes just {wanted}'
            self.report.fail(node, text, f"{name} takes {wanted}", USES.get(name, f'{name}("...")'), len(name))
        if name in MODINFO:
            self.modinfo.append((MODINFO[name], self.text(node.args[0])))
        elif name == "MODULE_PARM_DESC":
            self.modinfo.append(("parm", f"{self.variable(node.args[0]).symbol}:{self.text(node.args[1])}"))
        elif name == "module_param":
            self.parameter(node)
        elif name in HOOKS:
            self.hook(node, name)
        elif name.startswith("EXPORT_SYMBOL"):
            self.export(node, name.endswith("_GPL"))
        elif name == "COND_SYSCALL":
            self.weak_call(node)

    def text(self, node: ast.expr) -> str:
        """A literal text."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\0" not in node.value:
            return node.value
        source = self.report.source_of(node) or "x"
        return self.report.fail(
            node,
            f"expected string literal before '{source[:30]}'",
            "it goes into .modinfo as it stands",
            self.report.line_with(node, f'"{source}"') if source.isidentifier() else '"..."',
        )

    def check_above(self, node: ast.expr) -> None:
        """What a macro names stands above it.  (Of MODULE_PARM_DESC's variable C takes the name alone.)"""
        line = self.file.lines.get(node.id, 0) if isinstance(node, ast.Name) else 0
        if isinstance(node, ast.Name) and line > node.lineno:
            because = f"it is declared in line {line}, below: a compiler reads a file from its top"
            try_ = f"{self.report.line_with(node, node.id)}  (at the end of the file)"
            text = f"'{node.id}' undeclared here (not in a function)"
            self.report.fail(node, text, because, try_, len(node.id))

    def variable(self, node: ast.expr) -> Object:
        """A variable of the file by its name."""
        found = self.file.lookup(node.id) if isinstance(node, ast.Name) else None
        if isinstance(found, Object):
            return found
        if isinstance(node, ast.Name) and node.id in self.scope.poisoned:
            raise WrongError  # its declaration was told of already
        source = self.report.source_of(node) or "x"
        if isinstance(found, Define):
            self.scope.poisoned.add(source)
            constant = found.value
            value = f'"{constant.data.decode()}"' if isinstance(constant, Text) else getattr(constant, "value", 0)
            because = f"{source} = {value} is a constant (C: #define {source} {value}), and has no place in memory"
            try_ = f'{source} = Param("{source}", {value})  (at the top, in its place)'
            self.report.fail(node, "lvalue required as unary '&' operand", because, try_, len(source))
        if isinstance(found, Routine):
            text = f"returning '{spelled(Pointer(found.type))}' from a function with incompatible return type"
            because = f"{source} is a function, and a parameter is a variable of the file"
            try_ = f'{source}_value: Int = 1  and  module_param({source}_value, "int", 0o644)'
            self.report.fail(node, f"{text} [-Werror=incompatible-pointer-types]", because, try_, len(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            because = "the macro takes the variable itself: C's preprocessor makes a string of its name"
            try_ = self.report.line_with(node, node.value)
            self.report.fail(node, "expected identifier before string constant", because, try_, len(source))
        because = "a parameter is a variable of the file, which is declared first"
        return self.report.fail(
            node,
            f"'{source}' undeclared here (not in a function)",
            because,
            f'{source} = Param("{source}", 1)',
            len(source),
        )

    def parameter(self, node: ast.Call) -> None:
        """``module_param(times, "int", 0o444, range=(1, 5))``: an entry of __param."""
        self.check_above(node.args[0])
        variable, type_node = self.variable(node.args[0]), node.args[1]
        kind = param_type(node)
        known = [each for each in PARAMETERS if SINCE.get(each, (0, 0)) <= self.report.version]
        if kind not in known:
            because = f"the types are {', '.join(known)}"
            self.report.fail(type_node, f"'param_ops_{kind}' undeclared here (not in a function)", because, '"int"')
        if variable.type != PARAMETERS[kind]:
            because = f"the variable is '{spelled(variable.type)}'"
            text = f"return from incompatible pointer type in '__check_{variable.symbol}'"
            self.report.warn("incompatible-pointer-types", type_node, text, because, "the type of the variable")
        mode = self.scope.value(node.args[2])
        if not isinstance(mode, Number) or not _is_mode(mode.value):
            because = (
                "it is the mode of a file in /sys, three octal digits: the world may not write, and a group and the "
                "world may do no more than the owner"
            )
            self.report.fail(
                node.args[2], "invalid mode of a module parameter", because, "0o644, 0o444, or 0 for no file"
            )
        name, line = variable.symbol, node.lineno
        self.file.datum(f"__param_str_{name}", ArrayType(CHAR, len(name) + 1), _terminated(name), [], ".rodata", line)
        data = bytearray(PARAM_SIZE)
        data[24:27] = mode.value.to_bytes(2, "little") + b"\xff"  # level -1
        pointers = [Pointed(0, f"__param_str_{name}"), Pointed(8, "__this_module")]
        pointers += [Pointed(16, f"param_ops_{kind}"), Pointed(32, name)]
        self.file.datum(f"__param_{name}", ArrayType(LONG, PARAM_SIZE // 8), bytes(data), pointers, "__param", line)
        self.modinfo.append(("parmtype", f"{name}:{kind}"))
        for keyword in node.keywords:
            self.limits(keyword, name)

    def limits(self, keyword: ast.keyword, name: str) -> None:
        """kshell's own ``range=(low, high)``."""
        value = keyword.value
        if keyword.arg != "range" or not isinstance(value, ast.Tuple) or len(value.elts) != 2:
            self.report.fail(value, "expected ')' before '=' token", "range is all that can follow", "range=(0, 5)")
        low, high = (self.scope.value(each) for each in value.elts)
        if not isinstance(low, Number) or not isinstance(high, Number) or low.value > high.value:
            self.report.fail(
                value, "initializer element is not constant", "a range is two numbers, the lower first", "range=(0, 5)"
            )
        self.ranges.append(Range(name, low.value, high.value, value))
        self.modinfo.append(("kshell_range", f"{name}:{low.value}:{high.value}"))

    def hook(self, node: ast.Call, name: str) -> None:
        """``module_init(f)``: a second name of f, by which the loader finds it."""
        alias, kind = HOOKS[name]
        if not isinstance(node.args[0], ast.Name):
            self.no_name(node.args[0], name)
        self.check_above(node.args[0])
        value = self.scope.value(node.args[0])
        if any(each[0] == alias for each in self.aliases):
            self.report.fail(
                node, f"redefinition of '__{alias}'", "a module has one of it", f"one {name} a file", len(name)
            )
        function = ast.unparse(node.args[0])
        try_ = f"def {function}(k: Kernel) -> {'int' if name == 'module_init' else 'None'}:"
        convert(self.report, node.args[0], value, Pointer(kind), Want("init", try_=try_))
        if not isinstance(value, FunctionName):
            self.report.fail(node.args[0], f"'{function}' is no function of this file", f"{name} names one", try_)
        self.aliases.append((alias, value.symbol))

    def no_name(self, node: ast.expr, macro: str) -> NoReturn:
        """``module_init(f())``, ``module_init("f")``"""
        because, text = f"{macro} takes the function itself, which the kernel calls later", "expected identifier"
        function = ast.unparse(node)
        if isinstance(node, ast.Call):
            function, text = ast.unparse(node.func), "initializer element is not constant"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            function, text = node.value, "expected identifier before string constant"
        else:
            text = "expected expression before 'lambda'" if isinstance(node, ast.Lambda) else text
            wanted, result = ("my_init", "int") if macro == "module_init" else ("my_exit", "None")
            try_ = f"def {wanted}(k: Kernel) -> {result}:  (at the top)  and  {macro}({wanted})"
            self.report.fail(node, text, because, try_, len(self.report.source_of(node)) or 1)
        self.report.fail(node, text, because, self.report.line_with(node, function))

    def export(self, node: ast.Call, gpl: bool) -> None:
        """``EXPORT_SYMBOL(x)``"""
        name = node.args[0]
        self.check_above(name)
        found = self.file.lookup(name.id) if isinstance(name, ast.Name) else None
        source = self.report.source_of(name) or "x"
        if not isinstance(found, Object | Routine) or source not in self.file.lines:
            because = "a file exports a variable or a function of its own"
            self.report.fail(
                name, f"'{source}' undeclared here (not in a function)", because, "declare it above", len(source)
            )
        if isinstance(found, Object) and found.is_extern:
            self.report.fail(
                name, f"'{source}' is extern", "the file that defines it exports it", "take it out", len(source)
            )
        if any(each[0] == found.symbol for each in self.exports):
            self.report.fail(
                node, f"redefinition of '__ksymtab_{found.symbol}'", "it is exported already", "take one out"
            )
        self.exports.append((found.symbol, gpl))

    def weak_call(self, node: ast.Call) -> None:
        """``COND_SYSCALL("x")``: a weak __x64_sys_x, another name of a function that answers -ENOSYS."""
        name = self.text(node.args[0])
        symbol = f"__x64_sys_{name}"
        if not f"_{name}".isidentifier() or not name.isascii():
            self.report.fail(node.args[0], f"'{symbol}' is no name", "it is that of a system call", '"accept"')
        if symbol in self.weak:
            because = f"line {self.weak[symbol]} of this file has {name} already"
            self.report.fail(node, f"redefinition of '{symbol}'", because, "take one of the two lines out")
        self.weak[symbol] = node.lineno
        self.aliases.append((symbol, NI_SYSCALL))

    def functions(self) -> list[Function]:
        """What the macros have made of functions of their own: the one that every COND_SYSCALL names."""
        if not self.weak:
            return []
        line = min(self.weak.values())
        answer = Return(Number(-ENOSYS, LONG), line)
        return [Function(NI_SYSCALL, FunctionType(LONG, ()), [], [answer], True, line, line)]


def param_type(node: ast.Call) -> str:
    """The type that a module_param names."""
    kind = node.args[1] if len(node.args) > 1 else None
    if isinstance(kind, ast.Constant):
        return str(kind.value)
    return ast.unparse(kind) if kind is not None else ""


def _is_mode(mode: int) -> bool:
    """VERIFY_OCTAL_PERMISSIONS()"""
    owner, group, world = mode >> 6, mode >> 3, mode
    return 0 <= mode <= 0o777 and not world & 2 and not group & ~owner & 6 and not world & ~group & 4


def _terminated(text: str) -> bytes:
    return text.encode() + b"\0"
