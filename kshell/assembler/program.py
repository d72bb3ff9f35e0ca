"""Assembly source as a program: its sections, symbols and data, ready to be spelled for Keystone.

kshell lays out data itself and hands Keystone only instructions, `.byte`-like lists and labels of its own making:
Keystone's own section and text directives end the process, and its diagnostics go to the terminal.
"""

from __future__ import annotations

from contextlib import suppress

from kshell.assembler.problems import AsmProblem, Refused, did_you_mean
from kshell.assembler.symbols import AsmSymbol, Item, Unresolved
from kshell.assembler.text import AsmStatement, AsmToken, number_value, string_bytes

SECTIONS = ("text", "rodata", "data", "bss")
MAX_IMAGE = 16 << 20
MAX_DEPTH = 40

_LOOSEST_FIRST = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
# In place of a section: a value that only the encoded instructions will give.
_UNKNOWN = "?"


class AsmProgram:
    """Everything known about a source while it is read: `items` by section, symbols, and where we are.

    `alone`: it is the program's only source.  `exported` are the names that other sources see, `imports` their symbols
    that this one sees, `private_elsewhere` where those stand that it does not see (link.py fills the two).
    """

    def __init__(self, gas: bool, nasm: bool, filename: str = "", source: str = "", alone: bool = True) -> None:
        self.gas, self.nasm = gas, nasm
        self.filename, self.source, self.alone = filename, source, alone
        self.file = 0
        self.exported: set[str] = set()
        self.imports: dict[str, AsmSymbol] = {}
        self.private_elsewhere: dict[str, tuple[str, int]] = {}
        self.default_rel = False
        self.items: dict[str, list[Item]] = {section: [] for section in SECTIONS}
        self.size: dict[str, int | None] = dict.fromkeys(SECTIONS, 0)
        self.total = 0
        self.section = "text"
        self.discard = False
        self.symbols: dict[str, AsmSymbol] = {}
        self.numeric: dict[str, list[tuple[int, str]]] = {}
        self.scope = ""
        self.serial = 0
        self.complete = False  # every statement is read: names are all known, `.` is no longer where we are

    def follow(self, before: AsmProgram) -> None:
        """Stand behind another source of the same program: offsets and internal names go on where its own end."""
        self.file, self.serial = before.file + 1, before.serial
        self.size, self.total = dict(before.size), before.total

    def problem(self, line: int, column: int, refused: Refused) -> AsmProblem:
        """What is refused at a place of this source."""
        text = self.source.split("\n")[line - 1] if line else ""
        column += refused.column or 0
        return AsmProblem(self.filename, line, column, text, refused.what, refused.because, refused.try_)

    def look_from(self, item: Item) -> None:
        """Resolve names as the statement of this item sees them; for when every statement has been read."""
        self.complete = True
        self.scope, self.serial = item.scope, item.serial

    def add(
        self, kind: str, statement: AsmStatement, text: str = "", toks: list[AsmToken] | None = None, size: int = 0
    ) -> None:
        """Append to the current section; `size` in bytes if known (an instruction's is not)."""
        self.total += size
        if self.total > MAX_IMAGE:
            raise Refused("the program is too large", f"it needs more than {MAX_IMAGE >> 20} MiB", "reserve less")
        self.items[self.section].append(Item(kind, self.serial, self.scope, statement, text, toks or []))
        now = self.size[self.section]
        if kind == "code":
            self.size[self.section] = None
        elif now is not None:
            self.size[self.section] = now + size

    def define_label(self, name: str, statement: AsmStatement) -> None:
        """Enter ``name:`` at the present place; a number (``1:``) may be defined again and again."""
        if name.isdigit():
            internal = f"kN{self.serial}_{len(self.items[self.section])}_{name}"
            self.numeric.setdefault(name, []).append((self.serial, internal))
            self.add("label", statement, internal)
            return
        if name.startswith(".") and not self.gas:
            name = self.scope + name
        else:
            self.scope = name
        symbol = self._new_symbol(name, True, self.section, self.size[self.section], statement)
        self.add("label", statement, symbol.internal)

    def define_constant(self, name: str, toks: list[AsmToken], statement: AsmStatement) -> None:
        """Enter ``name = expression``; what cannot be computed yet is left to the assembler."""
        if name.startswith(".") and not self.gas:
            name = self.scope + name
        try:
            section, value = self.evaluate(toks)
        except Unresolved:
            symbol = self._new_symbol(name, False, None, None, statement)
            self.add("set", statement, symbol.internal, toks)
            return
        if not -(1 << 63) <= value < 1 << 64:
            raise Refused(f"`{name}` does not fit", "a constant has 64 bits", "write a smaller number")
        self._new_symbol(name, section is not None, section, value, statement)
        if section is not None:
            self.add("set", statement, self.symbols[name].internal, toks)

    def _new_symbol(
        self, name: str, is_label: bool, section: str | None, value: int | None, at: AsmStatement
    ) -> AsmSymbol:
        old = self.symbols.get(name)
        if old is not None:
            because = f"line {old.statement.line} defines it already"
            raise Refused(f"`{name}` is defined twice", because, "give one of them another name")
        self.symbols[name] = AsmSymbol(name, f"kL{self.file}_{len(self.symbols)}", is_label, section, value, at)
        return self.symbols[name]

    def find(self, name: str, scope: str, serial: int) -> AsmSymbol | str | None:
        """The symbol of this name as seen from a statement; a numeric reference (`1b`) gives its internal label."""
        if name[0].isdigit():
            places = self.numeric.get(name[:-1], [])
            if name[-1] in "bB":
                return next((internal for at, internal in reversed(places) if at <= serial), None)
            return next((internal for at, internal in places if at > serial), None)
        if name.startswith(".") and not self.gas:
            if (local := self.symbols.get(scope + name)) is not None:
                return local
            same = [symbol for full, symbol in self.symbols.items() if full.endswith(name)]
            return same[0] if len(same) == 1 else None
        return self.symbols.get(name) or self.imports.get(name)

    def require(self, token: AsmToken, scope: str, serial: int) -> AsmSymbol | str:
        """The symbol that `token` names.  Raises Refused with what was probably meant."""
        found = self.find(token.text, scope, serial)
        if found is not None:
            return found
        known = [*self.symbols, *self.imports]
        guess = did_you_mean(token.text, known)
        twin = next((name for name in known if name.lower() == token.text.lower()), guess)
        try_ = f"did you mean `{twin}`?" if twin else f"define it: a line `{token.text}:` before the place it names"
        because = "no line of this file defines it, and kshell links no library (no printf, no libc)"
        if not self.alone:
            because = "no file of this program defines it"
        if token.text in self.private_elsewhere:
            filename, line = self.private_elsewhere[token.text]
            because = f"{filename}:{line} defines it for its own file only"
            try_ = f"`.globl {token.text}` in {filename}"
        raise Refused(f"undefined label `{token.text}`", because, try_, token.column)

    # ---- expressions whose value must be known now: .skip N, times N, len = . - msg ----

    def evaluate(self, toks: list[AsmToken]) -> tuple[str | None, int]:
        """(section, value): a plain number has section None, an address the section it counts from.

        Raises Refused for what is no expression, Unresolved for one whose value is not known yet.
        """
        if not toks:
            raise Refused("a number is missing", "nothing stands where a value is needed", "write one")
        rest = list(toks)
        result = self._binary(rest, 0, 0)
        if rest:
            what = f"`{rest[0].text}` is one too many"
            raise Refused(what, "the expression ended before it", "delete it", rest[0].column)
        if result[0] == _UNKNOWN:
            raise Unresolved
        return result

    def number(self, toks: list[AsmToken], what: str, low: int = 0, high: int = MAX_IMAGE) -> int:
        """A number between bounds, known now; anything else is Refused, naming `what`."""
        try:
            section, value = self.evaluate(toks)
        except Unresolved:
            section, value = "", 0
        if section is not None:
            because = "it decides where everything after it stands"
            raise Refused(f"{what} must be a plain number", because, "write a number")
        if not low <= value <= high:
            because = f"{value} is not between {low} and {high}"
            raise Refused(f"{what} is out of range", because, "write a smaller number")
        return value

    def _binary(self, rest: list[AsmToken], level: int, depth: int) -> tuple[str | None, int]:
        if level == len(_LOOSEST_FIRST):
            return self._unary(rest, depth)
        left = self._binary(rest, level + 1, depth)
        while rest and rest[0].text in _LOOSEST_FIRST[level]:
            operator = rest.pop(0)
            left = self._apply(operator, left, self._binary(rest, level + 1, depth))
        return left

    def _unary(self, rest: list[AsmToken], depth: int) -> tuple[str | None, int]:
        if depth > MAX_DEPTH:
            raise Refused("the expression is nested too deep", f"more than {MAX_DEPTH} levels", "simplify it")
        if not rest:
            raise Refused("an expression is not finished", "a value is missing at its end", "complete it")
        token = rest.pop(0)
        if token.text in "+-~" and token.kind == "mark":
            section, value = self._unary(rest, depth + 1)
            if section is not None and token.text != "+":
                return _UNKNOWN, 0
            return section, {"+": value, "-": -value, "~": ~value}[token.text]
        if token.text == "(":
            inside = self._binary(rest, 0, depth + 1)
            if not rest or rest.pop(0).text != ")":
                raise Refused("a parenthesis is not closed", "its `)` is missing", "add `)`", token.column)
            return inside
        return self._value(token)

    def _value(self, token: AsmToken) -> tuple[str | None, int]:
        if token.kind == "number" and not self._is_numeric_label(token.text):
            return None, self.literal(token)
        if token.kind == "string":
            return None, int.from_bytes(string_bytes(token.text, not self.nasm)[:8], "little")
        if token.text in (".", "$", "$$"):
            here = 0 if token.text == "$$" else self.size[self.section]
            return (_UNKNOWN, 0) if here is None or self.complete else (self.section, here)
        if token.kind not in ("name", "number"):
            what = f"`{token.text}` is not a value"
            raise Refused(what, "a number or a name belongs here", "write one", token.column)
        symbol = self.find(token.text, self.scope, self.serial)
        if not isinstance(symbol, AsmSymbol) or symbol.value is None:
            return _UNKNOWN, 0
        return symbol.section, symbol.value

    def _is_numeric_label(self, text: str) -> bool:
        return text[-1] in "bBfF" and text[:-1].isdigit() and (text[:-1] in self.numeric or text[-1] in "fF")

    def literal(self, token: AsmToken) -> int:
        """The value of a number, whatever its base.  Raises Refused."""
        try:
            value = number_value(token.text, octal=self.gas)
        except ValueError:
            what, try_ = f"`{token.text}` is not a number", "decimal 10, hex 0x0a, binary 0b1010"
            raise Refused(what, "a digit does not belong to its base", try_, token.column) from None
        if value >> 64:
            what, try_ = f"`{token.text}` is too large", "at most 0xffffffffffffffff"
            raise Refused(what, "a register holds 64 bits", try_, token.column)
        return value

    def _apply(
        self, operator: AsmToken, left: tuple[str | None, int], right: tuple[str | None, int]
    ) -> tuple[str | None, int]:
        (left_section, a), (right_section, b) = left, right
        if _UNKNOWN in (left_section, right_section) and operator.text in "+-":
            return _UNKNOWN, 0
        if operator.text == "-" and left_section == right_section:
            return None, a - b
        if operator.text in "+-" and right_section is None:
            return left_section, a + b if operator.text == "+" else a - b
        if operator.text == "+" and left_section is None:
            return right_section, a + b
        if left_section is not None or right_section is not None:
            if self.complete and operator.text not in "+-":
                what = f"`{operator.text}` of an address"
                raise Refused(what, "addresses can only be added to and subtracted", "use + or -", operator.column)
            return _UNKNOWN, 0
        if operator.text in "/%" and b == 0:
            raise Refused("division by zero", "the expression divides by 0", "check the divisor", operator.column)
        if operator.text in ("<<", ">>"):
            b = max(0, min(b, 64))
            return None, a << b if operator.text == "<<" else a >> b
        quotient = abs(a) // abs(b or 1) * (1 if (a < 0) == (b < 0) else -1)  # C's division, towards zero
        value = {"*": a * b, "/": quotient, "%": a - quotient * b, "&": a & b, "|": a | b, "^": a ^ b}[operator.text]
        return None, value

    def spell(self, toks: list[AsmToken], item: Item) -> str:
        """An expression as Keystone reads it: numbers in hex, names internal, the present place as a label."""
        with suppress(Unresolved):
            self.evaluate(toks)  # Keystone hangs on some malformed ones
        out = []
        for token in toks:
            if token.text in (".", "$"):
                out.append(f"kS{item.serial}")
            elif token.text == "$$":
                out.append("kX" + next((s for s in SECTIONS if item in self.items[s]), "text"))
            elif token.kind == "number" and not self._is_numeric_label(token.text):
                out.append(f"{self.literal(token):#x}")
            elif token.kind == "string":
                out.append(f"{int.from_bytes(string_bytes(token.text, not self.nasm)[:8], 'little'):#x}")
            elif token.kind in ("name", "number"):
                out.append(self.spell_symbol(self.require(token, item.scope, item.serial)))
            elif token.kind == "mark" and token.text in "+-*/()<<>>&|^~":
                out.append(token.text)
            else:
                what = f"`{token.text}` does not belong here"
                raise Refused(what, "an expression is made of names, numbers and + - * / ( )", "check it", token.column)
        if len(out) > 200:
            raise Refused("the expression is too long", f"it has {len(out)} parts", "split it")
        return " ".join(out)

    @staticmethod
    def spell_symbol(symbol: AsmSymbol | str) -> str:
        """How a symbol is written for the assembler: its value, or its private name."""
        if isinstance(symbol, str):
            return symbol
        if symbol.section is None and symbol.value is not None:
            return f"{symbol.value:#x}" if symbol.value >= 0 else f"(-{-symbol.value:#x})"
        return symbol.internal
