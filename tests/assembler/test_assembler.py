"""Programs as students write them, in either dialect; every mistake told with its place; and never a crash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kshell import assembler
from kshell.assembler import Image, assemble, available
from kshell.assembler.problems import AsmError, AsmProblem, KeystoneMissing

pytestmark = pytest.mark.skipif(not available(), reason="Keystone is not installed on this machine")

GAS_HELLO = """
.intel_syntax noprefix
.globl _start
.section .data
msg: .ascii "Hello, world!\\n"
len = . - msg
.text
_start:
    mov eax, 1      # write; not a statement
    mov edi, 1
    lea rsi, [rip + msg]
    mov edx, OFFSET len    // length
    syscall
    mov eax, 60 /* exit
    over lines */
    xor edi, edi
    syscall
"""

GAS_WORK = """
.intel_syntax noprefix
.globl _start
.text
_start:
    xor ebx, ebx; mov ecx, 10
1:  add rbx, rcx
    dec rcx
    jnz 1b
    jmp 1f
    hlt
1:  add rbx, QWORD PTR val[rip]
    add rbx, [val]
    push rbx
    call double
    add rsp, 8
    mov QWORD PTR number[rip], rax
    cvtsi2sd xmm0, rax
    mulsd xmm0, half[rip]
    cvttsd2si rdi, xmm0
    call print
    mov rsi, OFFSET FLAT:bye
    mov edi, 1
    mov edx, OFFSET byelen
    mov eax, edi
    syscall
    mov edi, 7
    mov eax, 60
    syscall
double:
    push rbp
    mov rbp, rsp
    mov rax, 16[rbp]
    add rax, rax
    leave
    ret
print:                      # the decimal digits of rdi
    lea rsi, [rip + buf + 20]
    mov byte ptr [rsi], '\\n'
    mov rax, rdi
    mov ecx, 10
.Lnext:
    xor edx, edx
    div rcx
    add dl, '0'
    dec rsi
    mov [rsi], dl
    test rax, rax
    jnz .Lnext
    lea rdx, [rip + buf + 21]
    sub rdx, rsi
    mov edi, 1
    mov eax, 1
    syscall
    ret
.section .rodata
bye: .asciz "bye\\t\\x21\\12"
.set byelen, . - bye - 1
    .balign 8
half: .double 0.5
.data
val: .quad 3
.bss
    .align 16
number: .skip 8
buf: .space 32
"""

NASM_WORK = """; NASM's dialect; don't stop at the quote
bits 64
default rel
global _start
STDOUT equ 1
section .data
msg db "It's ", 'x"y', 10, 0     ; text; with a semicolon
len equ $ - msg - 1
table: dq f1, f2
half dd 0.5
section .bss
buf resb 16
section .text
_start:
    mov rax, 1          ; syscall number
    mov rdi, STDOUT
    mov rsi, msg
    mov rdx, len
    syscall
    lea rbx, [rel table]
    call [rbx]
    call qword [rbx + 8]
    mov r12, rcx        ; syscall overwrites rcx
    mov byte [buf], 'A'
    mov byte [buf + 1], 0ah
    mov rax, 1
    mov rdi, 1
    lea rsi, [buf]
    mov edx, 10b
    syscall
    mov rax, 60
    mov rdi, r12
    syscall
f1:
    xor ecx, ecx
.loop:
    inc rcx
    cmp rcx, 5
    jne short .loop
    ret
f2:
    mov edx, 3
.loop:
    add ecx, 2
    dec edx
    jnz .loop
    times 3 nop
    ret
"""

OUTPUT = [
    ("GAS hello", GAS_HELLO, b"Hello, world!\n", 0),
    ("GAS work", GAS_WORK, b"61\nbye\t!\n", 7),
    ("NASM work", NASM_WORK, b"It's x\"y\nA\n", 11),
]

LOADER = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
int main(int argc, char **argv) {
    for (int i = 2; i + 2 < argc; i += 3) {
        unsigned long at = strtoul(argv[i], 0, 0), size = strtoul(argv[i + 1], 0, 0);
        char *p = mmap((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (p != (char *)at) return 99;
        FILE *f = fopen(argv[i + 2], "rb");
        fread(p, 1, size, f);
        fclose(f);
    }
    ((void (*)(void))strtoul(argv[1], 0, 0))();
}
"""


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that puts an image at its addresses and jumps to its entry, on this machine's own CPU."""
    import platform

    if sys.platform != "linux" or platform.machine() != "x86_64" or not shutil.which("gcc"):
        pytest.skip("running an image natively needs Linux on x86-64 with gcc")
    folder = tmp_path_factory.mktemp("native")
    (folder / "loader.c").write_text(LOADER)
    subprocess.run(["gcc", "-O1", "-w", "-o", folder / "loader", folder / "loader.c"], check=True)
    return folder


@pytest.mark.parametrize(("name", "source", "output", "status"), OUTPUT)
def test_a_course_program_runs_on_a_real_cpu(name: str, source: str, output: bytes, status: int, native: Path) -> None:
    image = assemble(source, 0x10401000, name)
    command = [str(native / "loader"), hex(image.entry)]
    for address, data, size, _ in image.segments:
        part = native / f"{address:x}.bin"
        part.write_bytes(data)
        command += [hex(address), hex(size), str(part)]
    done = subprocess.run(command, capture_output=True, timeout=10, check=False)
    assert (done.stdout, done.returncode) == (output, status)


def test_each_section_has_pages_and_protection_of_its_own() -> None:
    image = assemble(GAS_WORK)
    assert [(a, p) for a, _, _, p in image.segments] == [
        (0x401000, "r-x"), (0x402000, "r--"), (0x403000, "rw-"), (0x404000, "rw-"),
    ]  # fmt: skip
    address, data, size, _ = image.segments[-1]
    assert (data, size) == (b"", 40)
    assert image.symbols["buf"] == address + 8
    assert image.text == image.segments[0][1]


def test_the_entry_is_start_or_else_the_first_byte() -> None:
    assert assemble("nop\n_start: nop").entry == 0x401001
    assert assemble("nop\nfoo: nop").entry == 0x401000


def test_every_instruction_knows_its_line() -> None:
    assert assemble("nop\n\nx: mov eax, 1\n  jmp x").lines == {0x401000: 1, 0x401001: 3, 0x401006: 4}


def hex_of(source: str) -> str:
    return assemble(source).text.hex()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("mov rbx, [0x500000]", "488b1c2500005000"),  # absolute, not relative to rip
        ("mov rbx, fs:[0x28]", "64488b1c2528000000"),
        ("mov eax, 39; syscall", "b8270000000f05"),
        ("nop ; loop again", "90"),
        ("nop ; call the function", "90"),
        ("mov al, ';'", "b03b"),
        ("jmp $", "ebfe"),
        ("jmp .", "ebfe"),
        ("x: jmp short x", "ebfe"),
        ("rep movsd", "f3a5"),
        ("mov byte [rsi], 5", "c60605"),
        ("mov rax, -8[rbp]", "488b45f8"),
        ("mov eax, 1_000", "b8e8030000"),
        ("mov eax, 0o17", "b80f000000"),
        ("push 0xffffffffffffffff", "6aff"),
        ("movabs rax, [0x1122334455667788]", "48a18877665544332211"),
        ("add: jmp add", "ebfe"),  # a label may have any name
        ('mov edx, len\nmsg: .ascii "abc"\nlen = . - msg', "ba03000000616263"),
        ("db 'ab', 1\ndw 'a', -1\ndd 1.5\ndq 3", "6162016100ffff0000c03f0300000000000000"),
        ('.string "a\\"b"\n.fill 2, 2, 0x102\n.zero 1', "6122620002010201" + "00"),
        ("times 4 db 0x90", "90909090"),
        ("section .text\nx: mov eax, $ - x\ny: mov eax, $ - x\nsection .data\ndb 1", "b800000000b805000000"),
        ("a: mov edx, .n\n.n equ 1\nb: mov edx, .n\n.n equ 2", "ba01000000ba02000000"),
        ("mov rax, [rax+rsp]", "488b0404"),
        ("mov rax, [2*rcx - 8 + rax + 1]", "488b4448f9"),
        ("mov [rax], ah", "8820"),
        ("mov edx, msg.len\nmsg: db 'a'\n.len equ $ - msg", "ba0100000061"),
        ("ret\n.end\nanything", "c3"),
        ('.ascii "é"', "c3a9"),
    ],
)
def test_a_spelling_has_its_bytes(source: str, code: str) -> None:
    assert hex_of(source) == code


def test_gas_reads_memory_where_nasm_takes_the_address() -> None:
    gas = assemble(".text\nmov rbx, val\n.data\nval: .quad 1").text
    nasm = assemble("section .text\nmov rbx, val\nsection .data\nval dq 1").text
    assert gas.hex() == "488b1c2500204000"
    assert nasm.hex() == "48c7c300204000"


SAME = """mov rax, 1
mov rax, 0x80000000|mov rax, 0xffffffffffffffff|mov al, -128|add rax, -128|add eax, 0xffffffff
and rsp, -16|cmp byte ptr [rsi], 0|imul rax, rax, 1000|idiv dword ptr [rax]|shl eax, cl|sar rax|lea rax, [rbx+4*rcx+16]
mov rax, [r13]|mov rax, [rcx*8+0x1000]|mov [0x500000], eax|mov byte ptr [0x500000], 1|mov rbx, fs:0x28|movsxd rax, ecx
push 1000|pop qword ptr [rax]|call qword ptr [rax+8]|jmp [rbx+rcx*8]|enter 32, 0|int 3|rep movsb|repe cmpsb|stosd|cmpsd
lock cmpxchg [rdi], ecx|bts rax, rbx|cmovae ecx, [rax]|in al, 0x60|mov rax, cr3|endbr64|movsd xmm0, qword ptr [rax]
movq rax, xmm0|cvttsd2si rax, xmm0|pshufd xmm0, xmm1, 0x1b|stmxcsr dword ptr [rsp-4]|fld qword ptr [rax]
mov al, '\\n'
mov eax, (1<<4)|3|loop .|mov eax, 010|mov rax, qword ptr [rip+msg]|lea rsi, msg[rip]|mov rsi, offset msg
mov al, msg[rcx]
mov esi, OFFSET FLAT:msg|cmp byte ptr msg[rip+2], 3|mov dword ptr [rip+msg], 0x12345678|push offset msg|call [msg]
jmp qword ptr [rip+msg]|je msg|mov eax, msg2-msg|lea rax, [rip+msg+4]|movsd xmm0, msg[rip]|mov rbx, msg"""


@pytest.mark.skipif(not shutil.which("as") or not shutil.which("ld"), reason="GNU as is the oracle")
def test_instructions_have_the_bytes_that_gnu_as_gives_them(tmp_path: Path) -> None:
    lines = [line for part in SAME.split("\n") for line in part.replace("(1<<4)|3", "(1<<4)^3").split("|")]
    head, tail = ".intel_syntax noprefix\n.text\n_start: nop\n", '\n.data\nmsg: .ascii "hello"\nmsg2: .quad 1\n'
    for number, line in enumerate(lines):
        (tmp_path / f"{number}.s").write_text(head + line + tail)
    script = (
        f"for n in $(seq 0 {len(lines) - 1}); do as --64 $n.s -o $n.o && "
        "ld -Ttext=0x401000 -Tdata=0x402000 $n.o -o $n.elf && objcopy -O binary -j .text $n.elf $n.bin || exit 1; done"
    )
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this GNU as is another one: {done.stderr[:80]}")
    theirs = {line: (tmp_path / f"{number}.bin").read_bytes().hex() for number, line in enumerate(lines)}
    assert {line: hex_of(head + line + tail) for line in lines} == theirs


def problems(source: str) -> list[AsmProblem]:
    with pytest.raises(AsmError) as caught:
        assemble(source, filename="m.s")
    return caught.value.problems


@pytest.mark.parametrize(
    ("source", "what", "try_"),
    [
        ("mov $1, %rax", "AT&T", "`mov rax, 1`"),
        ("addq $5, 8(%rbp,%rcx,4)", "AT&T", "`add qword ptr [rbp + rcx*4 + 8], 5`"),
        ("movl eax, 5", "unknown instruction `movl`", "`mov eax, 5`"),
        ("moov rax, 1", "unknown instruction `moov`", "`mov rax, 1`"),
        ("loop1: nop\njmp lop1", "undefined label `lop1`", "did you mean `loop1`?"),
        ("call printf", "undefined label `printf`", "define it"),
        ("mov eax, rbx", "`mov` does not take these operands", "`mov rax, rbx`"),
        ("push eax", "`push` does not take these operands", "`push rax`"),
        ("mov 5, r9d", "`mov` does not take these operands", "`mov r9d, 5`"),
        ("mov [rax], 1", "`mov` does not take these operands", "`mov qword ptr [rax], 1`"),
        ("mov rbx", "`mov` does not take these operands", "`mov rbx, rax`"),
        ("mov dword ptr [rax], rbx", "`mov` does not take these operands", "`mov dword ptr [rax], ebx`"),
        ("sete eax", "`sete` does not take these operands", "`sete al`"),
        ("mov [rax], [rbx]", "`mov` does not take these operands", "`mov rcx, [rbx]` and then `mov [rax], rcx`"),
        ("div 5", "`div` does not take these operands", "`mov rcx, 5` and then `div rcx`"),
        ("shl eax, ebx", "`shl` does not take these operands", "`shl eax, cl`"),
        ("syscal", "unknown instruction `syscal`", "`syscall`"),
        ("mov eax 60", "a comma is missing", "`mov eax, 60`"),
        ("a: mov [rbx + 8] 60", "a comma is missing", "`mov [rbx + 8], 60`"),
        ("mov eax, $60", "AT&T", "`mov eax, 60`"),
        ("mov $60, %eax", "AT&T", "`mov eax, 60`"),
        ("mov %eax, %ebx", "AT&T", "`mov ebx, eax`"),
        ("here: mov\t$here, %rsi", "AT&T", "`mov rsi, offset here`"),
        ("movb $1, (%rdi)", "AT&T", "`mov byte ptr [rdi], 1`"),
        ("call *%rax", "AT&T", "`call rax`"),
        ("inc [rax]", "`inc` does not take these operands", "qword ptr"),
        ("mov al, 300", "300 does not fit", "8 bits"),
        ("push 0x80000000", "2147483648 does not fit", "push rax"),
        ("mov rax, [0x123456789]", "the address 0x123456789 does not fit", "mov rax, 0x123456789"),
        ("mov rbx, rip", "`rip` cannot be named here", "lea"),
        (".skip 0x7fffffff", "out of range", "smaller"),
        ("resq 0x7fffffff", "out of range", "smaller"),
        (".skp 5", "unknown directive `.skp`", "did you mean `.skip`?"),
        ('db "abc', "a string is not closed", '"'),
        ("mov al, \u201cx\u201d", "is not a quote", "'"),
        ("mov rax, 9q", "`9q` is not a number", "hex"),
        ("mov rax, 0x1ffffffffffffffff", "too large", "0xffffffffffffffff"),
        ("a: nop\na: nop", "`a` is defined twice", "another name"),
        ("section .foo", "unknown section `.foo`", ".data"),
        ("lea rax, [rbx", "brackets do not match", "`[rbx]`"),
        ("section .bss\nx db 5", "the bss section holds no values", ".data"),
        (".byte 256", "256 does not fit", "wider"),
        (".word x\nx:", "an address does not fit", ".quad"),
        ("bits 16\nnop", "64-bit code", "bits 64"),
        (".att_syntax\nnop", "Intel", "noprefix"),
        ("extern puts", "nothing outside this file", "syscall"),
        ("", "there is no program", "mov"),
        ("; only a comment", "there is no program", "mov"),
        ("nop\0", "this is not text", ".bin"),
        ("stosb rax, rbx", "takes no operands", "`stosb` alone"),
        ("mov rax, [rsp*2]", "`rsp` cannot be an index", "copy it first"),
        ("mov rax, [rbx+rcx*3]", "an index cannot be scaled by 3", "imul"),
        ("mov rax, [rip+rax]", "`rip` cannot be part", "without an index"),
        ("mov rax, [al]", "`al` cannot be part", "64-bit"),
        ("mov rax, [rax-rbx]", "no address of the CPU's", "lea"),
        ("mov rax, [rax+rbx+rcx]", "too many registers", "before"),
        ("mov rax, [rax+ebx]", "mixes widths", "64-bit"),
        ("mov rax, [rax+0x123456789]", "the displacement 0x123456789 does not fit", "first"),
        ("mov r8b, ah", "`ah` cannot stand beside", "`al`"),  # these two end Keystone's process
        ("movzx rax, bh", "`bh` cannot stand beside", "`al`"),
        ("mov [r9], ch", "`ch` cannot stand beside", "`al`"),
        ("%define X 5", "unknown directive `%define`", "equ"),
        ("x: mov rax, [x*2+rax]", "`*` of an address", "+ or -"),
        ("x: dq . ^ /", "`/` is not a value", "write one"),  # Keystone hangs on it
        ("stosw xmmword ptr [rax]", "takes no operands", "`stosw` alone"),
        ("data16 [rax]", "no instruction", "leave it out"),
        ("x = y\ny = x\nmov eax, x", "does not fit together", "define constants"),
    ],
)
def test_a_mistake_is_told_in_words(source: str, what: str, try_: str) -> None:
    found = problems(source)[0]
    assert what in found.what
    assert try_ in found.try_
    assert found.because


def test_all_mistakes_are_found_at_once_with_their_places() -> None:
    source = "mov rax, 1\n  moov rbx, 2\nadd rax, ebx ; sizes\n\tinc [rcx]\nsyscall\n"
    assert [(p.filename, p.line, p.column, p.text) for p in problems(source)] == [
        ("m.s", 2, 3, "  moov rbx, 2"),
        ("m.s", 3, 1, "add rax, ebx ; sizes"),
        ("m.s", 4, 2, "\tinc [rcx]"),
    ]


def test_every_mistake_of_a_file_is_told_in_the_order_of_its_lines() -> None:
    lines = "mvo eax, 60", "lea rsi, [rip + gone]", "mov eax, [rbx", "syscal", "mov rax, ebx", "nop", "mov 5, eax"
    assert [p.line for p in problems("\n".join(lines))] == [1, 2, 3, 4, 5, 7]


def test_of_many_mistakes_the_first_ones_of_the_file_are_told() -> None:
    found = problems("mvo eax, 1\nlea rsi, [gone]\n" * 40)
    assert [p.line for p in found] == list(range(1, 21))


def test_a_label_that_stands_behind_many_mistakes_is_defined_all_the_same() -> None:
    found = problems("jmp late\n" + "mov eax, [rbx\n" * 30 + "late: nop")
    assert {p.what for p in found} == {"brackets do not match"}


def test_a_repeated_statement_is_refused_once() -> None:
    assert len(problems("times 5 mvo eax")) == 1
    assert len(problems("times 5 mov eax 1")) == 1


@pytest.mark.parametrize("name", ["len: equ", "len equ", "len: EQU"])
def test_nasms_equ_takes_a_name_with_and_without_a_colon(name: str) -> None:
    image = assemble(f"mov edx, len\nN: equ 5\nmov eax, N\nsection .data\nmsg: db 'hello'\n{name} $-msg\n")
    assert image.text == b"\xba\5\0\0\0\xb8\5\0\0\0"
    assert "len" not in image.symbols


def test_an_undefined_label_is_pointed_at() -> None:
    assert [(p.line, p.column) for p in problems("nop\n   lea rsi, [rip + mgs]\nmsg: .quad 0")] == [(2, 20)]


def test_too_much_source_is_refused_before_keystone_sees_it() -> None:
    assert "too long" in problems("nop\n" * 60_000)[0].what
    assert "too long" in problems("#" * 2_000_000)[0].what
    assert "too large" in problems(".skip 16777216\n.skip 1\n")[0].what
    assert "nested too deep" in problems(".quad " + "(" * 1000 + "1" + ")" * 1000)[0].what


def test_a_base_inside_a_page_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="page boundary"):
        assemble("nop", 0x401001)


def test_without_keystone_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembler, "_keystone", None)
    monkeypatch.setitem(sys.modules, "keystone", None)
    assert not available()
    with pytest.raises(KeystoneMissing) as caught:
        assemble("nop")
    message = str(caught.value)
    assert "\n" not in message
    assert "no wheel" in message
    assert "--hex" in message


def test_importing_the_assembler_loads_no_library() -> None:
    check = "import sys, kshell.assembler, kshell.machine.disassembler, kshell.machine.encode as e\n"
    check += "code = b''.join(code for code, _ in e.stub_listing(39, []))\n"
    check += "print(code.hex(), sorted({'keystone', 'capstone', 'difflib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "b8270000000f05 []\n"


FUZZ = r"""
import random, sys
from kshell.assembler.problems import AsmError, MNEMONICS
from kshell.assembler import Image, assemble
chance = random.Random(int(sys.argv[1]))
names = sorted(MNEMONICS)
names += "data16 rex64 addr32 scasd str lgdt vaddps fcmovb insb outsb xlatb text section movs repnz iret".split()
pieces = '''rax ax al r8d xmm0 ymm3 st(1) cr0 fs 0 -1 0xff 0xffffffffffffffff 5 'a' "str" here gone offset ptr byte
qword [ ] ( ) + - * / , , , , : = ! ~ & | << { } % $ $$ . 1b 1f 9h short near far rel rip riz [rax] [rbx+rcx*4]
[rbx+rcx*3] [rsp*2] [rip+here] [here] fs:[0] {k1} {z} not mod ? 1.5 0x 0b101 077 \\ @ \x00 é'''.split()
words = '''.byte .quad .long .ascii .asciz .skip .zero .fill .align .p2align .set .equ db dw dd dq resb resq times .text
.data .bss .section section .globl .double extern equ = .org .include .macro .rept .if .err .end .comm .octa'''.split()
def statement():
    label = chance.choice(["", "", "", "here:", "1:", ".x:", "here "])
    head = label + chance.choice(chance.choice([names, names, words]))
    glue = chance.choice([" ", ", "])
    return head + " " + glue.join(chance.choice(pieces) for _ in range(chance.choice([0, 1, 2, 2, 3, 4, 8])))
images = 0
for _ in range(1500):
    source = "\n".join(["here: nop"] + [statement() for _ in range(chance.choice([1, 1, 2]))])
    if chance.random() < 0.05:
        source = "".join(chr(chance.randrange(1, 0x300)) for _ in range(30))
    try:
        images += isinstance(assemble(source), Image)
    except AsmError as error:
        assert all(p.what and p.because and p.try_ for p in error.problems), source
print("alive", images > 40)
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_any_text_gives_an_image_or_a_told_mistake_and_a_quiet_stderr(seed: str) -> None:
    done = subprocess.run([sys.executable, "-c", FUZZ, seed], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "alive True\n", "")


def test_an_image_is_complete_or_not_made_at_all() -> None:
    image = assemble("nop\n" * 5000)
    assert isinstance(image, Image)
    assert image.text == b"\x90" * 5000
    assert len(image.lines) == 5000
