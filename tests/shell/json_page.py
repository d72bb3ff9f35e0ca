"""The schema of docs/json.md, and what an object of --json has against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from kshell.shell.commands.registry import own_name

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
_TOKEN = re.compile(r"\.\.\.\w*|\w+\??|[][{}|,:]")
_PLAIN: dict[str, tuple[type, ...]] = {"string": (str,), "boolean": (bool,), "integer": (int,), "null": (type(None),)}
_HEX = re.compile(r"0x[0-9a-f]+")


@cache
def shapes() -> dict[str, Any]:
    """Each name of the page with its shape: a name, ("or", shapes), ("list", shape), or ("object", fields, is open)."""
    blocks = re.findall(r"```schema\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.partition(" = ") for block in blocks for line in block.splitlines()]
    return {name: _either(iter([*_TOKEN.findall(text), "|"]))[0] for name, _, text in lines}


def _either(tokens: Iterator[str]) -> tuple[Any, str]:
    """Shapes joined by |, and the token behind them."""
    found, after = [_one(tokens)], next(tokens, "")
    while after == "|":
        token = next(tokens, None)
        if token is None:
            break
        found.append(_one(tokens, token))
        after = next(tokens, "")
    return (found[0] if len(found) == 1 else ("or", found)), after


def _one(tokens: Iterator[str], token: str = "") -> Any:
    token = token or next(tokens)
    if token == "[":
        inner, after = _either(tokens)
        assert after == "]"
        return "list", inner
    if token != "{":
        return token
    fields: dict[str, Any] = {}
    is_open, included = False, []
    token = next(tokens)
    while token != "}":
        if token == ",":
            token = next(tokens)
        if token == "...":
            is_open, token = True, next(tokens)
        elif token.startswith("..."):
            included.append(token[3:])
            token = next(tokens)
        else:
            assert next(tokens) == ":"
            fields[token], token = _either(tokens)
    return "object", fields, is_open, included


def problems(value: Any, shape: Any, at: str = "$") -> list[str]:
    """What of `value` does not fit a shape."""
    if isinstance(shape, str):
        if shape in _PLAIN:
            fits = isinstance(value, _PLAIN[shape]) and not (shape == "integer" and isinstance(value, bool))
        elif shape == "hex":
            fits = isinstance(value, str) and _HEX.fullmatch(value) is not None
        elif shape.isdigit():
            fits = value == int(shape)
        else:
            return problems(value, shapes()[shape], at)
        return [] if fits else [f"{at}: {value!r} is no {shape}"]
    if shape[0] == "or":
        tried = [problems(value, each, at) for each in shape[1]]
        return min(tried, key=len)
    if shape[0] == "list":
        if not isinstance(value, list):
            return [f"{at}: {value!r} is no list"]
        return [found for index, each in enumerate(value) for found in problems(each, shape[1], f"{at}[{index}]")]
    _, fields, is_open, included = shape
    return _object_problems(value, fields, is_open, included, at)


def _object_problems(value: Any, fields: dict[str, Any], is_open: bool, included: list[str], at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no object"]
    for name in included:
        _, more, also_open, _ = shapes()[name]
        fields, is_open = {**fields, **more}, is_open or also_open
    known = {name.rstrip("?"): shape for name, shape in fields.items()}
    found = [f"{at}: no {name}" for name in fields if not name.endswith("?") and name not in value]
    found += [] if is_open else [f"{at}: the page knows no field {name}" for name in value if name not in known]
    return found + [p for name in value if name in known for p in problems(value[name], known[name], f"{at}.{name}")]


def object_problems(found: dict[str, Any]) -> list[str]:
    """What an object of --json has against the page, its result against the line of its command."""
    told = problems(found, "object")
    if ("result" in found) == ("error" in found):
        told.append("there is a result, or else an error")
    name = own_name(found["command"].split()[0]) if found["command"].split() else ""
    if found["command"].endswith(" --help"):
        name = "help"
    if "result" in found and name in shapes():
        told += problems(found["result"], name, "$.result")
    return told
