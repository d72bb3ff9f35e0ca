"""What a C compiler checks and Python does not: that names are declared, and that SYSCALL_DEFINEn fits its arguments.

The words are gcc's, for the C line that the Python line stands for.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from kshell.abi.c_types import CType
from kshell.kbuild.messages import ERROR, BuildMessage, excerpt
from kshell.kernel.declare import DeclarationError

MOST_ARGUMENTS = 6
MACRO = re.compile(r"SYSCALL_DEFINE(\d+)")
ALWAYS_THERE = {*dir(builtins), "__name__", "__file__", "__doc__", "__annotations__"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Checker:
    """The checks of one source that Python can parse."""

    def __init__(self, tree: ast.Module, text: str, path: str) -> None:
        self.tree, self.path = tree, path
        self.lines = text.replace("\r\n", "\n").split("\n")
        self.globals = set(_bound(tree.body))

    def check(self) -> list[BuildMessage]:
        """Every message, in the order of the source."""
        messages = [*self._imports(), *self._definitions(), *self._names()]
        unique = {(m.line, m.column, m.text): m for m in messages}
        return sorted(unique.values(), key=lambda m: (m.line, m.column))

    def too_many_arguments(self) -> list[BuildMessage]:
        """The errors of macros with a number that there is not."""
        return [message for message in self._definitions() if message.text.startswith("expected ')'")]

    def _error(
        self, node: ast.expr | ast.stmt | ast.arg, text: str, because: str, try_: str, width: int = 1
    ) -> BuildMessage:
        line, column = node.lineno, node.col_offset + 1
        shown = excerpt(self.lines[line - 1], line, column, width) if line <= len(self.lines) else ()
        return BuildMessage(ERROR, text, self.path, line, column, shown, because, try_)

    def top_level_error(self, line: int, cause: BaseException) -> BuildMessage:
        """What to say where the declarations of the file could not be made."""
        because, try_ = (
            "a file declares at its top level, and does nothing there",
            f"correct line {line}, and make again",
        )
        if isinstance(cause, DeclarationError):
            text, because = str(cause), "a declaration does not fit what it declares"
        elif isinstance(cause, NameError) and cause.name:
            text = f"'{cause.name}' undeclared here (not in a function)"
            because, try_ = self._undeclared(cause.name)
        else:
            text = f"{type(cause).__name__}: {cause}"
        shown = excerpt(self.lines[line - 1], line, 1) if 0 < line <= len(self.lines) else ()
        return BuildMessage(ERROR, text, self.path, line, 1, shown[:1], because, try_)

    # Names.

    def _imports(self) -> Iterator[BuildMessage]:
        """Names that kshell.linux has not."""
        offered = _offered()
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.ImportFrom) or node.module != "kshell.linux":
                continue
            for alias in node.names:
                if alias.name in offered or alias.name == "*":
                    continue
                macro = MACRO.fullmatch(alias.name)
                if macro and int(macro[1]) > MOST_ARGUMENTS:
                    continue  # told where it is used
                because, try_ = self._undeclared(alias.name)
                text = f"'{alias.name}' undeclared here (not in a function)"
                yield self._error(alias, text, because, try_, len(alias.name))  # type: ignore[arg-type]

    def _undeclared(self, name: str) -> tuple[str, str]:
        from difflib import get_close_matches

        offered = _offered()
        if name in offered:
            return f"{name} is in kshell.linux, but this file does not import it", f"from kshell.linux import {name}"
        by_upper = {each.upper(): each for each in [*offered, *self.globals]}
        close = get_close_matches(name.upper(), by_upper, 1)
        try_ = f"{by_upper[close[0]]}  (did you mean that?)" if close else "declare it, or correct its name"
        return f"neither this file nor kshell.linux has anything called {name}", try_

    def _names(self) -> Iterator[BuildMessage]:
        """Identifiers in functions that nothing declares, once for each function."""
        for function in self.tree.body:
            if not isinstance(function, ast.FunctionDef):
                continue
            known = self.globals | ALWAYS_THERE | _local_names(function)
            calls = {id(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
            told = set()
            for node in (each for statement in function.body for each in ast.walk(statement)):
                if not isinstance(node, ast.Name) or node.id in known or node.id in told:
                    continue
                told.add(node.id)
                because, try_ = self._undeclared(node.id)
                text = f"'{node.id}' undeclared (first use in this function)"
                if id(node) in calls:
                    text = f"implicit declaration of function '{node.id}' [-Werror=implicit-function-declaration]"
                yield self._error(node, text, because, try_, len(node.id))

    # SYSCALL_DEFINEn.

    def _definitions(self) -> Iterator[BuildMessage]:
        for function in self.tree.body:
            if not isinstance(function, ast.FunctionDef):
                continue
            for decorator in function.decorator_list:
                macro = MACRO.fullmatch(decorator.id) if isinstance(decorator, ast.Name) else None
                if macro is not None:
                    yield from self._definition(function, decorator, int(macro[1]))

    def _definition(self, function: ast.FunctionDef, decorator: ast.expr, digit: int) -> Iterator[BuildMessage]:
        parameters = function.args.args[1:]
        name, width = f"SYSCALL_DEFINE{digit}", len(f"SYSCALL_DEFINE{digit}")
        right = f"@SYSCALL_DEFINE{len(parameters)}"
        if digit > MOST_ARGUMENTS or (digit == MOST_ARGUMENTS and len(parameters) > digit):
            because = f"a system call has at most {MOST_ARGUMENTS} arguments, one for each register: di si dx r10 r8 r9"
            try_ = "a pointer to a structure that holds them"
            if digit > MOST_ARGUMENTS:
                first = _c_name(parameters[0]) if parameters else "int"
                because = f"there is no macro {name}: {because}"
                yield self._error(decorator, f"expected ')' before '{first}'", because, try_, width)
            else:
                yield self._too_many(function, parameters[digit], because, try_)
            return
        if len(parameters) < digit:
            missing = digit - len(parameters)
            given = f"has {len(parameters)} after k" if parameters else "has none after k"
            because = f"{name} takes {digit} argument{'s' * (digit != 1)}, and {function.name} {given}"
            text = f'macro "__MAP{missing}" requires 4 arguments, but only 2 given'
            yield self._error(decorator, text, because, f"{right}, or the argument that is missing", width)
        elif len(parameters) > digit:
            because = (
                f"{name} takes {digit} argument{'s' * (digit != 1)}, and {function.name} has {len(parameters)} after k"
            )
            yield self._too_many(function, parameters[digit], because, right)
        for parameter in parameters:
            yield from self._type(parameter)

    def _too_many(self, function: ast.FunctionDef, parameter: ast.arg, because: str, try_: str) -> BuildMessage:
        """The macro drops what comes after its last argument: the body then uses a name that is not there."""
        uses = (node for each in function.body for node in ast.walk(each) if isinstance(node, ast.Name))
        use: ast.Name | ast.arg = next((node for node in uses if node.id == parameter.arg), parameter)
        text = f"'{parameter.arg}' undeclared (first use in this function)"
        return self._error(use, text, because, try_, len(parameter.arg))

    def _type(self, parameter: ast.arg) -> Iterator[BuildMessage]:
        hint = parameter.annotation
        if hint is None:
            because = f"the macro takes a type and a name for each argument, and {parameter.arg} has no type"
            text = 'macro "__MAP1" requires 4 arguments, but only 2 given'
            yield self._error(parameter, text, because, f"{parameter.arg}: Int", len(parameter.arg))
            return
        name = hint.value if isinstance(hint, ast.Constant) and isinstance(hint.value, str) else ast.unparse(hint)
        if name in C_SPELLINGS and name not in self.globals:
            right = C_SPELLINGS[name]
            because = (
                f"in a SYSCALL_DEFINE the C type {name} is written {right}, so that the register is cut to its size"
            )
            text = (
                f"'{name}' undeclared here (not in a function)"
                if name != "int"
                else f"'{name}' is not one of the C types"
            )
            yield self._error(
                hint, text, because, f"{parameter.arg}: {right}  (and import {right} from kshell.linux)", len(name)
            )
        elif name.isidentifier() and name not in self.globals:
            because, try_ = self._undeclared(name)
            if name in _offered():
                yield self._error(hint, f"'{name}' undeclared here (not in a function)", because, try_, len(name))
                return
            types = ", ".join(sorted(_c_types())[:8])
            close = _closest_type(name)
            try_ = f"{parameter.arg}: {close}" if close else f"one of the C types: {types}, ..."
            because = f"neither this file nor kshell.linux has a type called {name}"
            yield self._error(hint, f"'{name}' undeclared here (not in a function)", because, try_, len(name))


# How somebody who thinks in C would write a type.
C_SPELLINGS = {"int": "Int", "long": "Long", "unsigned": "UInt", "size_t": "SizeT"}


def _offered() -> list[str]:
    """The names of kshell.linux."""
    import kshell.linux

    return list(kshell.linux.__all__)


def _c_types() -> dict[str, CType]:
    """The C types that kshell.linux offers, by their Python names."""
    import kshell.linux

    found = {}
    for name in kshell.linux.__all__:
        marks = getattr(getattr(kshell.linux, name, None), "__metadata__", ())
        ctype = next((mark for mark in marks if isinstance(mark, CType)), None)
        if ctype is not None:
            found[name] = ctype
    return found


def _closest_type(name: str) -> str:
    from difflib import get_close_matches

    types = _c_types()
    by_c = {ctype.c: python for python, ctype in types.items()}
    plain = {"integer": "Int", "string": "Path", "str": "Path", "bool": "Int", "float": "Long", "double": "Long"}
    if name.lower() in plain and plain[name.lower()] in types:
        return plain[name.lower()]
    if name in by_c:
        return by_c[name]
    lower = {each.lower(): each for each in types}
    close = get_close_matches(name.lower(), lower, 1, 0.5)
    return lower[close[0]] if close else ""


def _c_name(parameter: ast.arg) -> str:
    """The first word of a parameter's C type."""
    hint = parameter.annotation
    name = ast.unparse(hint).strip("'\"") if hint is not None else "int"
    ctype = _c_types().get(name)
    return ctype.c.split()[0] if ctype is not None else name


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """The names that statements of the top level bind."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    yield from _offered()
                else:
                    yield alias.asname or alias.name.partition(".")[0]
        else:
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    yield each.id
                elif isinstance(each, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
                    yield from _bound([each])


def _local_names(function: ast.FunctionDef) -> set[str]:
    """Every name that is bound anywhere in a function; which scope of it has which is Python's business."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found
