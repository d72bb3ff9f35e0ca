"""Programs that do what a program must not do: run natively and here, they must end alike.

Each is Intel syntax for the GNU assembler.  Before it stands PROLOGUE: all registers are zero but for rsp, in the
middle of one page of stack at STACK; r15 = DATA (a page that may be read and written, with nothing behind it);
r14 = TEXT; r13 = NONE (PROT_NONE).  Behind it stands EPILOGUE: exit(42).  Text is two pages, read and execute.
"""

from __future__ import annotations

TEXT, DATA, NONE, STACK = 0x2000_0000, 0x2001_0000, 0x2002_0000, 0x2003_0000
REGISTERS = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "r8d", "r9d", "r10d", "r11d", "r12d")
PROLOGUE = (
    f"movabs rsp, {STACK + 0x800}; movabs r15, {DATA}; movabs r14, {TEXT}; movabs r13, {NONE};"
    + "".join(f"xor {register}, {register};" for register in REGISTERS)
    + "test eax, eax; cld; clc"
)
EPILOGUE = "mov eax, 60; mov edi, 42; syscall"
HIGH = "movabs rax, 0x8000000000000000"  # not canonical
VSYSCALL = "mov rax, -0xa00000"
KERNEL = "movabs rax, 0xffffffff81000000"
FLDCW = "mov dword ptr [r15], {}; fldcw [r15]"
MXCSR = "mov dword ptr [r15], {}; ldmxcsr [r15]; cvtsi2sd xmm0, r15; cvtsi2ss xmm1, r15d; pxor xmm2, xmm2"

IRETD = (
    "sub rsp, 20; lea rax, 1f[rip]; mov [rsp], eax; mov dword ptr [rsp + 4], {cs}; mov dword ptr [rsp + 8], {flags};"
    "lea rax, [rsp + 20]; mov [rsp + 12], eax; mov dword ptr [rsp + 16], {ss}; .byte 0xcf; 1: nop; nop"
)
FAR_RETURN = "sub rsp, 8; lea rax, 1f[rip]; mov [rsp], eax; mov dword ptr [rsp + 4], {cs}; {code}; 1: push rax"
FAR_CALL = (
    "lea rbx, 1f[rip]; mov [r15 + 16], ebx; mov dword ptr [r15 + 20], {cs}; {before}; mov rsp, {sp};"
    "call fword ptr [r15 + 16]; mov edi, 41; mov eax, 60; syscall; 1: nop"
)

# Bytes at the end of text, which has to be writable for that; rcx is where they stand.
PUT = (
    f"mov rdi, {TEXT + 0x1000}; mov esi, 4096; mov edx, 7; mov eax, 10; syscall; xor eax, eax;"
    "lea rcx, [r14 + 0x2000 - {size}]; mov dword ptr [rcx - 4 + {size}], {code:#x} << (32 - 8 * {size}); push 0"
)
CASES: dict[str, str] = {
    "no fault": "nop",
    # Pages.
    "read of NULL": "mov eax, [rax]",
    "write to NULL": "mov [rax], eax",
    "zeros for code": ".byte 0, 0",
    "read of an unmapped page": "mov eax, [r15 + 0x5004]",
    "write to an unmapped page": "mov [r15 + 0x5004], eax",
    "read of the kernel": f"{KERNEL}; mov ebx, [rax]",
    "write to the kernel": f"{KERNEL}; mov [rax], ebx",
    "jump to the kernel": f"{KERNEL}; jmp rax",
    "call of the kernel": f"{KERNEL}; call rax",
    "the last address of all": "mov rax, -1; mov bl, [rax]",
    "the vsyscall page's neighbour": "mov rax, -0x300000; mov bl, [rax]",
    "vsyscall: time": f"{VSYSCALL}; add rax, 0x400; call rax",
    "vsyscall: a second entry's byte": f"{VSYSCALL}; add rax, 0x401; call rax",
    "vsyscall: getcpu": f"{VSYSCALL}; add rax, 0x800; mov rdi, r15; lea rsi, [r15 + 4]; call rax",
    "vsyscall: a fourth entry": f"{VSYSCALL}; add rax, 0xc00; call rax",
    "vsyscall: a bad pointer": f"{VSYSCALL}; mov rdi, r13; call rax",
    "vsyscall: a pointer to text": f"{VSYSCALL}; mov rdi, r14; call rax",
    "vsyscall: a bad time zone": f"{VSYSCALL}; mov rdi, r15; mov esi, 1; call rax",
    "vsyscall: a pointer to the kernel": f"{VSYSCALL}; mov rdi, rax; call rax",
    "vsyscall: no stack": f"{VSYSCALL}; mov rsp, r13; jmp rax",
    "vsyscall: a read": f"{VSYSCALL}; mov bl, [rax]",
    "vsyscall: a write": f"{VSYSCALL}; mov [rax], bl",
    "vsyscall: the page behind it": f"{VSYSCALL}; add rax, 0x1000; jmp rax",
    "the first address past user space": "movabs rax, 0x7ffffffff000; mov bl, [rax]",
    "jump to NULL": "jmp rax",
    "call of NULL": "call rax",
    "jump to an unmapped page": "lea rax, [r15 + 0x3003]; jmp rax",
    "return to an unmapped page": "push 0x12345; ret",
    "write to own text": "mov [r14 + 8], eax",
    "add to own text": "add dword ptr [rip], 1",
    "execute the stack": "mov dword ptr [rsp], 0x90909090; jmp rsp",
    "execute data": "mov dword ptr [r15], 0x90909090; jmp r15",
    "call data": "call r15",
    "read of PROT_NONE": "mov eax, [r13 + 4]",
    "write to PROT_NONE": "mov [r13 + 4], eax",
    "jump to PROT_NONE": "jmp r13",
    "read across the end of a page": "mov rax, [r15 + 4092]",
    "write across the end of a page": "mov [r15 + 4092], rax",
    "read across the end by one byte": "mov rax, [r15 + 4089]",
    "SSE read across the end of a page": "movups xmm0, [r15 + 4084]",
    "SSE write across the end of a page": "movups [r15 + 4092], xmm0",
    "read across the beginning of a page": "mov rax, [r15 - 4]",
    "write across the beginning of a page": "mov [r15 - 4], rax",
    "string copy off the end": "mov rsi, r15; lea rdi, [r15 + 4000]; mov ecx, 200; rep movsb",
    "string copy down the beginning": "std; mov rsi, r15; lea rdi, [r15 + 100]; mov ecx, 200; rep movsb",
    "string store off the end": "lea rdi, [r15 + 4001]; mov ecx, 200; rep stosq",
    "string compare off the end": "mov rsi, r15; lea rdi, [r15 + 8]; mov ecx, 5000; repe cmpsb",
    "string scan off the end": "mov rdi, r15; mov ecx, 5000; mov al, 1; repne scasb",
    "stack overflow by push": "1: push rax; jmp 1b",
    "stack overflow by call": "1: call 1b",
    "stack underflow by pop": "1: pop rax; jmp 1b",
    "push onto an unmapped page": "mov rsp, 0x5000; push rax",
    "pop from an unmapped page": "mov rsp, 0x5000; pop rax",
    "call with an unmapped stack": "mov rsp, 0x5000; call r14",
    "ret with an unmapped stack": "mov rsp, 0x5000; ret",
    "enter with an unmapped stack": "mov rsp, 0x5000; enter 16, 0",
    "leave with an unmapped frame": "mov ebp, 0x5000; leave",
    "push from an unmapped page": "push qword ptr [rax + 0x30]",
    "pop to an unmapped page": "pop qword ptr [rax + 0x30]",
    "xchg with own text": "xchg [r14], eax",
    "locked add to own text": "lock add [r14], eax",
    "cmpxchg with own text": "lock cmpxchg [r14], eax",
    "cmpxchg16b with an unmapped page": "lock cmpxchg16b [r15 + 0x1000]",
    "bts far off": "mov eax, 0x40000; bts [r15], eax",
    "xlat of an unmapped page": "mov ebx, 0x7000; mov al, 9; xlatb",
    "fld of an unmapped page": "fld qword ptr [rax + 0x88]",
    "fstp to own text": "fldz; fstp qword ptr [r14]",
    "a fault in the middle of a block": "mov eax, 5; add eax, 7; mov rbx, [rax]; ud2",
    "a fault at the end of text": "lea rax, [r14 + 0x1ffc]; jmp rax",
    "falling off the end of text": "lea rax, [r14 + 0x2000]; jmp rax",
    # Addresses that are not canonical.
    "non-canonical read": f"{HIGH}; mov ebx, [rax]",
    "non-canonical write": f"{HIGH}; mov [rax], ebx",
    "non-canonical jump": f"{HIGH}; jmp rax",
    "non-canonical call": f"{HIGH}; call rax",
    "non-canonical ret": f"{HIGH}; push rax; ret",
    "the first non-canonical address": "movabs rax, 0x800000000000; mov bl, [rax]",
    "the last non-canonical address": "movabs rax, 0xffff7fffffffffff; mov bl, [rax]",
    "non-canonical push": f"{HIGH}; mov rsp, rax; push rax",
    "non-canonical pop": f"{HIGH}; mov rsp, rax; pop rax",
    "call with a non-canonical stack": f"{HIGH}; mov rsp, rax; call r14",
    "ret with a non-canonical stack": f"{HIGH}; mov rsp, rax; ret",
    "read through rsp": f"{HIGH}; mov rsp, rax; mov eax, [rsp]",
    "read through rsp with an index": f"{HIGH}; mov rsp, rax; mov eax, [rsp + rbx * 2 + 5]",
    "read with rsp's value": f"{HIGH}; mov rsp, rax; mov ecx, [rax]",
    "read through rbp": f"{HIGH}; mov rbp, rax; mov eax, [rbp - 8]",
    "write through rbp": f"{HIGH}; mov rbp, rax; mov [rbp - 8], eax",
    "read through rbp with an index": f"{HIGH}; mov rbp, rax; mov eax, [rbp + rcx]",
    "read with rbp as index": f"{HIGH}; mov rbp, rax; mov eax, [rcx + rbp]",
    "leave with a non-canonical frame": f"{HIGH}; mov rbp, rax; leave",
    "enter with a non-canonical stack": f"{HIGH}; mov rsp, rax; enter 8, 0",
    "push from a non-canonical address": f"{HIGH}; push qword ptr [rax]",
    "pop to a non-canonical address": f"{HIGH}; pop qword ptr [rax]",
    "push of r15 with a non-canonical stack": f"{HIGH}; mov rsp, rax; push qword ptr [r15]",
    "pushf with a non-canonical stack": f"{HIGH}; mov rsp, rax; pushf",
    "call through a non-canonical pointer": f"{HIGH}; call [rax]",
    "non-canonical string copy": f"{HIGH}; mov rdi, rax; mov rsi, r15; movsb",
    "non-canonical string source": f"{HIGH}; mov rsi, rax; mov rdi, r15; movsb",
    "fs prefix on rbp": f"{HIGH}; mov rbp, rax; mov eax, fs:[rbp]",
    "ds prefix on rbp": f"{HIGH}; mov rbp, rax; .byte 0x3e; mov eax, [rbp]",
    "ss prefix on rax": f"{HIGH}; .byte 0x36; mov eax, [rax]",
    # Instructions of the kernel's.
    "cli": "cli",
    "sti": "sti",
    "hlt": "hlt",
    "in al, imm": "in al, 0x60",
    "in al, dx": "in al, dx",
    "in eax, dx": "mov edx, 0x3f8; in eax, dx",
    "out imm, al": "out 0x80, al",
    "out dx, al": "out dx, al",
    "insb": "mov rdi, r15; insb",
    "insb to NULL": "insb",
    "rep insb": "mov rdi, r15; mov ecx, 4; rep insb",
    "outsb": "mov rsi, r15; outsb",
    "outsb from NULL": "outsb",
    "rep outsd": "mov rsi, r15; mov ecx, 3; rep outsd",
    "in, then a store": "in al, dx; mov [rax], eax",
    "mov from cr0": "mov rax, cr0",
    "mov to cr3": "mov cr3, rax",
    "mov from cr8": "mov rax, cr8",
    "mov from dr7": "mov rax, dr7",
    "rdmsr": "rdmsr",
    "wrmsr": "wrmsr",
    "rdpmc": "rdpmc",
    "prefixed rdpmc": ".byte 0x66, 0x0f, 0x33",
    "lgdt": "lgdt [r15]",
    "lgdt of NULL": "lgdt [rax]",
    "lidt": "lidt [r15]",
    "lldt": "lldt ax",
    "ltr": "ltr ax",
    "lmsw": "lmsw ax",
    "clts": "clts",
    "invd": "invd",
    "wbinvd": "wbinvd",
    "invlpg": "invlpg [r15]",
    "swapgs": "swapgs",
    "sysretq": "sysretq",
    "sysexit": ".byte 0x0f, 0x35",
    "monitor": "monitor",
    "iretq from zeros": "iretq",
    "iretd from zeros": "iretd",
    "iretq to the kernel": "push 0x18; push rsp; push 2; push 0x10; push r14; iretq",
    "iretq that is right": "mov rax, rsp; push 0x2b; push rax; push 0x202; push 0x33; lea rbx, [rip + 3]; push rbx; "
    "iretq",
    "retf": ".byte 0xcb",
    "retf to the kernel": "push 0x10; push r14; rex.W retf",
    "far jump to the kernel": "mov word ptr [r15 + 4], 0x10; jmp fword ptr [r15]",
    "far call to nothing": "call fword ptr [r15]",
    "mov ss, 0": "mov ss, eax",
    "mov ss, kernel data": "mov eax, 0x18; mov ss, eax",
    "mov ss, user data": "mov eax, 0x2b; mov ss, eax",
    "mov ds, 0": "mov ds, eax",
    "mov ds, user data": "mov eax, 0x2b; mov ds, eax",
    "mov ds, kernel data": "mov eax, 0x10; mov ds, eax",
    "mov ds, past the table": "mov eax, 0xfff3; mov ds, eax",
    "mov es, kernel data": "mov eax, 0x18; mov es, eax",
    "mov fs, nothing": "mov eax, 0x800; mov fs, eax",
    "pop fs": "push 0; pop fs",
    "pop gs, kernel data": "push 0x18; pop gs",
    "mov cs": ".byte 0x8e, 0xc8",
    "mov cr1": ".byte 0x0f, 0x20, 0xc8",
    "sti by popf": "pushf; or dword ptr [rsp], 0x200; popf",
    "iopl by popf": "pushf; or dword ptr [rsp], 0x3000; popf; cli",
    # Interrupts and traps.
    "int3": "int3",
    "prefixed int3": ".byte 0x66, 0xcc",
    "int 3 in two bytes": ".byte 0xcd, 3",
    "int1": ".byte 0xf1",
    "trap flag": "pushf; or dword ptr [rsp], 0x100; popf; nop; nop",
    "trap flag before a fault": "pushf; or dword ptr [rsp], 0x100; popf; ud2",
    "trap flag before a jump": "pushf; or dword ptr [rsp], 0x100; popf; jmp 1f; ud2; 1: nop",
    "trap flag before a store": "pushf; or dword ptr [rsp], 0x100; popf; mov [r15], eax; nop",
    "trap flag before a system call": "mov eax, 39; pushf; or dword ptr [rsp], 0x100; popf; syscall; nop",
    "trap flag before a string": "mov rdi, r15; mov ecx, 3; pushf; or dword ptr [rsp], 0x100; popf; rep stosb",
    **{
        f"int {n:#x}": f".byte 0xcd, {n}"
        for n in (0, 1, 2, 4, 5, 6, 7, 8, 0xB, 0xD, 0xE, 0x10, 0x13, 0x20, 0x2D, 0x81, 0xFF)
    },
    "int 0xd before a divide": ".byte 0xcd, 0xd; div ecx",
    "divide after the bytes of int 0": "mov ebx, 0xcd; jmp 1f; .byte 0xcd, 0; 1: div ecx",
    # Undefined instructions.
    "ud2": "ud2",
    "ud2 with a prefix": ".byte 0x66; ud2",
    "ud1": ".byte 0x0f, 0xb9, 0xc0",
    "ud0": ".byte 0x0f, 0xff, 0xc0",
    "push cs": ".byte 0x0e",
    "pop es": ".byte 0x07",
    "pusha": ".byte 0x60",
    "aaa": ".byte 0x37",
    "daa": ".byte 0x27",
    "into": ".byte 0xce",
    "salc": ".byte 0xd6",
    "les": ".byte 0xc4, 0x00",
    "lds": ".byte 0xc5, 0x00, 0x00",
    "bound": ".byte 0x62, 0x00",
    "far call, old": ".byte 0x9a, 0, 0, 0, 0, 0, 0",
    "far jump, old": ".byte 0xea, 0, 0, 0, 0, 0, 0",
    "aam": ".byte 0xd4, 0x0a",
    "group 82": ".byte 0x82, 0xc0, 0x01",
    "undefined 0f 04": ".byte 0x0f, 0x04",
    "undefined 0f 24": ".byte 0x0f, 0x24, 0xc0",
    "ff /7": ".byte 0xff, 0xf8",
    "fe /2": ".byte 0xfe, 0xd0",
    "lea of a register": ".byte 0x8d, 0xc0",
    "locked nop": ".byte 0xf0, 0x90",
    "locked add of registers": ".byte 0xf0; add eax, eax",
    "locked mov": ".byte 0xf0; mov [r15], eax",
    "locked cmp": ".byte 0xf0; cmp [r15], eax",
    "locked add of memory": "lock add [r15], eax",
    "locked ud2": ".byte 0xf0; ud2",
    "locked push": ".byte 0xf0; push rax",
    "locked bts of registers": ".byte 0xf0; bts edx, ebp",
    "locked btc of registers, prefixed": ".byte 0x66, 0xf0, 0x48; btc dx, bp",
    "locked bt with a number": ".byte 0xf0, 0x0f, 0xba, 0xe0, 0x03",
    "locked bts with a number": ".byte 0xf2, 0xf0, 0x0f, 0xba, 0xe8, 0x03",
    "locked bts of memory": "lock bts [r15], eax",
    "locked bts behind a fault": "mov eax, [rax]; .byte 0xf0, 0x0f, 0xab, 0xea",
    "locked bts behind a jump": "jmp 1f; .byte 0xf0, 0x0f, 0xab, 0xea; 1: nop",
    "locked bts, entered behind the lock": "jmp 1f; .byte 0xf0; 1: .byte 0x0f, 0xab, 0xea",
    "the bytes of a locked bts in a number": "mov ebx, 0xeaab0ff0",
    "sixteen prefixes": ".byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, "
    "0x66, 0x90",
    "fifteen bytes": ".byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90",
    "rsm": "rsm",
    "getsec": ".byte 0x0f, 0x37",
    # Arithmetic.
    "divide by zero": "mov eax, 5; div ecx",
    "divide by zero in memory": "div dword ptr [r15]",
    "byte divide by zero": "div cl",
    "64-bit divide by zero": "div rcx",
    "16-bit divide by zero": "div cx",
    "signed divide by zero": "idiv ecx",
    "64-bit signed divide by zero": "idiv r12",
    "divide overflow": "mov edx, 5; mov ecx, 5; div ecx",
    "INT_MIN / -1": "mov eax, 0x80000000; cdq; mov ecx, -1; idiv ecx",
    "LONG_MIN / -1": "movabs rax, 0x8000000000000000; cqo; mov rcx, -1; idiv rcx",
    "byte quotient too large": "mov eax, 0x1000; mov cl, 2; div cl",
    "divide by zero after flags": "cmp eax, 1; adc ebx, 5; div ecx",
    "a good divide": "mov eax, 50; mov ecx, 7; div ecx",
    "x87 divide by zero, masked": "fld1; fldz; fdivp; fwait",
    "x87 divide by zero": "fldz; fld1; mov dword ptr [r15], 0x37b; fldcw [r15]; fdiv st(0), st(1); fwait",
    "SSE divide by zero, masked": "cvtsi2sd xmm0, r15; pxor xmm2, xmm2; divsd xmm0, xmm2",
    "SSE mxcsr with reserved bits": "mov dword ptr [r15], 0xffff0000; ldmxcsr [r15]",
    **{
        f"SSE {name}, mxcsr {mxcsr:#x}": f"{MXCSR.format(mxcsr)}; {name}"
        for mxcsr in (0x1F80, 0x1D80, 0x1F00)
        for name in (
            *("divsd xmm0, xmm2", "divss xmm1, xmm2", "divpd xmm0, xmm2", "divps xmm1, xmm2"),
            *("divsd xmm2, xmm2", "divsd xmm2, xmm0", "divsd xmm0, [r15 + 64]", "divps xmm1, [r15 + 64]"),
            *("divss xmm1, [rax]", "nop; divsd xmm9, xmm10", "divpd xmm0, [r15 + 64]", "divsd xmm0, xmm0"),
        )
    },
    "SSE divide with both unmasked": f"{MXCSR.format(0x1D00)}; divpd xmm0, xmm2",
    "SSE divide of a signalling NaN": f"{MXCSR.format(0x1F00)}; movabs rax, 0x7ff0000000000001; movq xmm3, rax; "
    "divsd xmm3, xmm0",
    "SSE divide of a quiet NaN": f"{MXCSR.format(0x1D00)}; movabs rax, 0x7ff8000000000001; movq xmm3, rax; "
    "divsd xmm3, xmm2",
    "SSE divide of infinities": f"{MXCSR.format(0x1D00)}; movabs rax, 0x7ff0000000000000; movq xmm3, rax; "
    "divsd xmm3, xmm3",
    "SSE divide of infinity by zero": f"{MXCSR.format(0x1D00)}; movabs rax, 0x7ff0000000000000; movq xmm3, rax; "
    "divsd xmm3, xmm2",
    "SSE divide after masking again": f"{MXCSR.format(0x1D80)}; mov dword ptr [r15], 0x1f80; ldmxcsr [r15]; "
    "divsd xmm0, xmm2",
    "SSE divide by fxrstor's mxcsr": "fxsave [r15]; mov dword ptr [r15 + 24], 0x1d80; fxrstor [r15]; "
    "cvtsi2sd xmm0, r15; pxor xmm2, xmm2; divsd xmm0, xmm2",
    "SSE divide in a loop": f"{MXCSR.format(0x1D80)}; mov ecx, 5; cvtsi2sd xmm2, rcx; 1: divsd xmm0, xmm2; dec ecx; "
    "cvtsi2sd xmm2, rcx; test ecx, ecx; jns 1b",
    # The end of a page of code: what stands last is executed, and what lies across it is not.
    **{
        f"at the end of text: {code}": f"{PUT.format(code=value, size=size)}; jmp rcx"
        for code, value, size in (
            *(("nop; nop", 0x9090, 2), ("ud2", 0x0B0F, 2), ("half a mov", 0x8B90, 2), ("hlt", 0xF490, 2)),
            *(("ret to NULL", 0xC390, 2), ("mov eax, [rax]", 0x008B, 2), ("mov [rax], eax", 0x0089, 2)),
            *(("jmp to the next", 0x00EB, 2), ("jmp back to ud2", 0xFCEB0B0F, 4), ("half a jmp", 0xEB90, 2)),
        )
    },
    # There, a store into itself is done once: the byte that it has made is loaded, and is an address.
    **{
        f"at the end of text, into itself: {code}": f"{PUT.format(code=value, size=4)}; mov rax, rcx; jmp rcx"
        for code, value in (
            *(("inc byte ptr [rax]; xor al, al", 0xC03000FE), ("mov byte ptr [rax + 2], 0", 0x000240C6)),
            ("inc byte ptr [rax]; mov al, [rax]", 0x008A00FE),
        )
    },
    # Operands across the end of user space, and across two pages.
    **{
        f"across 0x800000000000: {code}": f"movabs rbx, 0x7fffffffffff; {code}"
        for code in (
            *("mov rax, [rbx]", "mov [rbx], rax", "inc word ptr [rbx]", "lock cmpxchg [rbx], rcx", "mov al, [rbx]"),
            *("movups xmm0, [rbx]", "push qword ptr [rbx]", "mov rsp, rbx; pop rax", "lea rsp, [rbx + 5]; push rax"),
            *("mov rbp, rbx; mov eax, [rbp]", "jmp [rbx]", "mov rsi, rbx; mov rdi, r15; movsd", "jmp rbx"),
        )
    },
    **{  # ten bytes are eight and two
        f"across 0x800000000000 at -{before}: {code}": f"movabs rbx, 0x800000000000 - {before}; {code}"
        for before in (10, 9, 8, 7)
        for code in ("fld tbyte ptr [rbx]", "fldz; fstp tbyte ptr [rbx]")
    },
    **{
        f"{code} across pages at {at}": f"mov rbx, {at}; {code}"
        for at in ("0x20010ffc", "0x20001ffc", "0x2000fffc", "0x20000ffc")
        for code in (
            *("add [rbx], rax", "lock add [rbx], rax", "inc qword ptr [rbx]", "xchg [rbx], rax", "mov [rbx], rax"),
            *("pop qword ptr [rbx]", "cmp [rbx], rax", "setz [rbx]", "fstp tbyte ptr [rbx]"),
        )
    },
    "pop to what rsp then is": f"mov rsp, {TEXT + 0x40}; pop qword ptr [rsp]",
    "pop to what rsp then is, with an index": f"mov rsp, {TEXT + 0x40}; mov ecx, 1; pop qword ptr [rsp + rcx * 8 + 8]",
    "string compare of two in one page": "mov esi, 0x10; mov edi, 0x18; cmpsb",
    **{
        f"x87 exception, {control:#x}, then {code}": f"{FLDCW.format(control)}; fld1; fldz; fdivp; {code}"
        for control in (0x37B, 0x37F)
        for code in (
            *("fwait", "fnop", "fst qword ptr [r15]", "fnclex; fwait", "fninit; fld1", "nop; fld1", "fnstsw ax; nop"),
            *("fnstcw [r15]; fldz", "fxsave [r15]", "fstp st(0); nop", "fwait; mov eax, [rax]"),
        )
    },
    "x87 exception, unmasked by fldenv": "fnstenv [r15]; mov word ptr [r15], 0x37b; fldenv [r15];"
    "fld1; fldz; fdivp; fld1",
    "x87 exception, masked again": f"{FLDCW.format(0x37B)}; {FLDCW.format(0x37F)}; fld1; fldz; fdivp; fld1",
    "enter with levels": "lea rbp, [r15 + 0x10]; enter 0x10, 4",
    # What the emulator has got wrong one by one.
    "ret 0x8000": "push r15; ret 0x8000",
    "ret 0x8000, then the stack": "lea rax, 1f[rip]; push rax; ret 0x8000; 1: pop rbx",
    "ret 0x7fff, then the stack": "lea rax, 1f[rip]; push rax; ret 0x7fff; 1: pop rbx",
    "ret 0x8000 off an empty stack": "mov rsp, 0x5000; ret 0x8000",
    "clflush": "clflush [r15 + 8]",
    "clflush of NULL": "clflush [rax]",
    "clflush of own text": "clflush [r14]",
    "clflush of PROT_NONE": "clflush [r13]",
    "clflush of the kernel": f"{KERNEL}; clflush [rax]",
    "clflush of no address": f"{HIGH}; clflush [rax]",
    "clflush through rbp of no address": f"{HIGH}; mov rbp, rax; clflush [rbp]",
    "xabort": "xabort 1",
    "3DNow!": ".byte 0x0f, 0x0f, 0xc0, 0x9e",
    "3DNow! of NULL": ".byte 0x0f, 0x0f, 0x00, 0x9e",
    "xbegin": ".byte 0xc7, 0xf8, 0, 0, 0, 0",
    "no xbegin at all": ".byte 0xc7, 0xff, 0xf4",
    # What works.
    "rdtsc": "rdtsc; rdtsc",
    "rdtscp": "rdtscp",
    "cpuid": "cpuid",
    "pause": "pause; mfence; lfence",
    "flags": "pushf; pop rax; push rax; popf; std; cld",
    "prefetch of NULL": "prefetchnta [rax]",
    "nop of NULL": "nop dword ptr [rax]",
    "lea of NULL": "lea rbx, [rax]",
    "cmov of NULL": "cmp eax, 1; cmove ebx, [rax]",
    "sgdt": "smsw eax",
    "verr": "verr ax",
    # Far transfers: what iret, far return and far call take for selectors, a stack, and flags.
    **{
        f"iretd, cs {cs:#x}, ss {ss:#x}, flags {flags:#x}": IRETD.format(cs=cs, ss=ss, flags=flags)
        for cs, ss, flags in (
            *((0x33, 0x2B, 0x202), (0x33, 0x2B, 0x20202), (0x40, 0x40, 0x20202), (0x50, 0x50, 0x20202)),
            *((0x33, 0x50, 0x20202), (0x33, 0, 0x202), (0, 0x2B, 0x202), (0x10, 0x18, 0x202), (0x30, 0x28, 0x202)),
            *((0x33, 0x2B, 0x302), (0x33, 0x2B, 0x3202), (0x33, 0x2B, 0x4202), (0x7, 0xF, 0x202)),
        )
    },
    "iretq": "push 0x2b; push rsp; add qword ptr [rsp], 8; pushf; push 0x33; lea rax, 1f[rip]; push rax; iretq; 1: nop",
    "iretq to no address": f"{HIGH}; push 0x2b; push rsp; pushf; push 0x33; push rax; iretq",
    "iretq in a nested task": "push 0x4202; popf; push 0x2b; push rsp; pushf; push 0x33; push r14; iretq",
    "iretq off the end of the stack": "add rsp, 0x7e8; iretq",
    "iretq from the kernel": f"{KERNEL}; mov rsp, rax; iretq",
    "iretd from the kernel": f"{KERNEL}; mov rsp, rax; .byte 0xcf",
    "iretq from no address": f"{HIGH}; mov rsp, rax; iretq",
    "far return": FAR_RETURN.format(cs=0x33, code=".byte 0xcb"),
    "far return that drops words": FAR_RETURN.format(cs=0x33, code=".byte 0xca, 8, 0"),
    "far return that drops many": FAR_RETURN.format(cs=0x33, code=".byte 0xca, 0, 0xf0"),
    "far return to the kernel": FAR_RETURN.format(cs=0x10, code=".byte 0xcb"),
    "far return to what is not there": FAR_RETURN.format(cs=0x50, code=".byte 0xcb"),
    "far return with less privilege": FAR_RETURN.format(cs=0x30, code=".byte 0xcb"),
    "far return of 8 bytes": "push 0x33; lea rax, 1f[rip]; push rax; .byte 0x48, 0xcb; 1: nop",
    "far return out of kernel memory": f"{KERNEL}; mov rsp, rax; .byte 0xcb",
    "far return out of no address": f"{HIGH}; mov rsp, rax; .byte 0x48, 0xcb",
    "far return off the end of the stack": "add rsp, 0x7fc; .byte 0xcb",
    **{
        f"far call to {cs:#x}": FAR_CALL.format(cs=cs, before="", sp="rsp")
        for cs in (0x33, 0x30, 0x32, 0x10, 0, 0x50, 0x2B, 0x7)
    },
    "far call with a stack in the kernel": FAR_CALL.format(cs=0x33, before=KERNEL, sp="rax"),
    "far call with a stack at no address": FAR_CALL.format(cs=0x33, before=HIGH, sp="rax"),
    "far call with a stack that cannot be written": FAR_CALL.format(cs=0x33, before="lea rax, [r14 + 64]", sp="rax"),
    "far call with a stack across two pages": FAR_CALL.format(cs=0x33, before="lea rax, [r15 + 4]", sp="rax"),
    "far call through NULL": "call fword ptr [rax]",
    "far call through the end of a page": "call fword ptr [r15 + 4094]",
    "far call of a register": ".byte 0xff, 0xd8",
    "far jump": "lea rax, 1f[rip]; mov [r15], eax; mov dword ptr [r15 + 4], 0x33; jmp fword ptr [r15]; 1: nop",
    # Descriptors, which the CPU itself reads.
    "segment registers": "mov eax, 0x2b; mov ds, eax; mov es, eax; rdtsc; mov eax, ds; mov ebx, es; rdtsc",
    "segment register of the kernel": "mov eax, 0x18; mov ds, eax",
    "segment register that is not there": "mov eax, 0x50; mov ds, eax",
    "lar and lsl": "mov ecx, 0x2b; lar ebx, ecx; lsl edx, ecx; mov ecx, 0x10; lsl eax, ecx",
    "verr and verw": "mov ecx, 0x2b; verr cx; verw cx; mov ecx, 0x10; verr cx",
    "lss": "mov dword ptr [r15], 0x20010800; mov dword ptr [r15 + 4], 0x2b; lss esp, [r15]; pop rax",
    "pop with an odd encoding": f"{KERNEL}; push 1; .byte 0x8f, 0x30",
}
