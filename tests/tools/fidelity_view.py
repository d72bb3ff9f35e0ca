"""What of a run is compared: results, buffers, memory maps, without what differs from machine to machine."""

import re
import struct
from errno import EFAULT, errorcode

from fidelity_program import FILL, M64, RECORD, ZONE

MMAPS = 0x7F0000000000  # mmap goes down from above here; addresses are compared by their distance to the first mapping
STAT, STAT_SIZE = struct.Struct("<QQQIIIIQqqq"), 144
STAT_FIELDS = ("nlink", "mode", "uid", "gid", "pad", "rdev", "size", "blksize", "blocks")
STATS = ("stat", "lstat", "fstat", "newfstatat")
DIRENTS = {"getdents": 18, "getdents64": 19}  # where the name stands in a record
CLOCKS = ("time", "gettimeofday", "clock_gettime")
WRITES = ("write", "pwrite64", "writev")
MAPS = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) (\S+) (\d+)\s*(.*)$")
NOT_OURS = ("[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]")


def shown(result):
    """A result as a number or an errno's name."""
    if -4096 < result < 0:
        return f"-{errorcode.get(-result, -result)}"
    return hex(result & M64) if result > 0xFFFF or result < 0 else str(result)


def kind(result):
    """What kind of result it is: an errno's name, 0, or N for any other."""
    return shown(result) if -4096 < result < 0 else "0" if result == 0 else "N"


def parse(log, prog):
    """[(result, buffer, head)] in the order of the records, and what is behind them; what is no record ends it."""
    out, at = [], 0
    for _, size in prog.records:
        record = log[at : at + RECORD + size]
        if len(record) < RECORD + size:
            break
        out.append((struct.unpack_from("<q", record, 8)[0], record[RECORD:], struct.unpack_from("<II", record)))
        at += RECORD + size
    return out, log[at:]


def extent(buf):
    """Where a buffer was written: for contents that are nobody's business."""
    return "".join("." if byte == FILL else "W" for byte in buf)


def stat_view(buf):
    """The fields of a struct stat that do not depend on the machine."""
    if len(buf) < STAT_SIZE or buf[:STAT_SIZE] == bytes([FILL]) * STAT_SIZE:
        return extent(buf)
    fields = dict(zip(STAT_FIELDS, STAT.unpack_from(buf)[2:], strict=True))
    fields["mode"] = oct(fields["mode"])
    return {**fields, "tail": bytes(buf[120:STAT_SIZE]).hex(), "after": extent(buf[STAT_SIZE:])}


def names_view(buf, name_at):
    """The names in a directory: inodes and positions are a machine's own."""
    names, at = [], 0
    while at < len(buf):
        length = struct.unpack_from("<H", buf, at + 16)[0]
        kind = buf[at + 18] if name_at == 19 else buf[at + length - 1]
        names.append((kind, bytes(buf[at + name_at : at + length]).partition(b"\0")[0]))
        at += length
    return names


def view(name, result, buf, anchor):
    """A result and its buffer as they are compared."""
    what = result
    if name.startswith(("getpid", "gettid", "getppid")) and result > 0:
        what = "pid"
    elif name == "time" and result > 1_500_000_000:
        what = "time"
    elif name in ("mmap", "mremap") and result > MMAPS and anchor is not None:
        what = f"anchor{result - anchor:+#x}"
    if name in STATS:
        return what, stat_view(buf)
    if name in DIRENTS:
        return what, names_view(buf[: max(result, 0)], DIRENTS[name])
    if name in CLOCKS:
        return what, len(buf.rstrip(bytes([FILL])))
    if name == "getrandom":
        return what, result < 8 or "W" in extent(buf)
    if name not in ("nanosleep", "uname", "sysinfo", "getrusage"):
        return what, buf
    written = extent(buf)
    if name == "uname" and written[:1] == "W":
        written = "written"
    if name in ("sysinfo", "getrusage"):
        written = "written" if "W" in written else ""
    return what, written


def failed_copy_before(i, seq, results):
    """A write that faulted somewhere before step i: then sizes and blocks may differ, as the docs say."""
    for (name, args, *_), (result, *_) in zip(seq[:i], results, strict=False):
        if name not in WRITES:
            continue
        if result == -EFAULT:
            return True
        if name == "writev":
            if args[1][0] != "iov" or result != sum(length for _, length in args[1][1]):
                return True
        elif args[2][0] == "i" and 0 <= result != args[2][1] & M64:
            return True
    return False


def maps_view(text, anchor):
    """/proc/self/maps without what is nobody's business."""
    rows = []
    for line in text.decode("latin-1").splitlines():
        if not (found := MAPS.match(line)):
            continue
        low, high, perm, offset, _, ino, name = found.groups()
        low, high = int(low, 16), int(high, 16)
        if name in NOT_OURS or (low < ZONE - 0x8000000 and name != "[heap]"):
            continue
        if name == "[stack]":
            rows.append(("stack", perm, high - low))
            continue
        named = name.startswith("/") and ino != "0" and "memfd" not in name and "/dev/zero" not in name
        if low > MMAPS and anchor is not None:
            low, high = low - anchor, high - anchor
        label = "file" if named else "[heap]" if name == "[heap]" else ""
        rows.append((low, high, perm, offset if named else "", label))
    return rows
