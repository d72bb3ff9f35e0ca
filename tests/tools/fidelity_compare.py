"""Comparing how one sequence ran on Linux and in kshell: results, buffers, the memory map, the end."""

from errno import EINTR
from typing import NamedTuple

from fidelity_known import accepted, number, random_source, value
from fidelity_program import M64, TOP
from fidelity_view import MMAPS, WRITES, extent, failed_copy_before, kind, maps_view, parse, shown, view

ACCEPTED = "accepted"
FAILED_COPY = "docs: a failed copy leaves no trace (size and blocks of the file)"
BLOCKED = "docs: a call that would wait for ever is EINTR"
MOST = 20  # differences of one sequence
STACK = 16 << 20
VSYSCALL = 0xFFFFFFFFFF600000
READS = ("read", "pread64", "readv")
MMAP_KINDS = ("0", "shared", "private", "validate")
MMAP_WORDS = (
    *((0x10, " fixed"), (0x20, " anon"), (0x40, " 32bit"), (0x100, " growsdown"), (0x100000, " noreplace")),
    (1 << 26, " huge"),
)


class Found(NamedTuple):
    """A difference: its signature (or "accepted", and then text is why), the step, what each side had."""

    signature: str
    text: str
    step: int
    native: str = ""
    kshell: str = ""


def compare(seq, prog, native, kshell, kernel):
    """All differences, in order.  After one in which both kernels answered an errno, or that is in a buffer only, the
    sequence is compared further."""
    if kshell["kind"] == "CRASH":
        return [Found("kshell crashed: " + kshell["text"].strip().splitlines()[-1][:150], kshell["text"], 0)]
    return Comparison(seq, prog, native, kshell, kernel).all()


class Comparison:
    """One sequence's two runs; n and k are the records of Linux and of kshell."""

    def __init__(self, seq, prog, native, kshell, kernel):
        self.kernel = kernel
        self.seq, self.native, self.kshell = seq, native, kshell
        (self.n, self.n_tail), (self.k, self.k_tail) = parse(native["log"], prog), parse(kshell["log"], prog)
        self.anchors = [self._anchor(records) for records in (self.n, self.k)]
        self.masked = random_source(seq)

    def _anchor(self, records):
        """The first address that a kernel chose."""
        steps = zip(records, self.seq, strict=False)
        return next((r[0] for r, s in steps if s[0] == "mmap" and s[1][0] == ("i", 0) and r[0] > 0), None)

    def all(self):
        """Every difference."""
        found, start = [], 0
        common = min(len(self.n), len(self.k))
        while (one := self.first(start)) is not None:
            found.append(one)
            i = one.step
            if i >= common or one.signature.startswith(("end", "log")) or len(found) > MOST:
                break
            n, k = self.n[i][0], self.k[i][0]
            if not (n == k or (n < 0 and k < 0 and self.seq[i][0] not in ("brk", "mmap", "mremap"))):
                break  # a fixed mmap may have unmapped what was there, and failed only then
            start = i + 1
        return found

    def first(self, start):
        """The first difference from step `start` on."""
        for i in range(start, min(len(self.n), len(self.k))):
            if self.seq[i][0] != "touch" and (found := self.step(i)):
                return found
        return self.end(min(len(self.n), len(self.k)))

    def step(self, i):
        """The difference in step i."""
        name = self.seq[i][0]
        n, k = self.n[i][0], self.k[i][0]
        (nv, nb), (kv, kb) = (
            view(name, records[i][0], records[i][1], anchor)
            for records, anchor in zip((self.n, self.k), self.anchors, strict=True)
        )
        if self.masked and name in (*READS, "getcwd"):
            nb, kb = (extent(records[i][1]) if records[i][0] >= 0 else "" for records in (self.n, self.k))
            if nv != kv and n >= 0 and k >= 0:
                return Found(ACCEPTED, "contents of /proc or random", i)
            if nv == kv and nb != kb and abs(nb.count("W") - kb.count("W")) <= max(4, len(nb) // 16):
                nb = kb
        if (nv, nb) == (kv, kb):
            return None
        if self.seq[i][3:] == ["maps"]:
            return self.maps(i)
        if why := self.accepted(i, nv, kv):
            return Found(ACCEPTED, why, i)
        if nv != kv:
            return self.result(i, nv, kv)
        if isinstance(nb, dict) and isinstance(kb, dict):
            return self.stat(i, nb, kb)
        return self.buffer(i, nb, kb)

    def accepted(self, i, nv, kv):
        """Why step i may differ."""
        if nv != kv or self.seq[i][0] in ("mmap", "mprotect", "mremap"):
            return accepted(self.seq, i, self.n, self.k, self.kernel)
        return None

    def after_failed_copy(self, i):
        """The accepted difference of a step after a failed copy, if it is one."""
        return Found(ACCEPTED, FAILED_COPY, i) if failed_copy_before(i, self.seq, self.n) else None

    def maps(self, i):
        """Two memory maps."""
        n, k = (
            maps_view(records[i][1][: max(records[i][0], 0)], anchor)
            for records, anchor in zip((self.n, self.k), self.anchors, strict=True)
        )
        if n == k:
            return None
        if found := self.after_failed_copy(i):
            return found
        native, kshell = [row for row in n if row not in k], [row for row in k if row not in n]
        text = f"native only {native}\nkshell only {kshell}"
        return Found("maps differ", text, i, str(native), str(kshell))

    def stat(self, i, n, k):
        """Two struct stat."""
        differ = {key: (n[key], k[key]) for key in n if n[key] != k[key]}
        if n["mode"] == "0o40555" or "b'/sys" in repr(self.seq):
            differ.pop("nlink", None)  # of /proc and /sys: the machine's
        if self.kernel != "6.19" and "/proc/self/fd" in repr(self.seq):
            differ.pop("size", None)  # since 6.2 it is the number of descriptors
        if not differ:
            return None
        if set(differ) <= {"blocks", "size"} and (found := self.after_failed_copy(i)):
            return found
        native, kshell = ({key: pair[side] for key, pair in differ.items()} for side in (0, 1))
        return Found(f"stat fields {sorted(differ)}", str(differ), i, str(native), str(kshell))

    def buffer(self, i, n, k):
        """Two buffers of equal results."""
        name = self.seq[i][0]
        if name in (*READS, "lseek") and (found := self.after_failed_copy(i)):
            return found
        if not isinstance(n, bytes):
            return Found(f"{name} extent of buffer", f"{n} / {k}", i, str(n), str(k))
        at = next(at for at in range(len(n)) if n[at] != k[at])
        long, short = ([repr(buf[at : at + size]) for buf in (n, k)] for size in (24, 16))
        return Found(f"{name} buffer", f"at {at}: {' / '.join(long)}", i, *short)

    def result(self, i, nv, kv):
        """Two results."""
        name = self.seq[i][0]
        if name in (*READS, *WRITES, "lseek") and (found := self.after_failed_copy(i)):
            return found
        n, k = (shown(result) if isinstance(result, int) else result for result in (nv, kv))
        if name == "mmap":
            flags = number(self.seq[i], 3) or 0
            words = "".join(word for bit, word in MMAP_WORDS if flags & bit)
            name += f"({MMAP_KINDS[flags & 3]}{words})"
        return Found(f"{name}: {kind(self.n[i][0])} / {kind(self.k[i][0])}", f"{n} / {k}", i, n, k)

    def end(self, i):
        """How the two programs ended, after i steps that both made."""
        if self.native["kind"] == "blocked":
            return self.blocked(i)
        touch, last = self.seq[-1][0] == "touch", self.seq[-1]
        if touch and last[1] in ("exec", "call") and i >= len(self.seq) - 1 and self.nobodys_code():
            how = [[side[key] for key in ("kind", "status", "code")] for side in (self.native, self.kshell)]
            return Found(ACCEPTED, "code that nobody wrote, or vsyscall", i) if how[0] != how[1] else None
        if touch and value(last[2], self.n) != value(last[2], self.k) and (value(last[2], self.n) or 0) >= M64 - 8192:
            return Found(ACCEPTED, "the end differs because of an earlier errno", i)
        n, k = (self.ending(*side) for side in zip((self.native, self.kshell), self.anchors, strict=True))
        if n != k:
            if touch and self.kernel != "6.19" and (value(last[2], self.n) or 0) & ~0xFFF == VSYSCALL:
                return Found(ACCEPTED, "before 5.3 the vsyscall page can be read", i)
            name = self.seq[min(i, len(self.seq) - 1)][0]
            return Found(f"end {name}: {n[:3]} / {k[:3]}", f"{n} / {k}", i, str(n), str(k))
        if len(self.n) != len(self.k) or self.n_tail != self.k_tail:
            text = f"{self.n_tail[:40]!r} {self.k_tail[:40]!r}"
            return Found(f"log lengths {len(self.n)} / {len(self.k)}", text, i)
        return None

    def blocked(self, i):
        """Linux waits for ever in step i."""
        name = self.seq[i][0] if i < len(self.seq) else "end"
        if name == "nanosleep":
            return Found(ACCEPTED, "it sleeps", i)
        if len(self.k) <= len(self.n):
            return Found(
                f"{name}: blocks / {self.kshell['kind']}", self.kshell["kind"], i, "blocks", self.kshell["kind"]
            )
        result = self.k[len(self.n)][0]
        if result == -EINTR or (result > 0 and name in ("write", "writev")):
            return Found(ACCEPTED, BLOCKED, i)
        return Found(f"{name}: blocks / {shown(result)}", shown(result), i, "blocks", shown(result))

    def nobodys_code(self):
        """Whether the program ended in code that is random, endless, or the vsyscall page's."""
        endless = self.native["kind"] == "timeout" and self.kshell["kind"] == "budget"
        target = self.seq[-1][2]
        return self.masked or endless or VSYSCALL in (value(target, self.n), value(target, self.k))

    def ending(self, side, anchor):
        """Kind, status, and of a signal the code and the address."""
        if side["kind"] != "signal":
            return side["kind"], side["status"]
        address = side["addr"]
        near = MMAPS < address < TOP - STACK and anchor is not None
        return side["kind"], side["status"], side["code"], f"anchor{address - anchor:+#x}" if near else hex(address)
