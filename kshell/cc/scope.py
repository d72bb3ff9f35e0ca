"""What may stand at the top level of a source: declarations, as at C's file scope.

Nothing there can run for long, so a file may be loaded to see what it declares.  The words of a refusal are gcc's.
"""

from __future__ import annotations

import ast
from typing import NoReturn

from kshell.cc.source_error import error_at

# The macros that may be called at the top level: for what they declare, or as the initialiser of a variable.
STATEMENTS = frozenset(
    (
        *("EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL", "COND_SYSCALL", "module_init", "module_exit", "module_param"),
        *("MODULE_LICENSE", "MODULE_AUTHOR", "MODULE_DESCRIPTION", "MODULE_VERSION", "MODULE_ALIAS"),
        "MODULE_PARM_DESC",
    )
)
INITIALISERS = frozenset(("Stub", "Param", "extern"))
DECORATORS = frozenset(f"SYSCALL_DEFINE{digit}" for digit in range(7))
HARMLESS = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global)
UNSIGNED_MAX = (1 << 64) - 1
ARRAY_MAX = 1 << 16  # elements of `[0] * n`

BECAUSE = "outside its functions a source only declares, as at C's file scope: nothing runs there"


def check_scope(path: str, text: str, tree: ast.Module, builtin: bool) -> None:
    """Refuse what is no declaration at the top level of a file, and in the bodies of its classes: SourceError.

    A file that is built into the kernel may also compute a constant with ``**``.
    """
    _Scope(path, text, tree, builtin).check(tree.body)


class _Scope:
    """One file while its top level is looked at: the names that are its own, and the ints among them so far."""

    def __init__(self, path: str, text: str, tree: ast.Module, builtin: bool) -> None:
        self.path, self.text, self.builtin = path, text, builtin
        self.renamed: set[str | None] = set()  # names that the file itself gives a meaning
        self.functions: set[str] = set()
        self.ints: dict[str, int] = {}
        self.numbers: set[str] = set()  # what is one, whether or not the file alone says which
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.renamed |= {each.asname for each in node.names if each.asname not in (None, each.name)}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.renamed.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.renamed.add(node.id)

    def refuse(self, node: ast.stmt | ast.expr, what: str, because: str = BECAUSE, try_: str = "") -> NoReturn:
        raise error_at(self.path, self.text, node, what, because, try_ or "move it into a function, such as the init")

    def is_macro(self, function: ast.expr, known: frozenset[str]) -> bool:
        """Whether it names one of these macros, and the file means nothing of its own by that name."""
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        return name in known and name not in self.renamed

    # Statements.

    def check(self, body: list[ast.stmt]) -> None:
        """The statements of a file or of a class."""
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.function(node)
            elif isinstance(node, ast.ClassDef):
                for each in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
                    self.constant(each)
                self.check(node.body)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                self.assignment(node)
            elif isinstance(node, ast.If) and self.is_macro(node.test, frozenset(("TYPE_CHECKING",))):
                self.check(node.body + node.orelse)
            elif isinstance(node, ast.Expr):
                self.expression(node.value)
            elif not isinstance(node, HARMLESS):
                self.refuse(node, f"expected identifier or '(' before '{_keyword(node)}'")

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            if not self.is_macro(decorator, DECORATORS):
                because = "there are no decorators in C; the one that kshell has is @SYSCALL_DEFINEn"
                self.refuse(decorator, "stray '@' in program", because, "call what it does from inside the function")
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        hints = [argument.annotation for argument in every if argument is not None]
        for each in (*arguments.defaults, *arguments.kw_defaults, *hints, node.returns):
            if each is not None:
                self.constant(each)
        self.functions.add(node.name)

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if isinstance(node, ast.AugAssign) and not self.builtin:
            self.refuse(node, "expected '=', ',', ';', 'asm' or '__attribute__' before a compound assignment")
        for target in targets:
            if not isinstance(target, ast.Name | ast.Tuple | ast.List):
                self.refuse(target, f"expected '=', ',', ';', 'asm' or '__attribute__' before '{_mark(target)}' token")
            if isinstance(target, ast.Name) and target.id in self.functions:
                because = f"{target.id} is a function of this file, and one name has one address"
                self.refuse(target, f"'{target.id}' redeclared as different kind of symbol", because, "rename one")
        if isinstance(node, ast.AnnAssign):
            self.constant(node.annotation)
        value = node.value
        if value is None:
            return
        if not (isinstance(value, ast.Call) and self.is_macro(value.func, INITIALISERS)):
            self.constant(value)
        else:
            self.arguments(value)
        known = self.evaluate(value)
        for name in (target.id for target in targets if isinstance(target, ast.Name)):
            self.ints.pop(name, None)
            if known is not None and not isinstance(node, ast.AugAssign):
                self.ints[name] = known
            if self.is_number(value):
                self.numbers.add(name)
            else:
                self.numbers.discard(name)

    def expression(self, value: ast.expr) -> None:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return  # a docstring, or a comment
        if not isinstance(value, ast.Call):
            kind = "numeric constant" if isinstance(value, ast.Constant) else f"'{ast.unparse(value)[:20]}'"
            self.refuse(value, f"expected identifier or '(' before {kind}")
        if self.is_macro(value.func, STATEMENTS | INITIALISERS):
            self.arguments(value)
            return
        what = "data definition has no type or storage class"
        if value.args and isinstance(value.args[0], ast.Constant):
            kind = "string" if isinstance(value.args[0].value, str) else "numeric"
            what = f"expected declaration specifiers or '...' before {kind} constant"
        self.refuse(value, what)

    # Expressions.

    def arguments(self, call: ast.Call) -> None:
        for each in (*call.args, *(keyword.value for keyword in call.keywords)):
            self.constant(each)

    def constant(self, value: ast.expr) -> None:
        """An initialiser: literals, names, and operators over them."""
        for node in ast.walk(value):
            if isinstance(node, ast.BinOp):
                self.operator(node)
            elif isinstance(node, ast.Lambda):
                self.lambda_(node)
            elif isinstance(
                node,
                ast.Call
                | ast.ListComp
                | ast.SetComp
                | ast.DictComp
                | ast.GeneratorExp
                | ast.NamedExpr
                | ast.Await
                | ast.Yield
                | ast.YieldFrom
                | ast.FormattedValue,
            ):
                because = "a variable begins with a value that is known when the source is compiled; no code runs yet"
                try_ = "give it 0 here, and compute the value in the init function"
                self.refuse(node, "initializer element is not constant", because, try_)

    def lambda_(self, node: ast.Lambda) -> None:
        for each in (*node.args.defaults, *node.args.kw_defaults):
            if each is not None:
                self.constant(each)

    def operator(self, node: ast.BinOp) -> None:
        """What C's compiler could not fold, or could not keep in a long, is no constant."""
        if isinstance(node.op, ast.Pow):
            if not self.builtin or self.evaluate(node) is None:
                self.refuse_operator(node, "C has no ** operator, and a constant has at most 64 bits")
        elif isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod):
            if self.evaluate(node.right) == 0:
                self.refuse_operator(node, "division by zero [-Wdiv-by-zero]")
        elif isinstance(node.op, ast.LShift):
            count = self.evaluate(node.right)
            if count >= 64 if count is not None else not self.is_number(node.right, simple=True):
                self.refuse_operator(node, "left shift count >= width of type: a constant has at most 64 bits")
        elif isinstance(node.op, ast.Mult) and not (self.is_number(node.left) and self.is_number(node.right)):
            count = self.evaluate(node.right)
            if not isinstance(node.left, ast.List | ast.Tuple) or count is None or count > ARRAY_MAX:
                self.refuse_operator(node, f"an array is made as [0] * n, and has at most {ARRAY_MAX} elements")

    def refuse_operator(self, node: ast.BinOp, because: str) -> NoReturn:
        self.refuse(node, "initializer element is not constant", because, "write the number that it should be")

    def is_number(self, node: ast.expr, simple: bool = False) -> bool:
        """Whether an expression is made of numbers only; `simple`: without what makes them much longer."""
        long = ast.Mult | ast.LShift | ast.Pow
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                if each.id in self.renamed and each.id not in self.numbers:
                    return False
            elif isinstance(each, ast.Constant):
                if not isinstance(each.value, int | float):
                    return False
            elif isinstance(each, long):
                if simple:
                    return False
            elif not isinstance(each, ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop | ast.expr_context):
                return False
        return True

    def evaluate(self, node: ast.expr) -> int | None:
        """The int that an expression is, where the file alone says so and it fits into 64 bits."""
        if isinstance(node, ast.Constant):
            return int(node.value) if isinstance(node.value, int) else None
        if isinstance(node, ast.Name):
            return self.ints.get(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
            value = self.evaluate(node.operand)
            return None if value is None else -value if isinstance(node.op, ast.USub) else ~value
        if not isinstance(node, ast.BinOp):
            return None
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        return None if left is None or right is None else _fold(node.op, left, right)


def _fold(op: ast.operator, left: int, right: int) -> int | None:
    value: int | None = None
    if isinstance(op, ast.Add | ast.Sub):
        value = left + right if isinstance(op, ast.Add) else left - right
    elif isinstance(op, ast.Mult):
        value = left * right
    elif isinstance(op, ast.BitOr | ast.BitAnd | ast.BitXor):
        value = (
            left | right if isinstance(op, ast.BitOr) else left & right if isinstance(op, ast.BitAnd) else left ^ right
        )
    elif isinstance(op, ast.LShift | ast.RShift) and 0 <= right < 64:
        value = left << right if isinstance(op, ast.LShift) else left >> right
    elif isinstance(op, ast.FloorDiv | ast.Mod) and right:
        value = left // right if isinstance(op, ast.FloorDiv) else left % right
    elif isinstance(op, ast.Pow) and 0 <= right < 64 and abs(left) < 1 << 32:
        value = left**right
    return value if value is not None and -(1 << 63) <= value <= UNSIGNED_MAX else None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _keyword(node: ast.stmt) -> str:
    """The word that a statement begins with."""
    words = {ast.AsyncFor: "async", ast.AsyncWith: "async", ast.Delete: "del", ast.TryStar: "try"}
    return words.get(type(node), type(node).__name__.lower())


def _mark(target: ast.expr) -> str:
    return {ast.Subscript: "[", ast.Attribute: "."}.get(type(target), "*")
