"""The known differences between kshell and Linux: those that are accepted, and causes that show in many ways.

In the tests n and k are the results of Linux and of kshell, c the call, s the sequence, v the arguments' values on
Linux (None for pointers to own data).
"""

from errno import EACCES, ENOMEM, EPERM

from fidelity_program import M64

BIG = 64 << 20
MMAP_MIN_ADDR = 65536
# Arguments through which a call gives what differs from machine to machine.
NOISY = {
    "getrandom": (0,),
    "clock_gettime": (1,),
    "gettimeofday": (0, 1),
    "time": (0,),
    "uname": (0,),
    "sysinfo": (0,),
    "nanosleep": (1,),
}
NOISY_PATHS = (b"random", b"proc", b"mtab", b"/sys")


def number(call, i):
    """Argument i as 64 bits if it is a number."""
    arg = call[1][i]
    return arg[1] & M64 if arg[0] == "i" else None


def value(arg, results):
    """What an argument was on one side, as far as it is a number; None for pointers to own data."""
    if arg[0] == "i":
        return arg[1] & M64
    if arg[0] == "r" and arg[1] < len(results):
        return results[arg[1]][0] + arg[2] & M64
    return None


def random_source(seq):
    """Whether a sequence gets at contents that differ from machine to machine."""
    calls = [step for step in seq if step[0] != "touch"]
    noisy = (step[1][i] for step in calls for i in NOISY.get(step[0], ()))
    return any(arg[0] != "b" and arg != ("i", 0) for arg in noisy) or any(
        arg[0] == "s" and any(path in arg[1] for path in NOISY_PATHS) for step in calls for arg in step[1]
    )


# (call, test, why): a sequence is compared no further after one of these.
ACCEPTED = [
    ("mmap", lambda n, k, c, s: k == -12 and n > 0 and (number(c, 1) or 0) > BIG, "docs: larger than RAM is refused"),
    ("brk", lambda n, k, c, s: k < n, "docs: a heap larger than RAM is refused"),
    (
        "mmap",
        lambda n, k, c, s: (
            k == -19 and (n >= 0 or n in (-22, -13)) and (number(c, 3) or 0) & 3 in (1, 3) and (number(c, 2) or 0) & 2
        ),
        "docs: shared mappings that write to a file are not built (ENODEV)",
    ),
    ("mmap", lambda n, k, c, s: (number(c, 3) or 0) & 0xF == 8, "docs: MAP_DROPPABLE is EINVAL"),
    (
        "mmap",
        lambda n, k, c, s: n > 0 and k > 0 and (number(c, 1) or 0) >= 2 << 20,
        "docs: no huge page (6.7 and later align big mappings to 2 MiB)",
    ),
    ("mmap", lambda n, k, c, s: (number(c, 3) or 0) & 0x40020 == 0x40020, "docs: no huge page"),
    ("getcwd", lambda n, k, c, s: random_source(s), "contents of /proc or random"),
    (
        "pwrite64",
        lambda n, k, c, s: n == -14 and (value(c[1][1], []) == 0 or c[1][1][0] == "r"),
        "Linux refuses to read an untouched page at address 0 (fault_in_readable)",
    ),
    (
        "write",
        lambda n, k, c, s: n == -14 and value(c[1][1], []) == 0,
        "Linux refuses to read an untouched page at address 0 (fault_in_readable)",
    ),
    (
        "writev",
        lambda n, k, c, s: c[1][1][0] == "iov" and any(p == ("i", 0) for p, _ in c[1][1][1]),
        "Linux refuses to read an untouched page at address 0 (fault_in_readable)",
    ),
    (
        "mprotect",
        lambda n, k, c, s: n in (0, -12) and k == -13,
        "docs: a shared read mapping of a file cannot be made writable",
    ),
    (
        "newfstatat",
        lambda n, k, c, s: k == -14 and number(c, 1) == 0,
        "docs: newfstatat(fd, NULL, AT_EMPTY_PATH) is EFAULT",
    ),
]
# (call, test, name)
CAUSES = [
    (
        "mmap",
        lambda v, c, n, k: v[0] is not None and v[0] >= M64 - 4094 and (v[3] or 0) & 0x100010,
        "a fixed address of -4095 to -1 comes back from Linux as that errno",
    ),
    (
        "mmap",
        lambda v, c, n, k: (v[3] or 0) & 0x50 == 0x40 and v[0] and v[0] + (v[1] or 0) > 0x80000000,
        "MAP_32BIT: a hint (or length) beyond 2 GiB",
    ),
    ("mmap", lambda v, c, n, k: n == -1 and (v[2] or 0) & 4, "PROT_EXEC on a pipe or /proc file is EPERM (noexec)"),
    ("mmap", lambda v, c, n, k: n == -12 and (v[3] or 0) & 0x23 == 0x21, "shared anonymous memory beyond all RAM"),
    ("mmap", lambda v, c, n, k: n > k > 0x7F0000000000, "a guard gap reaches past the next mapping (or another place)"),
    ("fcntl", lambda v, c, n, k: n >= 0 and k >= 0 and n ^ k == 0x2000, "O_ASYNC of a pipe is not kept"),
    ("fcntl", lambda v, c, n, k: n >= 0 and k >= 0 and n ^ k == 0x1000, "open: __O_SYNC brings O_DSYNC"),
    (
        "open",
        lambda v, c, n, k: n == -20 and (v[1] or 0) & 0x430000 == 0x430000,
        "O_TMPFILE and O_NOFOLLOW on a link is ENOTDIR",
    ),
    (
        "openat",
        lambda v, c, n, k: n == -20 and (v[2] or 0) & 0x430000 == 0x430000,
        "O_TMPFILE and O_NOFOLLOW on a link is ENOTDIR",
    ),
    ("pwrite64", lambda v, c, n, k: n == -29, "a seq file of /proc cannot be written at an offset (ESPIPE)"),
    ("readv", lambda v, c, n, k: n == -22 and k == -14, "EINVAL of a negative length before the fault of a later one"),
    ("writev", lambda v, c, n, k: n == -22 and k == -14, "EINVAL of a negative length before the fault of a later one"),
    ("readv", lambda v, c, n, k: n == -9, "EBADF comes before the checks of the iovec"),
    ("writev", lambda v, c, n, k: n == -9, "EBADF comes before the checks of the iovec"),
    ("readv", lambda v, c, n, k: n == 0, "no bytes at all: the file is not asked"),
    ("writev", lambda v, c, n, k: n == 0, "no bytes at all: the file is not asked"),
    ("writev", lambda v, c, n, k: n > 0 and k == -14, "a single segment is cut to 0x7ffff000 before access_ok"),
    ("readv", lambda v, c, n, k: n > 0 and k == -14, "a single segment is cut to 0x7ffff000 before access_ok"),
    (
        "newfstatat",
        lambda v, c, n, k: k == -22 and (v[3] or 0) & 0x1000,
        "AT_EMPTY_PATH and an empty path: other flags are not looked at",
    ),
    ("readv", lambda v, c, n, k: n == -11 and k == -14, "a single segment is cut to 0x7ffff000 before access_ok"),
    ("writev", lambda v, c, n, k: n == -11 and k == -14, "a single segment is cut to 0x7ffff000 before access_ok"),
    (
        "mmap",
        lambda v, c, n, k: k == -95 and (v[3] or 0) & 3 == 3,
        "MAP_SHARED_VALIDATE knows MAP_ABOVE4G and the sizes of huge pages (bits 26 to 30)",
    ),
    ("getrandom", lambda v, c, n, k: v[1] == 0, "length 0 with a bad pointer"),
]


def cause(seq, i, native, kshell, fallback):
    """The root cause of a difference in step i, or the fallback."""
    values = [value(arg, native) for arg in seq[i][1]] + [None] * 6
    for call, test, name in CAUSES:
        if call == seq[i][0] and test(values, seq[i], native[i][0], kshell[i][0]):
            return f"{call}: {name}"
    return fallback


def accepted(seq, i, native, kshell):
    """Why a difference between the results of step i is none, None if it is one."""
    name = seq[i][0]
    n, k = native[i][0], kshell[i][0]
    if name == "mmap" and k == -EPERM and (value(seq[i][1][0], native) or 0) < MMAP_MIN_ADDR:
        return "vm.mmap_min_addr is 65536 in kshell, here another"
    if name == "mprotect" and (n, k) == (-EACCES, -ENOMEM) and (value(seq[i][1][1], native) or 0) > 1 << 40:
        return "docs: there is no vDSO (to protect)"
    if n != k:
        return next((why for call, test, why in ACCEPTED if call == name and test(n, k, seq[i], seq)), None)
    return None
