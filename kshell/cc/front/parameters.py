"""What a parameter begins with: it must be of the type that module_param says, and in the range."""

from __future__ import annotations

import ast
from typing import NamedTuple

from kshell.cc.front.report import Report, spelled
from kshell.cc.tree_unit import Datum
from kshell.cc.types import CHAR_POINTER, IntType, Type


class Range(NamedTuple):
    """kshell's own ``range=(low, high)`` of a parameter: the symbol of the variable, and where it stands."""

    symbol: str
    low: int
    high: int
    node: ast.expr


def check_kind(report: Report, value: ast.expr | None, kind: Type, name: str, declared: str) -> None:
    """``Param("p", "text")`` of a "int", and the other way round.  Raises WrongError."""
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str | int):
        return
    is_text, wants_text = isinstance(value.value, str), kind == CHAR_POINTER
    if is_text == wants_text or (wants_text and value.value == 0):  # 0 is NULL
        return
    source, way = ("char *", "integer from pointer") if is_text else ("int", "pointer from integer")
    text = f"initialization of '{spelled(kind)}' from '{source}' makes {way} without a cast [-Werror=int-conversion]"
    shown, right = ast.unparse(value), f'Param("{name}", 0)'
    because = f'module_param says that {name} is "{declared}", and {shown[:40]} is a {"text" if is_text else "number"}'
    if wants_text:
        right = f'Param("{name}", "{shown}")'
    other = "charp" if is_text else "int"
    report.fail(value, text, because, f'{right}, or "{other}" in module_param', len(shown))


def check_ranges(report: Report, ranges: list[Range], data: list[Datum]) -> None:
    """The ranges of a file against what its variables begin with."""
    known = {each.name: each for each in data}
    for each in ranges:
        datum = known.get(each.symbol)
        if datum is None:
            continue
        if not isinstance(datum.type, IntType):
            because = f"{each.symbol} is '{spelled(datum.type)}', and a range says between which numbers it is"
            report.error(each.node, "a range is for numbers", because, "take the range out")
            continue
        value = int.from_bytes(datum.data, "little", signed=datum.type.signed)
        if not each.low <= value <= each.high:
            said = f"{each.symbol}={value} is not in {each.low} to {each.high}"
            because = (
                "a parameter that nobody gives has the value that it begins with, and that is outside of its range"
            )
            try_ = f'{each.symbol} = Param("{each.symbol}", {each.low}), or another range'
            report.error(each.node, f'static assertion failed: "{said}"', because, try_)
