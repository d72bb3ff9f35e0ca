"""What can be wrong with assembly source, in words for the person who wrote it."""

from __future__ import annotations

import re

from kshell.abi.problem import ProblemError


class AsmProblem:
    """One mistake: where (line and column from 1, the line's text), what, because of what, and what to try."""

    __slots__ = ("because", "column", "filename", "line", "text", "try_", "what")

    def __init__(self, filename: str, line: int, column: int, text: str, what: str, because: str, try_: str) -> None:
        self.filename, self.line, self.column, self.text = filename, line, column, text
        self.what, self.because, self.try_ = what, because, try_

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}:{self.column}: {self.what}: {self.because}; try: {self.try_}"

    __repr__ = __str__


class AsmError(Exception):
    """The source does not assemble. `problems` holds every mistake that was found, in the order of the lines."""

    def __init__(self, problems: list[AsmProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class KeystoneMissing(ProblemError):
    """There is no assembler on this machine."""

    def __init__(self) -> None:
        because = "Keystone is not installed: it has no wheel for Arm machines, and none for musl (Alpine Linux)"
        try_ = "run --hex b83c0000000f05  (machine code; or take an Intel or AMD machine)"
        super().__init__("no assembler here", because, try_)

    def __str__(self) -> str:
        return f"{self.what}: {self.because}; try: {self.try_}"


class Refused(Exception):
    """Raised while one statement is read; the caller adds where it stands."""

    def __init__(self, what: str, because: str, try_: str, column: int | None = None) -> None:
        super().__init__(what)
        self.what, self.because, self.try_, self.column = what, because, try_, column


_JUMP_NAMES = """
    call jmp ja jae jb jbe jc jcxz je jecxz jrcxz jg jge jl jle jna jnae jnb jnbe jnc jne jng jnge jnl jnle
    jno jnp jns jnz jo jp jpe jpo js jz loop loope loopne loopz loopnz
"""
JUMPS = frozenset(_JUMP_NAMES.split())

_OTHER_NAMES = """
    adc add and bsf bsr bswap bt btc btr bts cbw cdq cdqe clc cld cli cmc cmova cmovae cmovb cmovbe cmove
    cmovg cmovge cmovl cmovle cmovne cmovns cmovnz cmovs cmovz cmp cmpsb cmpsd cmpsq cmpsw cmpxchg cpuid cqo
    cwd cwde dec div enter hlt idiv imul in inc int int3 iretq lea leave lodsb lodsd lodsq lodsw mov movabs
    movsb movsd movsq movsw movsx movsxd movzx mul neg nop not or out pause pop popcnt popf popfq push pushf
    pushfq rcl rcr rdtsc rep repe repne repnz repz ret rol ror sal sar sbb scasb scasd scasq scasw seta setae
    setb setbe sete setg setge setl setle setne setnz setz shl shld shr shrd stc std sti stosb stosd stosq
    stosw sub syscall sysenter test ud2 xadd xchg xlatb xor lock addpd addps addsd addss andpd andps comisd
    comiss cvtsd2si cvtsd2ss cvtsi2sd cvtsi2ss cvtss2sd cvtss2si cvttsd2si cvttss2si divpd divps divsd divss
    movapd movaps movd movdqa movdqu movq movss movupd movups mulpd mulps mulsd mulss pxor sqrtsd sqrtss subpd
    subps subsd subss ucomisd ucomiss xorpd xorps endbr64 fld fild fadd fmul fstp fistp ldmxcsr stmxcsr
"""
MNEMONICS = JUMPS | frozenset(_OTHER_NAMES.split())

REGISTER = re.compile(
    r"(?:[er]?(?:ax|bx|cx|dx|si|di|bp|sp)|[abcd][lh]|(?:si|di|bp|sp)l|r(?:[89]|1[0-5])[bdw]?|[er]?ip|[cdefgs]s"
    r"|[xyz]mm[0-9]+|mm[0-7]|st(?:\d)?|[cd]r[0-9]+|[er]iz|k[0-7]|bnd[0-3])\Z",
    re.IGNORECASE,
)


def did_you_mean(word: str, known: list[str]) -> str | None:
    """The known word nearest to `word`, or None."""
    from difflib import get_close_matches

    found = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return found[0] if found else None


_ATT_MEMORY = re.compile(r"([-\w.]*)\(\s*(%\w+)?\s*(?:,\s*(%\w+)\s*(?:,\s*(\d+)\s*)?)?\)")
_OUTER_COMMA = re.compile(r",(?![^\[]*\])")
_ATT = re.compile(
    r"%(?:[er]?[abcds][xlhip]|[er][sdbi][ip]|r\d+[bwd]?|[xy]mm\d+|[c-g]s)\b|(?<!\$)\$[A-Za-z_0-9]|\(\s*%", re.IGNORECASE
)


def looks_like_att(text: str) -> bool:
    """Whether a statement uses the AT&T spelling (`%rax`, `$1`, `8(%rbp)`)."""
    return _ATT.search(re.sub(r"\"[^\"]*\"|'[^']*'", "", text)) is not None


def att_to_intel(text: str) -> str:
    """The Intel spelling of a simple AT&T statement, good enough to show."""

    def memory(match: re.Match[str]) -> str:
        displacement, base, index, scale = match.groups()
        parts = [base or "", f"{index}*{scale or 1}" if index else "", displacement]
        return "[" + " + ".join(part for part in parts if part).replace("+ -", "- ") + "]"

    head, _, rest = re.sub(r"^\s*[\w.$]+:\s*", "", text).replace("\t", " ").strip().partition(" ")
    plain = without_suffix(head)
    rest = _ATT_MEMORY.sub(memory, rest)
    operands = [part.strip().removeprefix("*") for part in _OUTER_COMMA.split(rest)]
    if _in_att_order(plain, operands):
        operands.reverse()
    size = {"b": "byte", "w": "word", "l": "dword", "q": "qword"}.get(head[-1:].lower(), "qword")
    if not any(re.match(r"%?\w+$", part) and REGISTER.match(part.lstrip("%")) for part in operands) and plain != "lea":
        operands = [f"{size} ptr {part}" if part.startswith("[") and plain not in JUMPS else part for part in operands]
    address = "" if plain in JUMPS else "offset "
    spelled = [re.sub(r"^\$(?=[A-Za-z_.])", address, part).replace("%", "").replace("$", "") for part in operands]
    return f"{plain} {', '.join(spelled)}".rstrip()


def _in_att_order(mnemonic: str, operands: list[str]) -> bool:
    """Whether the operands run from the source to the destination, as AT&T has them."""
    if len(operands) < 2 or operands[0].startswith("$"):
        return True
    if operands[-1].startswith("$") and mnemonic != "out":  # a number is no destination
        return False
    return not REGISTER.match(operands[0])  # AT&T would have written a %


def without_suffix(mnemonic: str) -> str:
    """An instruction's name without AT&T's size letter, if that makes it one."""
    lower = mnemonic.lower()
    return lower[:-1] if lower not in MNEMONICS and lower[-1:] in "bwlq" and lower[:-1] in MNEMONICS else lower


def att_refusal(text: str) -> Refused:
    """What to say about a line in the other dialect, with the same line in Intel syntax."""
    return Refused(
        "this is AT&T syntax",
        "% at registers, $ at numbers and the source first are the other dialect; kshell reads Intel syntax",
        f"`{att_to_intel(text)}`",
    )


def mnemonic_refusal(mnemonic: str) -> Refused:
    """What to say about an instruction name that the assembler does not know."""
    plain = without_suffix(mnemonic)
    if plain in MNEMONICS:
        because = "a size letter at the end is AT&T's; in Intel syntax the operands say the size"
        return Refused(f"unknown instruction `{mnemonic}`", because, f"`{plain}`")
    guess = did_you_mean(mnemonic, sorted(MNEMONICS))
    try_ = (
        f"did you mean `{guess}`?"
        if guess
        else "check the spelling: `mov`, `add`, `cmp`, `jne`, `call`, `syscall`, ..."
    )
    because = "x86-64 has none of this name that kshell's assembler knows"
    return Refused(f"unknown instruction `{mnemonic}`", because, try_)


def keystone_refusal(errno: int, mnemonic: str, operands: str) -> Refused:
    """Keystone's error code, told in terms of the statement it stumbled over."""
    if errno == 514:  # KS_ERR_ASM_MNEMONICFAIL
        return mnemonic_refusal(mnemonic)
    if errno == 143:  # KS_ERR_ASM_SYMBOL_REDEFINED
        return Refused("a label is defined twice", "a label names one place", "rename one of them")
    if "[" in operands and not re.search(r"\bptr\b", operands) and len(operands.split(",")) <= 2:
        return Refused(
            f"`{mnemonic}` does not take these operands",
            "their sizes do not match, or nothing says how many bytes the memory operand has",
            "name the size: `byte ptr [...]`, `dword ptr [...]` or `qword ptr [...]`",
        )
    if not operands:
        return Refused(f"`{mnemonic}` needs operands", "it stands alone on its line", f"`{mnemonic} rax, ...`")
    return Refused(
        f"`{mnemonic}` does not take these operands",
        f"no form of the instruction fits `{operands}`",
        "check the number of operands, that both registers have one size, and that a number fits in 32 bits",
    )
