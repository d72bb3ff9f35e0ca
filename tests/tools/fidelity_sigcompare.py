"""Random sequences of signal calls, on Linux and in kshell: what they answer, what the handlers find, how it ends."""

import random
import struct
import time
from collections import Counter
from errno import E2BIG
from typing import NamedTuple

from fidelity_arguments import i
from fidelity_handlers import HANDLER_RECORD, Parts, SignalProgram
from fidelity_machines import Native
from fidelity_sigcalls import SA_SIGINFO, SignalCalls
from fidelity_sigview import Run
from fidelity_view import shown

AGAIN = 8  # runs on Linux, whose timers may come early or late, before a difference is one
WAITS = ("pause", "rt_sigsuspend", "rt_sigtimedwait", "nanosleep", "read")
ACCEPTED = "accepted"
BLOCKED = "docs: a call that would wait for ever is EINTR, and one that waits long is there at once"
IGNORED = "docs: an ignored signal interrupts a sleep as under strace, and the sleep goes on"
OLD_SIGINFO = "since 4.20 a siginfo of an unknown kind has 48 bytes at most"


class Found(NamedTuple):
    """A difference: its signature (or "accepted", and then where is why), where it is, what each side had."""

    signature: str
    where: str
    native: object = ""
    kshell: object = ""


def difference(native, kshell):
    """The first difference of two runs, None if there is none."""
    for at in range(min(len(native.entries), len(kshell.entries))):
        (n_kind, n), (k_kind, k) = native.view(at), kshell.view(at)
        if not native.modern and n_kind.endswith("rt_sigqueueinfo") and n["result"] == -E2BIG:
            return Found(ACCEPTED, OLD_SIGINFO)
        if n_kind != k_kind:
            return Found(f"order: {_kind(n_kind)} / {_kind(k_kind)}", n_kind, n, k)
        if n_kind.startswith("handler") and not told(native, at):
            n.pop("info"), k.pop("info")
        differ = [name for name in n if n[name] != k[name]]
        if n_kind.endswith("nanosleep") and differ == ["buffer"] and n["result"] == 0:
            return Found(ACCEPTED, IGNORED)
        if differ:
            what = " ".join(differ[:4])
            results = f" {_result(n)} / {_result(k)}" if "result" in differ else ""
            return Found(f"{_kind(n_kind)}: {what}{results}", n_kind, *({x: y[x] for x in differ} for y in (n, k)))
    return ends(native, kshell)


def ends(native, kshell):
    """The difference of two runs whose entries are the same as far as both go."""
    if native.ended["kind"] == "blocked":
        waits = native.next_step in WAITS and len(kshell.entries) >= len(native.entries)
        return Found(ACCEPTED, BLOCKED) if waits else Found("blocks", native.next_step, native.end(), kshell.end())
    if native.ended["kind"] == "timeout" and kshell.ended["kind"] == "budget":
        return None  # endless, both
    if not native.modern and len(native.entries) > len(kshell.entries):
        last, n = native.view(len(kshell.entries))
        if last.endswith("rt_sigqueueinfo") and n["result"] == -E2BIG:
            return Found(ACCEPTED, OLD_SIGINFO)
    n, k = ({**run.end(), "entries": len(run.entries)} for run in (native, kshell))
    return None if n == k else Found(f"end {n['end']} / {k['end']}", f"after {n['entries']} / {k['entries']}", n, k)


def told(run, at):
    """Whether the handler of this entry asked for a siginfo."""
    signo = struct.unpack_from("<Q", run.entries[at][2])[0]
    flags = SA_SIGINFO
    for number, result, _ in run.entries[:at]:
        if number < HANDLER_RECORD and run.prog.seq[number][0] == "rt_sigaction" and not result:
            name, act = run.prog.seq[number][1][:2]
            if name == i(signo) and act[0] == "s":
                flags = struct.unpack_from("<8xQ", act[1])[0]
    return flags & SA_SIGINFO


def _kind(kind):
    return " ".join(word for word in kind.split() if not word.isdigit())


def _result(fields):
    result = fields["result"]
    return shown(result) if isinstance(result, int) else result


class Sides:
    """Linux, not traced, and kshell."""

    def __init__(self, both, args):
        self.kshell, self.parts, self.modern = both.kshell, Parts(), args.kernel == "6.19"
        self.native = Native(args.uid, traced=False)

    def check(self, seq):
        """The difference that a sequence makes; of Linux's runs the one that is nearest counts."""
        prog = SignalProgram(seq, self.parts)
        self.kshell.send(prog.segments())
        kshell = self.kshell.answer()
        if kshell["kind"] == "CRASH":
            return Found("kshell crashed: " + kshell["text"].strip().splitlines()[-1][:150], "", "", kshell["text"])
        for _ in range(AGAIN):
            found = difference(*(Run(ended, prog, self.modern) for ended in (self.native.run(prog.elf()), kshell)))
            if found is None or found.signature == ACCEPTED:
                break
        return found

    def shrink(self, seq, found, seconds):
        """A shorter sequence with the same difference."""
        until, at = time.time() + seconds, len(seq) - 1
        while at > 0 and time.time() < until:
            shorter = seq[:at] + seq[at + 1 :]
            again = self.check(shorter)
            if again is not None and again.signature == found.signature:
                seq, found = shorter, again
            at -= 1
        return seq, found


def run_calls(args, both, show, figures):
    """The whole of a run; returns the exit status."""
    sides, started = Sides(both, args), time.time()
    sequences, calls, accepted, distinct = 0, 0, Counter(), Counter()
    for at in range(args.count):
        if time.time() - started > args.seconds:
            break
        seq = SignalCalls(random.Random(args.seed * 1_000_003 + at)).sequence()
        found = sides.check(seq)
        sequences, calls = sequences + 1, calls + len(seq)
        if found is None:
            continue
        if found.signature == ACCEPTED:
            accepted[found.where] += 1
            continue
        distinct[found.signature] += 1
        if distinct[found.signature] == 1:
            short, found = sides.shrink(seq, found, args.shrink)
            print(f"--- sequence {args.seed}:{at}: {found.signature}\n{show(short)}")
            print(f"  at {found.where}\n  native {found.native}\n  kshell {found.kshell}\n", flush=True)
    figures(accepted, distinct)
    print(f"({time.time() - started:.0f} s, seed {args.seed}, kernel {args.kernel}, uid {args.uid})")
    print(f"{sequences} sequences, {calls} calls, {len(distinct)} distinct mismatches")
    return int(bool(distinct))
