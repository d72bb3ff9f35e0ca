"""F1 in the program editor: what the words of assembly mean, and how the editor is used.  Pure functions."""

from __future__ import annotations

import re

from kshell.kernel.kernel import Kernel
from kshell.shell.prompt.f1 import key_lines
from kshell.shell.prompt.program_text import meaning
from kshell.shell.views.view import Line, Text, View, span

KEYS = (
    ("end, F5, Esc Enter", "run the program (end on a line of its own, at the bottom)"),
    ("Ctrl-C", "leave; what was typed is kept for the next asm"),
    ("F1, Ctrl-X h", "explain the word under the cursor"),
)
_FLAGS = "carry, zero, sign and overflow flags"
_JUMPS = {
    "jmp": "always", "je": "if they were equal", "jz": "if the result was 0", "jne": "if they differed",
    "jnz": "if the result was not 0", "jl": "if less, signed", "jle": "if less or equal, signed",
    "jg": "if greater, signed", "jge": "if greater or equal, signed", "jb": "if below, unsigned",
    "jbe": "if below or equal, unsigned", "ja": "if above, unsigned", "jae": "if above or equal, unsigned",
    "jc": "if the carry flag is set", "jnc": "if the carry flag is clear", "js": "if the result was negative",
    "jns": "if the result was not negative", "jo": "if a signed result did not fit",
    "jno": "if a signed result fitted",
}  # fmt: skip
WORDS = {
    "mov": ("mov TO, FROM", "copy a value; writing eax clears the upper half of rax"),
    "movabs": ("movabs REGISTER, NUMBER", "copy a number of 64 bits"),
    "movzx": ("movzx TO, FROM", "copy a smaller value, zeros above it"),
    "movsx": ("movsx TO, FROM", "copy a smaller value, its sign above it"),
    "movsxd": ("movsxd TO, FROM", "copy 32 bits, their sign above them"),
    "lea": ("lea REGISTER, [ADDRESS]", "compute an address without reading what is there: lea rsi, [rip + msg]"),
    "add": ("add TO, VALUE", f"TO = TO + VALUE; sets the {_FLAGS}"),
    "adc": ("adc TO, VALUE", "add, and one more if the carry flag is set"),
    "sub": ("sub TO, VALUE", f"TO = TO - VALUE; sets the {_FLAGS}"),
    "sbb": ("sbb TO, VALUE", "subtract, and one more if the carry flag is set"),
    "inc": ("inc TO", "add 1"),
    "dec": ("dec TO", "subtract 1; the zero flag is set when it reaches 0"),
    "neg": ("neg TO", "TO = -TO"),
    "not": ("not TO", "turn every bit over"),
    "mul": ("mul FACTOR", "rdx:rax = rax * FACTOR, unsigned"),
    "imul": ("imul TO, FACTOR", "TO = TO * FACTOR, signed"),
    "div": ("div DIVISOR", "rax = rdx:rax / DIVISOR, rdx = the rest, unsigned; clear rdx first"),
    "idiv": ("idiv DIVISOR", "rax = rdx:rax / DIVISOR, rdx = the rest, signed; cqo first"),
    "cqo": ("cqo", "fill rdx with the sign of rax, before idiv"),
    "and": ("and TO, VALUE", "keep the bits that both have"),
    "or": ("or TO, VALUE", "set the bits that either has"),
    "xor": ("xor TO, VALUE", "set the bits in which they differ; xor eax, eax makes 0"),
    "shl": ("shl TO, COUNT", "shift left: times 2 for each place"),
    "shr": ("shr TO, COUNT", "shift right, zeros from the left"),
    "sar": ("sar TO, COUNT", "shift right, the sign from the left"),
    "rol": ("rol TO, COUNT", "rotate to the left"),
    "ror": ("ror TO, COUNT", "rotate to the right"),
    "cmp": ("cmp A, B", "subtract B from A for the flags only; a conditional jump follows"),
    "test": ("test A, B", "and for the flags only; test rax, rax asks for zero and for the sign"),
    "push": ("push VALUE", "rsp = rsp - 8, and store VALUE there"),
    "pop": ("pop TO", "take the value at rsp, and rsp = rsp + 8"),
    "call": ("call LABEL", "push the address of the next instruction and jump"),
    "ret": ("ret", "take an address from the stack and jump there"),
    "leave": ("leave", "rsp = rbp, then pop rbp"),
    "xchg": ("xchg A, B", "exchange two values"),
    "nop": ("nop", "do nothing"),
    "syscall": ("syscall", "call the kernel: number in rax, arguments in rdi rsi rdx r10 r8 r9; rcx and r11 are lost"),
    "int": ("int NUMBER", "a software interrupt; int3 is a breakpoint"),
    "int3": ("int3", "a breakpoint: SIGTRAP"),
    "hlt": ("hlt", "for the kernel only: SIGSEGV here"),
    "ud2": ("ud2", "an instruction that is never defined: SIGILL"),
    "cpuid": ("cpuid", "ask the CPU about itself: the question in eax"),
    "rdtsc": ("rdtsc", "edx:eax = the time stamp counter"),
    "loop": ("loop LABEL", "rcx = rcx - 1, and jump unless it is 0"),
    "rep": ("rep movsb", "repeat a string instruction rcx times"),
    "movsb": ("movsb", "copy the byte at rsi to rdi, and step both"),
    "stosb": ("stosb", "store al at rdi, and step it"),
    "lodsb": ("lodsb", "load al from rsi, and step it"),
    "scasb": ("scasb", "compare al with the byte at rdi, and step it"),
    "cld": ("cld", "string instructions step forwards"),
    ".text": (".text", "instructions follow"),
    ".data": (".data", "data that can be written follow"),
    ".rodata": (".rodata", "data that can only be read follow"),
    ".bss": (".bss", "room that is zero at the start follows"),
    ".section": (".section .data", "begin or go on with a section: .text, .data, .rodata, .bss"),
    ".globl": (".globl _start", "accepted, and without effect: a program is one file"),
    ".ascii": ('.ascii "text\\n"', "the bytes of a text"),
    ".asciz": ('.asciz "text"', "the bytes of a text and a zero byte"),
    ".byte": (".byte 1, 2", "numbers of 1 byte"),
    ".word": (".word 1, 2", "numbers of 2 bytes"),
    ".long": (".long 1, 2", "numbers of 4 bytes"),
    ".quad": (".quad 1, 2", "numbers of 8 bytes, or addresses of labels"),
    ".skip": (".skip 64", "so many zero bytes"),
    ".equ": (".equ NAME, 5", "give a number a name"),
    ".balign": (".balign 8", "go on at a multiple of 8"),
    "db": ('db "text", 10', "NASM's: bytes and texts"),
    "dw": ("dw 1", "NASM's: numbers of 2 bytes"),
    "dd": ("dd 1", "NASM's: numbers of 4 bytes"),
    "dq": ("dq 1", "NASM's: numbers of 8 bytes"),
    "resb": ("buf: resb 64", "NASM's: room of so many bytes"),
    "equ": ("len: equ $ - msg", "NASM's: give a number a name"),
    "times": ("times 8 db 0", "NASM's: repeat"),
}
WORDS |= {name: (f"{name} LABEL", f"jump {when}") for name, when in _JUMPS.items()}
_SAME = {".global": ".globl", "global": ".globl", "section": ".section", ".string": ".asciz", ".zero": ".skip"}
_SAME |= {".space": ".skip", ".set": ".equ", ".align": ".balign", "sal": "shl"}


def explain_assembly(k: Kernel, line: str, column: int) -> View:
    """What is known about the word at `column` of a line of a program, then the keys and what the line means."""
    lines: list[Line] = []
    first = re.sub(r"^\s*[\w.$]+:", lambda label: " " * len(label[0]), line)  # a label says nothing about it
    word, first_word = _word_at(line, column), _word_at(first, len(first) - len(first.lstrip()))
    entry = WORDS.get(_SAME.get(word, word)) or WORDS.get(_SAME.get(first_word, first_word))
    if entry is not None:
        usage, means = entry
        lines += [[(usage, "name")], [("  ", ""), (means, "")]]
    said = meaning(k, line)
    if said:
        lines.append([("  rax chooses the system call: ", "dim"), (said, "")])
    if entry is not None or said:
        return Text(lines)
    if word:
        lines.append([("nothing is known about ", ""), (word, "name"), (" here", "")])
    lines += key_lines("The editor of asm", KEYS)
    lines.append(span("  One instruction a line, Intel syntax: mov eax, 60. A # begins a comment."))
    lines.append(span("  It ends with the call exit: mov eax, 60 and syscall. help asm has examples."))
    return Text(lines)


def _word_at(line: str, column: int) -> str:
    """The word that `column` is in or behind, in small letters."""
    for match in re.finditer(r"\.?\w+", line):
        if match.start() <= column <= match.end():
            return match[0].lower()
    return ""
