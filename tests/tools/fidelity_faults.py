"""Faults in ring 3: random fragments of code, how each ends on Linux and in kshell, and with which registers."""

import random
import re
import subprocess
import time
from collections import Counter

from fidelity_fragment import LIST, fragment
from fidelity_machines import USER_REGS
from fidelity_program import SYSCALL, TEXT, ZONE, Program
from scratch import SCRATCH

ACCEPTED = [  # (a regular expression on the fragment, why)
    (
        r"vmovaps|vaddps|vpxor|pdep|andn|lzcnt|tzcnt|movbe|rdrand|rdseed|sha1|xsave|[sg]etbv|[fg]sbase|rdpid|invpcid"
        r"|clflushopt|clwb|0x0?f, ?0xc7, ?0xf",
        "docs: one CPU of the Westmere generation",
    ),
    (r"fldcw.*(fldz; fldz|paddb|fnstsw)", "docs: of the x87 exceptions only division by zero, and not by MMX"),
    (r"0x40000; popfq; mov", "docs: alignment is not checked"),
    (r"inc byte ptr \[rip - 5\]", "docs: what changes its own bytes leaves other flags"),
    (r"\.byte .*(0x66,.* 0xf[23],.* 0xf,|0xf[23],.* 0x66,.* 0xf,)", "docs: 66 beside f2 or f3"),
    (r"fxsave|fxrstor|maskmovdqu", "docs: where CPUs differ among themselves"),
    (r"\.byte 0xf1\b", "docs: int1 is a trap"),
    (r"push 0x23", "docs: no 32-bit mode"),
    (r"0x7fffffff[ef].*\b(lcall|ljmp)", "a far pointer is read in two parts, of which the first may fault alone"),
    (r"\.byte .*0x(66|4.|f[023]).*0xcd", "docs: int behind a prefix"),
    (
        r"^(.*; )?(movaps|movdqa|addps|movapd|paddb|movntdq).*\[r",
        "docs: an SSE operand that is not aligned works",
    ),
    (r"sysenter", "docs: sysenter is #GP"),
]
UNDEFINED_FLAGS = re.compile(r"\.byte .*0x(f6|f7|69|6b|c0|c1|d[0-3])\b")  # mul, div and shifts leave some so
JUMPED = "docs: after a jump to a non-canonical address rip is that address"
SI_KERNEL, SIGILL, SIGSEGV = 128, 4, 11
SP, STACK = 4, 0x7FFFFFFFE800
START_REGISTERS = {register: 0x11 * (register + 1 - (register > SP)) for register in range(16) if register != SP}
EXIT_42 = b"\xb8\x3c\x00\x00\x00\xbf\x2a\x00\x00\x00" + SYSCALL
PROGRAM_EXIT = 11  # bytes of the exit at a program's end
FLAGS_COMPARED = 0x4CD5  # without IF, RF, AC, AF's neighbours
COMPARED = (*USER_REGS[:15], "sp", "flags")


def assemble(fragments):
    """Their bytes, by GNU as; None where it refuses one."""
    out = dict.fromkeys(range(len(fragments)))
    part = list(out)
    while part:
        text = ".intel_syntax noprefix\n" + "".join(_labelled(i, fragments[i]) for i in part)
        done = subprocess.run(["as", "-o", SCRATCH / "frag.o", "-"], input=text.encode(), capture_output=True)
        if done.returncode == 0:
            code = _link()
            out |= {i: code(f"f{i}", f"e{i}") for i in part}
            break
        wrong = _refused(text, {int(number) for number in re.findall(rb":(\d+): Error", done.stderr)})
        if not wrong:
            raise SystemExit(f"as: {done.stderr.decode()}")
        part = [i for i in part if i not in wrong]
    return list(out.values())


def _labelled(i, text):
    lines = text.replace("; ", "\n").replace(";", "\n")
    return f"f{i}: {lines}\ne{i}: nop\n"


def _refused(text, lines):
    """The fragments that these lines of the source belong to."""
    wrong, current = set(), None
    for number, line in enumerate(text.split("\n"), 1):
        if found := re.match(r"f(\d+):", line):
            current = int(found[1])
        if number in lines:
            wrong.add(current)
    return wrong


def _link():
    """The bytes between two labels of the object, as a function."""
    binary = SCRATCH / "frag.bin"
    options = ["--oformat=binary", "-Ttext=0x401000", "-e0", "--unresolved-symbols=ignore-all"]
    subprocess.run(["ld", *options, "-o", binary, SCRATCH / "frag.o"], check=True, capture_output=True)
    names = subprocess.run(["nm", SCRATCH / "frag.o"], capture_output=True, text=True, check=True).stdout
    table = {found[2]: int(found[1], 16) for found in re.finditer(r"^([0-9a-f]+) \w (\w+)$", names, re.M)}
    data = binary.read_bytes()
    return lambda first, last: data[table[first] : table[last]]


def fault_code(code):
    """Zones as in the sequences, known registers, the fragment, exit(42); and where the fragment is."""
    zones = ((0, 4096, 3), (0x10000, 4096, 1), (0x20000, 4096, 0), (0x30000, 8192, 3))
    seq = [
        ["mmap", [("i", ZONE + at), ("i", size), ("i", prot), ("i", 0x32), ("i", -1), ("i", 0)], 0]
        for at, size, prot in zones
    ]
    prog = Program([*seq, ["mprotect", [("i", ZONE + 0x31000), ("i", 4096), ("i", 1)], 0]])
    prog.code = prog.code[:-PROGRAM_EXIT]
    for register, value in START_REGISTERS.items():
        prog.load(register, ("imm", value))
    prog.load(SP, ("imm", STACK))
    start = len(prog.code)
    prog.code += code + EXIT_42
    return prog, TEXT + start


def view(ended, text):
    """How a run ended, and the registers, as they are compared."""
    if ended["kind"] in ("timeout", "budget"):
        return ("endless",), {}
    if ended["kind"] != "signal":
        return (ended["kind"], ended["status"]), {}
    regs = {name: ended["regs"].get(name) for name in COMPARED}
    regs["flags"] &= FLAGS_COMPARED
    if re.search(r"syscall|rdtsc|cpuid", text):
        del regs["r11"], regs["cx"]
    if "mov eax, 39; syscall" in text:
        del regs["ax"]
    how = ("signal", ended["status"], ended["code"], hex(ended["addr"]), "ip " + hex(ended["rip"]))
    return how, regs


def accepted(text, native, kshell):
    """Why two ends may differ, None if they may not."""
    why = next((why for pattern, why in ACCEPTED if re.search(pattern, text)), None)
    if (
        re.search(r"\.byte .*0xf[ef], ", text)
        and native[:3] == ("signal", SIGILL, 2)
        and kshell[:2] == ("signal", SIGSEGV)
    ):
        return "docs: undefined by its register field, after its operand was read"
    if ".byte 0x" in text and "0xf," in text and native[:3] == ("signal", 11, SI_KERNEL) and kshell[:3] != native[:3]:
        return "docs: an SSE operand that is not aligned works"
    if why is None and native[0] == kshell[0] == "signal" and native[1:4] == kshell[1:4] and native[4] != kshell[4]:
        jumped = native[2] == SI_KERNEL and re.search(r"\b(jmp|call|ret|iretq)", text)
        return JUMPED if jumped else None
    return why


def signature(text, native, kshell, registers):
    """What differs, and in which instruction."""
    if native == kshell:
        what = "registers " + " ".join(sorted(registers))
    elif native[:3] == kshell[:3]:
        what = "address" if native[3] != kshell[3] else "ip"
    else:
        what = f"{native[:3]} / {kshell[:3]}"
    last = text.split("; ")[-1]
    operation = ".byte" if last.startswith(".byte") else re.sub(r"0x[0-9a-f]+|\d+", "#", last.split()[0])
    if operation in ("lock", "rep", "repe", "repne"):
        operation = " ".join(last.split()[:2])
    return f"{what}: {operation}"


def fragments(seed, count):
    """The fragments of a run; seed 1 begins with all of the list and every interrupt."""
    r = random.Random(seed)
    first = [*LIST, *(f".byte 0xcd, {number:#x}" for number in range(256) if number != 0x80)] if seed == 1 else []
    return list(dict.fromkeys([*first, *(fragment(r) for _ in range(count))]))


def run_faults(args, both):
    """The whole of a run with fragments; returns the exit status."""
    started, runs, known, distinct = time.time(), 0, Counter(), Counter()
    todo = fragments(args.seed, args.count)
    for text, code in zip(todo, assemble(todo), strict=True):
        if time.time() - started > args.seconds:
            break
        if code is None:
            continue
        prog, start = fault_code(code)
        (native, native_regs), (kshell, kshell_regs) = (view(ended, text) for ended in both.run(prog))
        runs += 1
        differ = [name for name in native_regs if kshell_regs and native_regs[name] != kshell_regs[name]]
        if differ == ["flags"] and UNDEFINED_FLAGS.search(text):
            continue
        if native == kshell and not differ:
            continue
        if why := accepted(text, native, kshell):
            known[why] += 1
            continue
        found = signature(text, native, kshell, differ)
        distinct[found] += 1
        if distinct[found] == 1:
            print(f"--- {found}\n  {text}    [{code.hex()}] at {start:#x}\n  native {native}\n  kshell {kshell}")
            for name in differ if native == kshell else ():
                print(f"  {name}: {native_regs[name]:#x} / {kshell_regs[name]:#x}")
            print(flush=True)
    for why, count in sorted(known.items()):
        print(f"accepted {count:5} x {why}")
    for found, count in distinct.most_common():
        print(f"mismatch {count:5} x {found}")
    print(f"{runs} sequences, {runs} calls, {len(distinct)} distinct mismatches")
    return int(bool(distinct))
