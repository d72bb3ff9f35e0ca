"""Faults that a handler catches: what it finds in siginfo and ucontext on Linux and in kshell, and that rt_sigreturn
brings every register back."""

import re
import struct
import time
from collections import Counter

from fidelity_faults import FLAGS_COMPARED, accepted, assemble, fragments
from fidelity_program import LOGFD, SYSCALL, TAIL, TEXT, ZONE, Program

HANDLER, RESTORER, AFTER = TEXT + 0x2000, TEXT + 0x2400, TEXT + 0x2800
ALTSTACK, ALTSTACK_SIZE, STACK = ZONE + 0x100000, 0x10000, 0x7FFFFFFFE800
ACT, RECORD, STATE, STATE_END = TAIL + 0x80, TAIL + 0x100, TAIL + 0x400, TAIL + 0x480
FLAGS = 0x0C000004  # SA_RESTORER, SA_ONSTACK, SA_SIGINFO
WORDS = 23  # of struct sigcontext, without the address of the FPU's state
NAMES = (
    *("signo", "si_code", "si_addr", "sigmask"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "di", "si", "bp", "bx", "dx", "ax", "cx", "sp", "ip"),
    *("flags", "selectors", "err", "trapno", "oldmask", "cr2"),
)
REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", *(f"r{number}" for number in range(8, 16)))
HANDLER_TEXT = f"""mov rbx, {RECORD:#x}; mov [rbx], rdi; movsxd rax, dword ptr [rsi + 8]; mov [rbx + 8], rax
mov rax, [rsi + 16]; mov [rbx + 16], rax; mov rax, [rdx + 296]; mov [rbx + 24], rax
lea rsi, [rdx + 40]; lea rdi, [rbx + 32]; mov ecx, {WORDS}; cld; rep movsq
mov qword ptr [rdx + 168], {AFTER:#x}; mov rax, {STACK:#x}; mov [rdx + 160], rax; mov qword ptr [rdx + 176], 0x202
mov edi, {LOGFD}; mov rsi, rbx; mov edx, {32 + 8 * WORDS}; mov eax, 1; syscall; ret"""
AFTER_TEXT = "; ".join(f"mov [{STATE + 8 * at:#x}], {name}" for at, name in enumerate(REGISTERS))
AFTER_TEXT += f"; mov edi, {LOGFD}; mov esi, {STATE:#x}; mov edx, {STATE_END - STATE}; mov eax, 1; syscall"
AFTER_TEXT += "; xor edi, edi; mov eax, 231; syscall"
CAUGHT = (4, 5, 7, 8, 11)
SELECTORS = re.compile(r"\b[defgs]s\b|lcall|ljmp|retf|iret")  # what loads a selector
PAGE_FAULT, WRITE, WRITE_PRESENT = 14, 6, 7
PRESENT = "docs: an instruction that changes memory reads it first, and that brings the page in"
SELECTOR = "docs: the error code of a selector that a program may not load is 0"


def program(code, parts, registers):
    """Handlers for all faults, known registers, the fragment, exit(42)."""
    zones = ((0, 4096, 3), (0x10000, 4096, 1), (0x20000, 4096, 0), (0x30000, 8192, 3), (0x100000, ALTSTACK_SIZE, 3))
    seq = [
        ["mmap", [("i", ZONE + at), ("i", size), ("i", prot), ("i", 0x32), ("i", -1), ("i", 0)], 0]
        for at, size, prot in zones
    ]
    seq.append(["mprotect", [("i", ZONE + 0x31000), ("i", 4096), ("i", 1)], 0])
    seq.append(["sigaltstack", [("s", struct.pack("<QQQ", ALTSTACK, 0, ALTSTACK_SIZE)), ("i", 0)], 0])
    action = ("s", struct.pack("<QQQQ", HANDLER, FLAGS, RESTORER, 0x200))
    seq += [["rt_sigaction", [("i", signo), action, ("i", 0), ("i", 8)], 0] for signo in CAUGHT]
    prog = Program(seq)
    prog.code = prog.code[:-11]
    for register, value in registers.items():
        prog.load(register, ("imm", value))
    prog.load(4, ("imm", STACK))
    prog.code += code + b"\xb8\x3c\x00\x00\x00\xbf\x2a\x00\x00\x00" + SYSCALL
    for address, part in parts:
        assert len(prog.code) <= address - TEXT, "the fragment is too long"
        prog.code += b"\xcc" * (address - TEXT - len(prog.code)) + part
    return prog


def view(ended, calls):
    """What the handler has found, and the registers after it; how it ended where no handler ran."""
    log = ended["log"][16 * calls :]
    size = 8 * len(NAMES)
    if len(log) < size:
        return {"end": ended["kind"] if ended["kind"] != "signal" else ("signal", ended["status"], ended["code"])}
    found = dict(zip(NAMES, struct.unpack(f"<{len(NAMES)}Q", log[:size]), strict=True))
    found["flags"] &= FLAGS_COMPARED
    rest = log[size:]
    after = struct.unpack(f"<{len(rest) // 8}Q", rest[: len(rest) // 8 * 8])
    return found | {f"after {name}": value for name, value in zip(REGISTERS, after, strict=False)}


def known_error_code(text, native, kshell, differ):
    """Why an error code alone may be another one; None if it may not."""
    if differ != ["err"]:
        return None
    if native["trapno"] == PAGE_FAULT and (native["err"], kshell["err"]) == (WRITE, WRITE_PRESENT):
        return PRESENT
    return SELECTOR if SELECTORS.search(text) else None


def run_signals(args, both):
    """The whole of a run; returns the exit status."""
    from fidelity_faults import START_REGISTERS

    parts = list(
        zip(
            (HANDLER, RESTORER, AFTER),
            assemble([HANDLER_TEXT.replace("\n", "; "), "mov eax, 15; syscall", AFTER_TEXT]),
            strict=True,
        )
    )
    started, runs, caught, known, distinct = time.time(), 0, 0, Counter(), Counter()
    todo = fragments(args.seed, args.count)
    for text, code in zip(todo, assemble(todo), strict=True):
        if time.time() - started > args.seconds:
            break
        if code is None or "syscall" in text or "rdtsc" in text or "cpuid" in text:
            continue
        prog = program(code, parts, START_REGISTERS)
        native, kshell = (view(ended, len(prog.seq)) for ended in both.run(prog))
        runs, caught = runs + 1, caught + ("signo" in native)
        differ = [name for name in {**native, **kshell} if native.get(name) != kshell.get(name)]
        if not differ:
            continue
        ends = [
            ("signal", each.get("signo"), each.get("si_code"), each.get("si_addr"), each.get("ip"))
            for each in (native, kshell)
        ]
        if why := known_error_code(text, native, kshell, differ) or accepted(text, *ends):
            known[why] += 1
            continue
        found = f"{' '.join(sorted(differ)[:4])}: {text.split('; ')[-1].split()[0]}"
        distinct[found] += 1
        if distinct[found] == 1:
            print(f"--- {found}\n  {text}    [{code.hex()}]")
            for name in differ:
                print(f"  {name}: {native.get(name)} / {kshell.get(name)}")
            print(flush=True)
    for why, count in sorted(known.items()):
        print(f"accepted {count:5} x {why}")
    for found, count in distinct.most_common():
        print(f"mismatch {count:5} x {found}")
    print(f"{runs} sequences, {caught} caught, {len(distinct)} distinct mismatches")
    return int(bool(distinct))
