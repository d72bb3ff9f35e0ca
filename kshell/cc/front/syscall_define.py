"""SYSCALL_DEFINEn: one function of the source becomes three, and an entry for those who trace."""

from __future__ import annotations

import ast
import re

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.c_declarations import definition
from kshell.cc.front.annotations import trace_spelling
from kshell.cc.front.arithmetic import cast
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.functions import behind_kernel, is_kernel, read_function
from kshell.cc.front.primitives import MACROS
from kshell.cc.front.symbols import Macro, Routine, TypeName
from kshell.cc.tree import Assign, Call, Deref, Local, Member, Variable
from kshell.cc.tree_unit import Evaluate, Function, Pointed, Return, Statement
from kshell.cc.types import CONST_CHAR_POINTER, INT, LONG, ArrayType, Field, FunctionType, Pointer, StructType

MACRO = re.compile(r"SYSCALL_DEFINE(\d+)")
MOST = 6
REGISTERS = ("di", "si", "dx", "r10", "r8", "r9")
META_SIZE = 32  # struct { const char *name; int nr; int nb_args; const char **types; const char **args; }


def macro_of(file: FileScope, node: ast.FunctionDef) -> int | None:
    """The digit of the SYSCALL_DEFINEn over a function; None where there is none.  Any other decorator is refused."""
    digit = None
    for each in node.decorator_list:
        name = each.func if isinstance(each, ast.Call) else each
        found = MACRO.fullmatch(name.id) if isinstance(name, ast.Name) else None
        if found is None or not isinstance(name, ast.Name):
            because = "there are no decorators in C; the one that kshell has is @SYSCALL_DEFINEn"
            close = "".join(did_you_mean(ast.unparse(name), filter(MACRO.fullmatch, MACROS), slip=True))
            try_ = f"@{close}  (did you mean that?)" if close else "call what it does from inside the function"
            file.report.error(each, "stray '@' in program", because, try_)
            continue
        digit = int(found[1])
        if isinstance(each, ast.Call):
            as_in_c(file, each, node)
        elif node.args.args and is_kernel(file, node.args.args[0]) and not digit == len(node.args.args) - 1 <= MOST:
            _check_count(file, node, each, digit)
        elif digit <= MOST and not isinstance(file.lookup(name.id), Macro):
            because = f"{found[0]} is declared in linux/syscalls.h, and this file does not include it"
            file.report.error(
                each,
                f"implicit declaration of function '{found[0]}' [-Werror=implicit-function-declaration]",
                because,
                f"from kshell.linux import {found[0]}",
                len(found[0]),
            )
    return digit


def as_in_c(file: FileScope, call: ast.Call, node: ast.FunctionDef | None = None) -> None:
    """``SYSCALL_DEFINE1(test_call, int, test_int)``: C's line, with or without a def below it."""
    macro, words = ast.unparse(call.func), [ast.unparse(each) for each in call.args]
    pairs = list(zip(words[1::2], words[2::2], strict=False))
    if node is not None and not pairs:
        arguments = [each for each in node.args.args if not is_kernel(file, each)]
        pairs = [(ast.unparse(each.annotation) if each.annotation else "Int", each.arg) for each in arguments]
    name = node.name if node is not None else words[0] if words else "test_call"
    because = "in C the macro makes the first line of the function; here a decorator and a def do"
    text = f"{macro} takes no arguments here: it stands alone, as @{macro}"
    file.report.error(call, text, because, definition(len(pairs), name, pairs), len(macro))


def _check_count(file: FileScope, node: ast.FunctionDef, decorator: ast.expr, digit: int) -> None:
    parameters = node.args.args[1:]
    width, right = len(f"SYSCALL_DEFINE{digit}"), f"@SYSCALL_DEFINE{len(parameters)}"
    takes = f"SYSCALL_DEFINE{digit} takes {digit} argument{'s' * (digit != 1)}, and {node.name}"
    most = f"a system call has at most {MOST} arguments, one for each register: di si dx r10 r8 r9"
    if digit > MOST:
        try_ = "a pointer to a structure that holds them"
        file.report.error(decorator, "expected ')' before 'int'", most, try_, width)
    elif len(parameters) < digit:
        missing = digit - len(parameters)
        has = f"has {len(parameters)} after k" if parameters else "has none after k"
        text = f'macro "__MAP{missing}" requires 4 arguments, but only 2 given'
        file.report.error(decorator, text, f"{takes} {has}", f"{right}, or the argument that is missing", width)
    elif len(parameters) > digit:
        extra = parameters[digit]
        uses = (each for top in node.body for each in ast.walk(top) if isinstance(each, ast.Name))
        use: ast.Name | ast.arg = next((each for each in uses if each.id == extra.arg), extra)
        text = f"'{extra.arg}' undeclared (first use in this function)"
        because, try_ = f"{takes} has {len(parameters)} after k", right
        if len(parameters) > MOST:
            because, try_ = most, "a pointer to a structure that holds them"
        file.report.error(use, text, because, try_, len(extra.arg))


def define_call(file: FileScope, node: ast.FunctionDef, routine: Routine) -> list[Function]:
    """The three functions of a system call; its entry in __syscalls_metadata goes to the file's data."""
    name, line, end = node.name, node.lineno, node.end_lineno or node.lineno
    kinds = routine.type.parameters[:MOST]
    if routine.type.result != LONG:
        because = "a system call answers in a whole register"
        file.report.error(node.returns or node, f"conflicting types for '__do_sys_{name}'", because, "-> Long")
    body = read_function(file, node, routine, f"__do_sys_{name}", True)
    longs = FunctionType(LONG, tuple(LONG for _ in kinds))
    given = [Variable(argument, LONG, line) for argument in routine.names[:MOST]]
    result = Variable("ret", LONG, line, True)
    call = Call(
        body.name, tuple(cast(Local(each), kind) for each, kind in zip(given, kinds, strict=True)), body.type, line
    )
    narrow: list[Statement] = [Evaluate(Assign(Local(result), cast(call, LONG)), line), Return(Local(result), line)]
    pointer = Pointer(_registers(file), const=True)
    regs = Variable("regs", pointer, line)
    slots = [cast(Member(Deref(Local(regs)), _field(pointer, register)), LONG) for register in REGISTERS[: len(kinds)]]
    unpack: list[Statement] = [Return(Call(f"__se_sys_{name}", tuple(slots), longs, line), line)]
    _metadata(file, node, routine)
    return [
        body,
        Function(f"__se_sys_{name}", longs, [*given, result], narrow, True, line, end),
        Function(f"__x64_sys_{name}", FunctionType(LONG, (pointer,)), [regs], unpack, False, line, end),
    ]


def _registers(file: FileScope) -> StructType:
    names = file.include("kshell.linux.ptrace") or {}
    found = names.get("pt_regs")
    assert isinstance(found, TypeName)
    assert isinstance(found.type, StructType)
    if found.type not in file.structs:
        file.structs.append(found.type)
    return found.type


def _field(pointer: Pointer, name: str) -> Field:
    assert isinstance(pointer.target, StructType)
    return pointer.target.fields[name]


def _metadata(file: FileScope, node: ast.FunctionDef, routine: Routine) -> None:
    """What a trace knows of a call: its name, and the types and names of its arguments."""
    name, line = node.name, node.lineno
    arguments = behind_kernel(file, node)
    pairs = list(zip(arguments, routine.type.parameters, strict=False))[:MOST]
    texts = {
        "types": [trace_spelling(file, argument.annotation, kind) for argument, kind in pairs],
        "args": [argument.arg for argument, _ in pairs],
    }
    pointers = [Pointed(0, file.string(f"sys_{name}".encode()))]
    for at, (label, words) in zip((16, 24), texts.items(), strict=True):
        if words:
            symbols = [Pointed(8 * index, file.string(word.encode())) for index, word in enumerate(words)]
            kind = ArrayType(CONST_CHAR_POINTER, len(words))
            file.datum(f"{label}__{name}", kind, bytes(8 * len(words)), symbols, ".rodata", line)
            pointers.append(Pointed(at, f"{label}__{name}"))
    data = bytearray(META_SIZE)
    data[8:16] = (-1).to_bytes(4, "little", signed=True) + len(pairs).to_bytes(4, "little")
    kind = ArrayType(INT, META_SIZE // INT.size)
    file.datum(f"__syscall_meta__{name}", kind, bytes(data), pointers, "__syscalls_metadata", line)
