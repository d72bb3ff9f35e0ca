"""How faithful is kshell to the Linux underneath?  Random sequences of raw system calls, run in ring 3 as one and the
same machine code on both kernels (natively an ELF in a root directory of its own, under ptrace; in kshell as segments),
compared call by call: results, buffers, the memory map at the end, and how the program ended.

    .venv/bin/python tests/tools/fidelity.py --seed N --count N [--kernel 6.19] [--uid 0|1000]
        [--faults | --signals | --signal-calls]

Needs Linux x86-64, root, gcc.  The last line is 'N sequences, M calls, K distinct mismatches'; exit status 1 if K > 0.
`--replay FILE` runs a file of sequences as `--save FILE` writes them, `--verbose` shows them.
"""

import argparse
import ast
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

from fidelity_compare import ACCEPTED, compare
from fidelity_gen import VDSO_GUARD, Gen
from fidelity_handlers import FAULTS
from fidelity_machines import Kshell, Native, worker
from fidelity_program import M64, Program


def show(seq):
    """A sequence, a line a step."""
    lines = []
    for i, step in enumerate(seq):
        if step[0] == "fault":
            lines.append(f"  r{i}: fault {FAULTS[step[3]]}")
        elif step[0] == "touch":
            lines.append(f"  r{i}: {step[1]} at {show_argument(step[2])}")
        else:
            lines.append(f"  r{i}: {step[0]}({', '.join(map(show_argument, step[1]))})")
    return "\n".join(lines)


def show_argument(arg):
    """An argument for a person."""
    kind, what = (*arg, None)[:2]
    if kind == "i":
        return str(what) if -1000 < what < 5000 else hex(what & M64)
    if kind == "r":
        return f"r{what}" + (f"{arg[2]:+#x}" if arg[2] else "")
    if kind == "pid":
        return kind
    if kind == "p":
        return f"r{what}.fd[{arg[2] // 4}]"
    if kind == "b":
        return "buf" + (f"+{what}" if what else "")
    if kind == "e":
        return f"edge-{what}" if isinstance(what, int) else f"edge {what!r}"
    if kind == "s":
        return repr(what)[1:] if len(what) < 40 else f"{what[:12]!r}...({len(what)} bytes)"
    parts = ((show_argument(place), length if length < 99999 else hex(length & M64)) for place, length in what)
    return "iov[" + ", ".join(f"({place}, {length})" for place, length in parts) + "]"


def drop(seq, i):
    """The sequence without step i; what referred to it is -1."""

    def fix(arg):
        if arg[0] in ("r", "p") and arg[1] >= i:
            return ("i", -1) if arg[1] == i else (arg[0], arg[1] - 1, arg[2])
        if arg[0] == "iov":
            return ("iov", [(fix(place), length) for place, length in arg[1]])
        return arg

    return [
        ["touch", step[1], fix(step[2])] if step[0] == "touch" else [step[0], [fix(arg) for arg in step[1]], *step[2:]]
        for j, step in enumerate(seq)
        if j != i
    ]


class Both:
    """Linux and kshell, side by side."""

    def __init__(self, args):
        self.kernel = args.kernel
        self.native, self.kshell = Native(args.uid), Kshell(args.kshell_python, args.kernel, args.uid)

    def run(self, prog):
        """How a program ends on both."""
        self.kshell.send(prog.segments())
        native = self.native.run(prog.elf())
        return native, self.kshell.answer()

    def check(self, seq):
        """All differences of a sequence."""
        prog = Program(seq)
        return compare(seq, prog, *self.run(prog), self.kernel)

    def check_for(self, seq, signature):
        """The difference of this signature."""
        return next((found for found in self.check(seq) if found.signature == signature), None)

    def shrink(self, seq, found, seconds):
        """A shorter sequence with the same difference, and that difference."""
        until = time.time() + seconds
        signature, first = found.signature, self.check_for(seq, found.signature)
        if first is None:
            return seq, found
        seq, found = cut(seq, first), first
        size = max(1, len(seq) // 2)
        while time.time() < until:
            i = len(seq) - 1 - size
            while i > -size and time.time() < until:
                smaller = without(seq, max(i, 0), min(i + size, len(seq) - 1))
                if (again := self.check_for(smaller, signature)) is not None:
                    seq, found = cut(smaller, again), again
                i -= size
            if size == 1:
                break
            size //= 2
        return seq, found


def without(seq, first, last):
    """The sequence without the steps first to last - 1; what keeps clear of the vDSO stays."""
    for j in range(last - 1, first - 1, -1):
        if seq[j][0] != "mmap" or seq[j][1][1] != VDSO_GUARD:
            seq = drop(seq, j)
    return seq


def cut(seq, found):
    """The sequence up to a difference."""
    last = found.signature.startswith(("end", "log"))
    return seq if last or found.step + 1 >= len(seq) else seq[: found.step + 1]


def run_sequences(args):
    """The whole of a run with sequences; returns the exit status."""
    both, started, sequences, calls = Both(args), time.time(), 0, 0
    accepted, distinct = Counter(), Counter()
    lines = Path(args.replay).read_text().splitlines() if args.replay else []
    source = [ast.literal_eval(line) for line in lines if line.strip()]
    for at in range(len(source) if args.replay else args.count):
        if time.time() - started > args.seconds:
            break
        seq = source[at] if args.replay else Gen(random.Random(args.seed * 1_000_003 + at)).sequence()
        everything = both.check(seq)
        sequences, calls = sequences + 1, calls + len(seq)
        if args.replay and args.verbose:
            print(show(seq))
            print("   =>", [found[:2] for found in everything])
        for found in everything:
            if found.signature == ACCEPTED:
                accepted[found.text] += 1
                continue
            distinct[found.signature] += 1
            if distinct[found.signature] == 1:
                tell(args, at, found.signature, *both.shrink(seq, found, args.shrink))
    figures(accepted, distinct)
    where = f"kernel {args.kernel}, uid {args.uid}, native {os.uname().release}"
    print(f"({time.time() - started:.0f} s, seed {args.seed}, {where})")
    print(f"{sequences} sequences, {calls} calls, {len(distinct)} distinct mismatches")
    return int(bool(distinct))


def tell(args, at, signature, seq, found):
    """Print a new difference, and save its sequence."""
    print(f"--- sequence {args.seed}:{at}: {signature}\n{show(seq)}")
    print(f"  native {found.native}\n  kshell {found.kshell}\n", flush=True)
    if args.save:
        with Path(args.save).open("a") as file:
            file.write(repr(seq) + "\n")


def figures(accepted, distinct):
    """How often each difference came."""
    for why, count in sorted(accepted.items()):
        print(f"accepted {count:5} x {why}")
    for signature, count in distinct.most_common():
        print(f"mismatch {count:5} x {signature}")


def main():
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kshell-python", default=sys.executable)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--kernel", default="6.19")
    parser.add_argument("--uid", type=int, default=0)
    parser.add_argument("--shrink", type=float, default=6, help="seconds to make each reproducer small")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after that long")
    parser.add_argument("--save", help="append the distinct mismatches to this file")
    parser.add_argument("--replay", help="a file with one repr()ed sequence a line")
    parser.add_argument("--verbose", action="store_true")
    faults = "fragments of code that fault instead of calls (seed 1 begins with all of the list)"
    parser.add_argument("--faults", action="store_true", help=faults)
    signals = "fragments that fault, with handlers that catch it"
    parser.add_argument("--signals", action="store_true", help=signals)
    calls = "sequences of signal calls, with handlers that write down what they find"
    parser.add_argument("--signal-calls", action="store_true", help=calls)
    args = parser.parse_args()
    if args.signal_calls:
        from fidelity_sigcompare import run_calls

        return run_calls(args, Both(args), show, figures)
    if args.signals:
        from fidelity_signals import run_signals

        return run_signals(args, Both(args))
    if args.faults:
        from fidelity_faults import run_faults

        return run_faults(args, Both(args))
    return run_sequences(args)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main())
