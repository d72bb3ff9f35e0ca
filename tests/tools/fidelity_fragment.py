"""Random fragments of assembly (Intel syntax) that fault in ring 3, or nearly; LIST comes from a file."""

from pathlib import Path

from fidelity_program import M64, ZONE

LIST = Path(__file__).with_name("fidelity_fragments.txt").read_text().splitlines()
REGS = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r12", "r15"]
ADDRS = [
    *(0, 8, 0x10, 0xFFF, 0x1000, 0x401000, 0x401003, 0x500FF8, 0x500FFC, 0x600000, ZONE, ZONE + 0xFF8),
    *(ZONE + 0xFFC, ZONE + 0xFFF, ZONE + 0xFFE, ZONE + 0x1000, ZONE + 0xFF0, ZONE + 0xFF1, ZONE + 0x10000),
    *(ZONE + 0x10FFC, ZONE + 0x10FFF, ZONE + 0x20000, ZONE + 0x1FFFC, ZONE + 0x30FFC, ZONE + 0x30FFF),
    *(ZONE + 0x31000, ZONE + 0x31FFC, 0x7FFFFFFFE000, 0x7FFFFFFFEFFC, 0x7FFFFFFFEFF9, 0x7FFFFFFFEFFF),
    *(0x7FFFFFFFF000, 0x7FFFFFFFFFF8, 0x7FFFFFFFFFFC, 0x7FFFFFFFFFFF, 0x800000000000, 0x8000000000000000),
    *(0xFFFF7FFFFFFFFFFF, 0xFFFF800000000000, 0xFFFFFFFF81000000, 0xFFFFFFFF82000000, 0xFFFFC90000000000),
    *(0xFFFFFFFFFFFFFFF8, 0xFFFFFFFFFFFFFFFC, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFF000, 0xDEAD000000000000),
    *(0x7FFFFF7FF000, 0x7FFFFF7FEFF8, 0x7FFFFF000000),
]
KINDS = [
    *("memory", "memory", "memory", "memory", "memory", "string", "div", "int", "list", "list", "list", "jump"),
    *("sse", "alu", "bytes", "atomic", "edge", "stack", "itself", "override", "frame"),
]
# The names of the lower halves of registers.
LOW = {"rax": "al", "rbx": "bl", "rcx": "cl", "rdx": "dl", "rsi": "sil", "rdi": "dil"}
DOUBLE = {"rax": "eax", "rbx": "ebx", "rcx": "ecx", "rdx": "edx", "rsi": "esi", "rdi": "edi"}
WORD = {"rax": "ax", "rbx": "bx", "rcx": "cx", "rdx": "dx", "rsi": "si", "rdi": "di"}
# m is the memory operand, q, d, w and b the four sizes of a register, x one of them.
MEMORY = """mov {x}, {m}|mov {m}, {x}|add {m}, {x}|add {x}, {m}|cmp {m}, {x}|xchg {m}, {x}|test {m}, {x}
inc qword ptr {m}|not dword ptr {m}|mov byte ptr {m}, 1|mov qword ptr {m}, 1|push qword ptr {m}|pop qword ptr {m}
movzx {d}, byte ptr {m}|lea {q}, {m}; mov {b}, [{q}]|cmovz {d}, {m}|setz byte ptr {m}|{bt}|shl dword ptr {m}, 1
imul {d}, {m}|movsxd {q}, dword ptr {m}|fld qword ptr {m}|fstp tbyte ptr {m}|ldmxcsr {m}|stmxcsr {m}
nop dword ptr {m}|prefetcht0 {m}""".replace("\n", "|").split("|")
# What sets flags that a fault right behind must leave alone.
FLAGS = """cmp {b}, 1|cmp {q}, {q}|add {b}, 0x80|sub {d}, 0x12345678|stc; adc {w}, 0x7fff|stc; sbb {q}, {q}|inc {b}
neg {d}|cmp {d}, 0x7f; jne 1f; 1: nop|add {q}, -1; jmp 1f; 1: cld|stc; inc {d}|cmp {w}, {w}; cmc""".replace(
    "\n", "|"
).split("|")
DISPLACEMENTS = ["", "", "+8", "-8", "+0x1000", "-1", "+0x7fffffff", "-0x80000000"]
STRING = """rep movsb|rep movsq|rep stosb|rep stosq|rep stosd|repne scasb|repe cmpsb|lodsq|rep lodsb|movsb|stosw|cmpsq
scasd""".replace("\n", "|").split("|")
DIVIDENDS = [0, 1, 2, 0x80000000, 0x7FFFFFFF, 0xFFFFFFFF, M64, 1 << 63, 0x8000, 0x80, 0xFF, 0xFFFF]
DIVISORS = [0, 0, 1, 2, M64, 0xFFFFFFFF, 0xFF, 0x80, 0x8000, 0xFFFF, 1 << 63]
HIGH_HALVES = [0, 1, M64, 0xFFFFFFFF, 2, 1 << 63]
JUMP = """jmp {base}|call {base}|{ret}|jmp [{base}]|call [{base}]|ljmp [{base}]|lcall [{base}]""".split("|")
SSE = """movups xmm0, {m}|movups {m}, xmm0|movaps xmm0, {m}|movaps {m}, xmm0|movdqa xmm1, {m}|movntdq {m}, xmm0
addps xmm0, {m}|movq xmm0, {m}|movd {m}, xmm0|movdqu {m}, xmm3|movlps {m}, xmm0|{movnti}|paddb xmm0, {m}|movq mm0, {m}
cvtss2sd xmm0, dword ptr {m}|fxsave {m}""".replace("\n", "|").split("|")
ALU = [
    "nop",
    "xor eax, eax; div al",
    "mov eax, 0x100; mov cl, 1; div cl",
    "mov ax, 0x8000; mov cl, -1; idiv cl",
    "mov edx, 1; xor eax, eax; mov ecx, 1; div ecx",
    "mov rdx, 1; xor eax, eax; mov ecx, 1; div rcx",
    "movabs rax, 0x8000000000000000; cqo; mov rcx, -1; idiv rcx",
    "xor edx, edx; xor ecx, ecx; mov eax, 5; idiv ecx",
    "push 0; div qword ptr [rsp]",
    "mov eax, 0x80000000; cdq; mov ecx, -1; idiv ecx",
]
ATOMIC = """lock cmpxchg {m}, {q}|lock xadd {m}, {d}|lock inc dword ptr {m}|cmpxchg {m}, {b}|lock bts dword ptr {m}, 3
lock cmpxchg8b {m}|lock cmpxchg16b {m}|xadd {m}, {q}|lock or byte ptr {m}, 0""".replace("\n", "|").split("|")
AT_END = [
    *("0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8", "0xe8, 0, 0, 0, 0", "0x0f, 0x0b", "0x0f, 0x05"),
    *("0x48, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0", "0xcd, 0x03", "0x90, 0x90"),
    *(
        "0x89, 0x04, 0x25, 0x10, 0, 0, 0",
        "0x83, 0xf8, 0x05",
        "0xc3",
        "0xeb, 0",
        "0xeb, 0x10",
        "0xf4",
        "0xcc",
        "0xf3, 0xaa",
    ),
    *("0xff, 0xe0", "0xff, 0xff", "0x66, 0x90", "0xf0, 0x90", "0x50", "0x31, 0xc9, 0xf7, 0xf1"),
]


STACK = """push {q}|pop {q}|pushfq|popfq|enter 16, 0|enter 8, 2|leave|call 1f; 1: nop|ret|ret 8|push word ptr [{q}]
pop qword ptr [{q}]|push fs|pop fs|push 1; pop {q}|xchg rsp, [rsp]|add rsp, [rsp]|mov rsp, [rsp]; nop""".replace(
    "\n", "|"
).split("|")
OVERRIDE = """mov {x}, fs:[{base}]|mov gs:[{base}], {x}|mov {x}, cs:[{base}]|mov {x}, ss:[{base}]|rep movsb
mov {d}, [{half}]|mov [{half}], {d}|lea {q}, [{half}]; mov {b}, [{q}]|xlatb|fs xlatb|addr32 rep stosb|es lodsb|gs lodsq
movabs al, [{address}]|movabs [{address}], eax|movabs rax, fs:[{address}]|fs jmp [{base}]""".replace("\n", "|").split(
    "|"
)
HALF = {**DOUBLE, "rsp": "esp", "rbp": "ebp", "r8": "r8d", "r9": "r9d", "r12": "r12d", "r13": "r13d", "r15": "r15d"}
SELECTORS = [0x33, 0x33, 0x33, 0x2B, 0, 3, 0x10, 0x18, 0x30, 0x37, 0x3B, 0xFFFF, 0x53]
FLAG_BITS = [0x202, 0x202, 2, 0x302, 0x40202, 0x200202, 0x20202, 0x3202, 0x4202, 0xFFFFFFFF, 0x10202, 0xA02]
INTO_ITSELF = """mov byte ptr [rip + 1f], 0xf4; 1: nop|mov word ptr [rip + 1f], 0x0b0f; 1: nop; nop
mov byte ptr [rip], 0xcc; nop|inc byte ptr [rip - 5]; hlt|mov ecx, 3; 1: inc byte ptr [rip + 1f]; loop 1b; 1: nop
lea rdi, [rip + 1f]; mov al, 0xf4; mov ecx, 4; rep stosb; 1: nop; nop; nop; nop
lea rdi, [rip]; mov al, 0xcc; mov ecx, 16; rep stosb; .fill 16, 1, 0x90
lock xadd [rip + 1f], {q}; 1: .fill 8, 1, 0x90|push 0x0b0f; pop qword ptr [rip + 1f]; 1: .fill 8, 1, 0x90""".replace(
    "\n", "|"
).split("|")


def fragment(r):
    """One fragment."""
    kind = r.choice(KINDS)
    address, register, other = r.choice(ADDRS), r.choice(REGS), r.choice(REGS[:6])
    base = register if r.random() < 0.75 else r.choice(["rbp", "rsp", "r12", "r13"])
    while other == base:
        other = r.choice(REGS[:6])
    if r.random() < 0.15:
        address = address + r.choice([-8, -4, -1, 1, 3, 7]) & M64
    names = {"q": other, "d": DOUBLE[other], "w": WORD[other], "b": LOW[other], "m": f"[{base}]", "base": base}
    names["x"] = r.choice([other, DOUBLE[other], WORD[other], LOW[other]])
    return MAKERS[kind](r, address, base, names)


def _load(base, address):
    return f"movabs {base}, {address:#x}; "


def _memory(r, address, base, names):
    displacement = r.choice(DISPLACEMENTS)
    other = names["q"]
    index = r.choice(["", "", "", f"+{other}*8", f"+{other}"])
    m = f"[{base}{index}]" if index else f"[{base}{displacement}]"
    before = f"mov {names['d']}, {r.choice([0, 1, 8, 0x1000])}; " if index else ""
    bt = f"neg byte ptr {m}" if index else f"bt qword ptr {m}, {other}"
    if not index and r.random() < 0.4:
        before = r.choice(FLAGS).format_map(names) + "; "
    return _load(base, address) + before + r.choice(MEMORY).format_map({**names, "m": m, "bt": bt})


def _string(r, address, base, names):
    count, target = r.choice([0, 1, 7, 8, 100, 4096, 5000]), r.choice(ADDRS)
    operation = r.choice(STRING)
    registers = f"movabs rsi, {address:#x}; movabs rdi, {target:#x}; mov ecx, {count}; xor eax, eax"
    return f"{registers}; {r.choice(['cld; ', 'cld; ', 'std; '])}{operation}"


def _div(r, address, base, names):
    operation = r.choice(["div", "idiv"])
    low, divisor, high = r.choice(DIVIDENDS), r.choice(DIVISORS), r.choice(HIGH_HALVES)
    registers = f"movabs rax, {low:#x}; movabs rdx, {high:#x}; movabs rcx, {divisor:#x}"
    return f"{registers}; {operation} {r.choice(['cl', 'cx', 'ecx', 'rcx', 'ah', 'dl'])}"


def _int(r, address, base, names):
    number = r.randrange(256)
    return f".byte 0xcd, {number:#x}" if number != 0x80 or r.random() < 0.2 else "ud2"


def _list(r, address, base, names):
    return r.choice(LIST)


def _jump(r, address, base, names):
    ret = "ret" if base == "rsp" else f"push {base}; ret"
    return _load(base, address) + r.choice(JUMP).format_map({**names, "ret": ret})


def _sse(r, address, base, names):
    movnti = f"lddqu xmm0, [{base}]" if base == "rax" else f"movnti [{base}], rax"
    return _load(base, address) + r.choice(SSE).format_map({**names, "movnti": movnti})


def _alu(r, address, base, names):
    return r.choice(ALU)


def _bytes(r, address, base, names):
    code = [r.choice([r.randrange(256), 0x0F, 0x66, 0xF2, 0xF3, 0x48, 0xFF, 0xC7]) for _ in range(r.randint(1, 3))]
    return ".byte " + ", ".join(hex(byte) for byte in code) + ", 0xf4"


def _atomic(r, address, base, names):
    return _load(base, address) + r.choice(ATOMIC).format_map(names)


def _edge(r, address, base, names):
    """An instruction that lies across the end of a page: mprotect makes the page executable, then its bytes."""
    code = r.choice(AT_END).split(", ")
    code = code[: r.choice([1, 2, 3, 4, len(code), len(code)])]
    code = ["0x90"] * r.choice([0, 0, 1, 3]) + code
    at = ZONE + 0x1000 - len(code)
    mprotect = f"mov eax, 10; mov edi, {ZONE:#x}; mov esi, 4096; mov edx, 7; syscall; "
    writes = "".join(f"mov byte ptr [{at + i:#x}], {byte}; " for i, byte in enumerate(code))
    return f"{mprotect}{writes}mov eax, {at:#x}; jmp rax"


def _stack(r, address, base, names):
    """The stack at an odd place."""
    register = r.choice(["rsp", "rsp", "rsp", "rbp"])
    return _load(names["q"], address) + _load(register, r.choice(ADDRS)) + r.choice(STACK).format_map(names)


def _override(r, address, base, names):
    """Segments and sizes of addresses, by prefixes."""
    names = {**names, "half": HALF[base], "address": hex(address)}
    registers = f"movabs rsi, {address:#x}; movabs rdi, {r.choice(ADDRS):#x}; mov ecx, 3; movabs rbx, {address:#x}; "
    return registers + _load(base, address) + r.choice(OVERRIDE).format_map(names)


def _frame(r, address, base, names):
    """iretq from a frame of odd values."""
    where = r.choice(["lea rax, [rip + 1f]", f"movabs rax, {address:#x}"])
    cs, ss = r.choice(SELECTORS), r.choice([0x2B, 0x2B, *SELECTORS])
    sp = r.choice(["rsp", "rsp", "0", "rdi"])
    flags = f"mov ebx, {r.choice(FLAG_BITS):#x}; push rbx"
    return f"{where}; push {ss:#x}; push {sp}; {flags}; push {cs:#x}; push rax; iretq; 1: nop"


def _itself(r, address, base, names):
    """Code that changes itself: mprotect makes the text writable."""
    mprotect = "mov eax, 10; mov edi, 0x401000; mov esi, 4096; mov edx, 7; syscall; "
    return mprotect + r.choice(INTO_ITSELF).format_map(names)


MAKERS = {
    "memory": _memory,
    "string": _string,
    "div": _div,
    "int": _int,
    "list": _list,
    "jump": _jump,
    "sse": _sse,
    "alu": _alu,
    "bytes": _bytes,
    "atomic": _atomic,
    "edge": _edge,
    "stack": _stack,
    "itself": _itself,
    "override": _override,
    "frame": _frame,
}
