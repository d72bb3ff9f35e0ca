"""One instruction as students write it, spelled as Keystone reads it and means the same."""

from __future__ import annotations

import re
from itertools import pairwise

from kshell.assembler.address import Address
from kshell.assembler.problems import JUMPS, REGISTER, Refused, mnemonic_refusal
from kshell.assembler.program import AsmProgram
from kshell.assembler.statements import split_commas
from kshell.assembler.symbols import AsmSymbol, Item, Unresolved
from kshell.assembler.text import AsmToken

_SIZES = {
    "byte": "byte", "word": "word", "dword": "dword", "qword": "qword", "tbyte": "xword", "tword": "xword",
    "oword": "xmmword", "xmmword": "xmmword", "ymmword": "ymmword", "fword": "fword",
}  # fmt: skip
_BITS = {"byte": 8, "word": 16, "dword": 32, "qword": 64}
_VALUES = ("name", "number", "float", "string", "here")
_SEGMENTS = ("cs", "ds", "es", "fs", "gs", "ss")
_PREFIXES = ("rep", "repe", "repz", "repne", "repnz", "lock")
_PREFIX_BYTES = {"rep": 0xF3, "repe": 0xF3, "repz": 0xF3, "repne": 0xF2, "repnz": 0xF2, "lock": 0xF0}
# What Keystone refuses or does not know, and its bytes.
_OWN_BYTES = {"movsd": (0xA5,), "cmpsd": (0xA7,), "endbr64": (0xF3, 0x0F, 0x1E, 0xFA), "sysretq": (0x48, 0x0F, 0x07)}
_SPELLINGS = {
    "retq": "ret", "leaveq": "leave", "xlat": "xlatb", "pushf": "pushfq", "popf": "popfq", "callq": "call",
    "jmpq": "jmp", "pushq": "push", "popq": "pop", "cqto": "cqo", "cltq": "cdqe", "cltd": "cdq",
}  # fmt: skip
_SMALL_NUMBER = (
    "int", "shl", "shr", "sal", "sar", "rol", "ror", "rcl", "rcr", "shld", "shrd", "bt", "bts", "btr", "btc", "enter",
    "ret", "in", "out",
)  # fmt: skip
# Keystone hangs on some prefixes written as instructions, and ends the process over a string instruction's operands.
_BARE_PREFIX = re.compile(r"(?:data|addr|rex)\w*|[cdefgs]s|xacquire|xrelease|bnd|notrack")
_STRING = re.compile(r"(?:movs|cmps|stos|lods|scas|ins|outs)[bwdq]?|xlatb")


def spell_instruction(program: AsmProgram, item: Item) -> str:
    """The Keystone text of an instruction. Raises Refused for what has no meaning or that Keystone would get wrong."""
    toks = item.tokens
    prefixes = []
    while len(toks) > 1 and toks[0].text.lower() in _PREFIXES and toks[1].kind == "name":
        prefixes.append(toks[0].text.lower())
        toks = toks[1:]
    mnemonic = _SPELLINGS.get(toks[0].text.lower(), toks[0].text.lower())
    if mnemonic in _PREFIXES:
        raise Refused(f"`{mnemonic}` stands alone", "it is a prefix of an instruction", f"`{mnemonic} movsb`")
    if len(toks) == 1 and mnemonic in _OWN_BYTES:
        codes = [_PREFIX_BYTES[prefix] for prefix in prefixes] + list(_OWN_BYTES[mnemonic])
        return ".byte " + ",".join(map(str, codes))
    _check_mnemonic(mnemonic, toks)
    parts = split_commas(toks[1:])
    if any(not part for part in parts):
        raise Refused("an operand is missing", "a comma has nothing on one side", "complete or delete it")
    _check_commas(item, mnemonic, parts)
    operands = [_Operand(program, item, mnemonic, part, number) for number, part in enumerate(parts)]
    _check_numbers(mnemonic, operands)
    _check_high_bytes(toks[1:], operands)
    if mnemonic == "int" and len(operands) == 1 and operands[0].value == 3:
        return "int3"
    text = f"{' '.join([*prefixes, mnemonic])} {', '.join(operand.text for operand in operands)}"
    return text.rstrip()


def _check_mnemonic(mnemonic: str, toks: list[AsmToken]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]{0,19}", mnemonic):
        raise mnemonic_refusal(toks[0].text)
    if _BARE_PREFIX.fullmatch(mnemonic):
        raise Refused(f"`{mnemonic}` is no instruction", "it is a prefix, and comes from the operands", "leave it out")
    if not _STRING.fullmatch(mnemonic):
        return
    if mnemonic in ("movsd", "cmpsd") and any(re.fullmatch(r"xmm\d+", token.text.lower()) for token in toks):
        return  # the SSE instructions of the same names
    if mnemonic[-1] not in "bwdq" or mnemonic in ("movs", "cmps", "stos", "lods", "scas", "ins", "outs"):
        what = f"`{mnemonic}` needs its size in its name"
        raise Refused(what, "bytes, words, dwords or qwords", f"`{mnemonic}b` or `{mnemonic}q`")
    if len(toks) > 1:
        because = "its operands are always the same: rsi, rdi, al to rax"
        raise Refused(f"`{mnemonic}` takes no operands", because, f"`{mnemonic}` alone", toks[1].column)


def _check_commas(item: Item, mnemonic: str, parts: list[list[AsmToken]]) -> None:
    """Refuse two operands that stand side by side: a register or `]` and then a value."""
    for part in parts:
        for before, after in pairwise(part):
            register = before is part[0] and before.kind == "name" and REGISTER.match(before.text)
            signed = after.text == "-" and len(parts) == 1 and len(part) == 3 and mnemonic != "lea"
            if (register and (after.kind in _VALUES or after.text == "[" or signed)) or (
                before.text == "]" and after.kind in _VALUES
            ):
                text, end = item.statement.text, before.column + len(before.text)
                fixed = f"`{text[item.tokens[0].column : end]}, {text[end:].strip()}`"
                raise Refused("a comma is missing", "commas part the operands", fixed, after.column)


def register_bits(name: str) -> int | None:
    """The width of a general register in bits, None for any other."""
    if name.startswith("r"):
        return {"d": 32, "w": 16, "b": 8}.get(name[-1], 64) if name[1:2].isdigit() else 64
    if name.startswith("e") and len(name) == 3:
        return 32
    if name in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp"):
        return 16
    return 8 if name[-1:] in "lh" and len(name) in (2, 3) else None


class _Operand:
    """An operand read: its text for Keystone, its width in bits and its value where it is a known number."""

    __slots__ = ("bits", "item", "mnemonic", "program", "text", "value")

    def __init__(self, program: AsmProgram, item: Item, mnemonic: str, toks: list[AsmToken], number: int) -> None:
        self.program, self.item, self.mnemonic = program, item, mnemonic
        self.bits: int | None = None
        self.value: int | None = None
        jump = mnemonic in JUMPS
        size, toks = self._take_size(toks, jump)
        segment, toks = self._take_segment(toks)
        marks = [token.text for token in toks if token.kind == "mark"]
        if "[" in marks or "]" in marks or segment:
            self.text = self._memory(size, segment, toks)
        elif len(toks) == 1 and toks[0].kind == "name" and self._is_register(toks[0]):
            self.text = toks[0].text.lower()
            self.bits = register_bits(self.text)
        elif self._names_memory(toks, jump, size, number):
            self.text = self._memory(size, None, toks)
        else:
            self.text = self._immediate([t for t in toks if t.text.lower() != "offset"])

    def _is_register(self, token: AsmToken) -> bool:
        name = token.text.lower()
        if not REGISTER.match(name) or token.text in self.program.symbols:
            return False
        if name in ("rip", "eip", "ip", "eiz", "riz"):
            raise Refused(f"`{name}` cannot be named here", "no instruction reads it", "`lea rax, [rip]`", token.column)
        return True

    def _take_size(self, toks: list[AsmToken], jump: bool) -> tuple[str | None, list[AsmToken]]:
        size = None
        while len(toks) > 1 and toks[0].kind == "name" and toks[0].text not in self.program.symbols:
            word = toks[0].text.lower()
            if word in _SIZES:
                size = word
            elif word == "far":
                because = "they change the code segment"
                raise Refused("far jumps are not for user code", because, "a plain `jmp`", toks[0].column)
            elif word not in ("ptr", "strict") and not (jump and word in ("short", "near")):
                break
            toks = toks[1:]
        return size, toks

    def _take_segment(self, toks: list[AsmToken]) -> tuple[str | None, list[AsmToken]]:
        if len(toks) > 2 and toks[0].text.lower() in _SEGMENTS and toks[1].text == ":":
            return toks[0].text.lower(), toks[2:]
        return None, toks

    def _names_memory(self, toks: list[AsmToken], jump: bool, size: str | None, number: int) -> bool:
        """Whether an operand without brackets is memory: GAS says so of a label, everybody of lea's second."""
        if not toks or toks[0].text.lower() == "offset" or jump:
            return False
        if self.mnemonic == "lea" and number == 1:
            return True
        if not self.program.gas and size is None:
            return False
        found = [self.program.find(t.text, self.item.scope, self.item.serial) for t in toks if t.kind == "name"]
        labels = [symbol for symbol in found if isinstance(symbol, AsmSymbol) and symbol.is_label]
        return len(labels) == 1 and not any(token.text in (".", "$") for token in toks)

    def _immediate(self, toks: list[AsmToken]) -> str:
        if len(toks) > 2 and toks[0].text.lower() == "flat" and toks[1].text == ":":
            toks = toks[2:]
        if not toks:
            raise Refused("an operand is missing", "a word stands where a value should follow", "complete it")
        for token in toks:
            if token.kind == "name" and self._is_register(token):
                what, try_ = f"`{token.text}` cannot be computed with here", f"`lea rax, [{token.text} + 8]`"
                raise Refused(what, "only addresses in [ ] add registers", try_, token.column)
        try:
            section, value = self.program.evaluate(toks)
        except Unresolved:
            return self.program.spell(toks, self.item)
        if section is not None:
            return self.program.spell(toks, self.item)
        self.value = value
        return f"{value:#x}" if value >= 0 else f"-{-value:#x}"

    def _memory(self, size: str | None, segment: str | None, toks: list[AsmToken]) -> str:
        inner = self._inside(toks)
        segment_inside, inner = self._take_segment(inner)
        segment = segment or segment_inside
        relative = self.program.default_rel
        if inner and inner[0].kind == "name" and inner[0].text.lower() in ("rel", "abs"):
            relative = inner[0].text.lower() == "rel"
            inner = inner[1:]
        if not inner:
            raise Refused("an address is missing", "nothing stands between [ and ]", "`[rax]`")
        parsed, number = self._spell_address(inner)
        address = parsed.spell(number)
        if not parsed.registers:
            address = self._without_register(inner, address, relative and segment is None)
        self.bits = _BITS.get(size or "")
        prefix = f"{_SIZES[size]} ptr " if size else ""
        return f"{prefix}{segment + ':' if segment else ''}[{address}]"

    def _inside(self, toks: list[AsmToken]) -> list[AsmToken]:
        """The address of `[a]`, `disp[a]` and `[a][b]`, as one sum."""
        inner: list[AsmToken] = []
        depth = 0
        for token in toks:
            if token.kind == "mark" and token.text in "[]":
                depth += 1 if token.text == "[" else -1
                if depth not in (0, 1):
                    raise Refused("brackets do not match", "each [ needs one ]", "`[rax + 8]`", token.column)
                if token.text == "[" and inner:
                    inner.append(AsmToken("mark", "+", token.column))
            else:
                inner.append(token)
        if depth:
            start, last = toks[0].column, toks[-1]
            fixed = self.item.statement.text[start : last.column + len(last.text)] + "]" * depth
            raise Refused("brackets do not match", "each [ needs one ]", f"`{fixed}`", start)
        return inner

    def _spell_address(self, inner: list[AsmToken]) -> tuple[Address, str]:
        """The address, and its displacement as Keystone reads it ("" if there is none)."""
        address = Address(self.program, inner)
        if not address.displacement:
            return address, ""
        text = self.program.spell(address.displacement, self.item)
        if not address.registers:
            return address, text
        try:
            section, value = self.program.evaluate(address.displacement)
        except Unresolved:
            return address, text
        if section is not None:
            return address, text
        value -= (value >= (1 << 64) - (1 << 31)) << 64
        if not -(1 << 31) <= value < 1 << 31:
            what = f"the displacement {value:#x} does not fit"
            raise Refused(what, "an instruction keeps 32 bits of it", "add it to the register first")
        return address, f"{value:#x}" if value >= 0 else f"-{-value:#x}"

    def _without_register(self, inner: list[AsmToken], address: str, relative: bool) -> str:
        try:
            section, value = self.program.evaluate(inner)
        except Unresolved:
            section, value = "", 0
        if section is not None:  # a label, known or not
            return f"rip + {address}" if relative else address
        if self.mnemonic == "movabs":
            return address
        if not -(1 << 31) <= value < 1 << 31:
            what = f"the address {value:#x} does not fit"
            raise Refused(what, "an instruction keeps 32 bits of an address", f"`mov rax, {value:#x}`, then `[rax]`")
        # Keystone would silently make a plain number relative to rip: the riz "index" keeps it absolute.
        return f"{value:#x} + riz*1" if value >= 0 else f"-{-value:#x} + riz*1"


def _check_high_bytes(toks: list[AsmToken], operands: list[_Operand]) -> None:
    """Refuse ah, bh, ch, dh beside a register that needs a REX prefix: Keystone ends the process over it."""
    names = [token.text.lower() for token in toks if token.kind == "name"]
    high = next((name for name in names if name in ("ah", "bh", "ch", "dh")), None)
    wide = any(operand.bits == 64 and REGISTER.match(operand.text) for operand in operands)
    if high and (wide or any(re.fullmatch(r"r(?:8|9|1[0-5])[bdw]?|sil|dil|spl|bpl", name) for name in names)):
        because = "the two cannot be encoded in one instruction"
        raise Refused(
            f"`{high}` cannot stand beside a 64-bit or a new register", because, f"move `{high}` to `al` first"
        )


def _check_numbers(mnemonic: str, operands: list[_Operand]) -> None:
    """Refuse numbers that Keystone would cut without a word."""
    first = operands[0].bits if operands else None
    for number, operand in enumerate(operands):
        if operand.value is None:
            continue
        bits = first
        if mnemonic in _SMALL_NUMBER:
            bits = 16 if mnemonic in ("enter", "ret") and number == 0 else 8
        elif mnemonic == "push":
            if operand.value >= (1 << 64) - (1 << 31):
                operand.text = f"-{(1 << 64) - operand.value:#x}"
                continue
            if not -(1 << 31) <= operand.value < 1 << 31:
                raise _too_wide(operand, 32, "push sign-extends 32 bits: `mov rax, ...`, then `push rax`")
        if bits and not -(1 << bits - 1) <= operand.value < 1 << bits:
            raise _too_wide(operand, bits, f"a number that fits in {bits} bits, or a wider register")


def _too_wide(operand: _Operand, bits: int, try_: str) -> Refused:
    value = operand.value if operand.value is not None else 0
    return Refused(f"{value} does not fit", f"this operand has {bits} bits", try_)
