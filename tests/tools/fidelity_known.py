"""The known differences between kshell and Linux, which are accepted.

In the tests n and k are the results of Linux and of kshell, c the call, s the sequence.
"""

from errno import EACCES, EINVAL, ENOMEM, ENOSYS, EPERM

from fidelity_program import M64

BIG = 64 << 20
MMAP_MIN_ADDR = 65536
HUGE = 0x40010  # MAP_HUGETLB | MAP_FIXED
VVAR = 0x7FFFF7FF0000  # natively the vDSO and its data are above
# Arguments through which a call gives what differs from machine to machine.
NOISY = {
    "getrandom": (0,),
    "clock_gettime": (1,),
    "gettimeofday": (0, 1),
    "time": (0,),
    "uname": (0,),
    "sysinfo": (0,),
    "getrusage": (1,),
    "nanosleep": (1,),
}
NOISY_PATHS = (b"random", b"proc", b"mtab", b"/sys")
SAME_EVERYWHERE = (b"/proc/self/comm\0", b"/proc/self/cmdline\0", b"/proc/sys/kernel/ostype\0")


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
        arg[0] == "s" and arg[1] not in SAME_EVERYWHERE and any(path in arg[1] for path in NOISY_PATHS)
        for step in calls
        for arg in step[1]
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
    *(
        (call, lambda n, k, c, s: c[1][0][0] in "ri" and random_source(s), "contents of /proc or random")
        for call in ("open", "mkdir", "unlink", "rmdir", "chdir", "stat", "lstat")
    ),
    *(
        (call, lambda n, k, c, s: c[1][1][0] in "ri" and random_source(s), "contents of /proc or random")
        for call in ("openat", "mkdirat", "unlinkat", "newfstatat")
    ),
    *(
        (call, lambda n, k, c, s: k == -EPERM and random_source(s), "docs: the mode of a file of /proc stays")
        for call in ("chmod", "fchmod", "fchmodat")
    ),
    ("getcwd", lambda n, k, c, s: random_source(s), "contents of /proc or random"),
    *(
        (call, lambda n, k, c, s: c[1][1][0] in "ri" and random_source(s), "contents of /proc or random")
        for call in ("readv", "writev")
    ),
    ("nanosleep", lambda n, k, c, s: c[1][0][0] in "ri" and random_source(s), "contents of /proc or random"),
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
]
UNMAPPED_FIRST = "before 6.17 mremap unmaps what is in the way, and then looks"
INSECURE, EMPTY_PATH, NOTIFICATION, EXEC, ABOVE4G = 4, 0x1000, 0x80, 4, 0x80
# The same for a kernel of 4.19, against a Linux of 6.17 and later.
ACCEPTED_4_19 = [
    ("utimensat", lambda n, k, c, s: k == -EINVAL, "since 5.8 the path is looked at before the times"),
    (
        "lseek",
        lambda n, k, c, s: n >= 0 and k >= 0 and any(step[0] in ("getdents", "getdents64") for step in s),
        "since 6.14 each name in a directory has a number of its own",
    ),
    ("getrandom", lambda n, k, c, s: k == -22 and (number(c, 2) or 0) & INSECURE, "5.6 brought GRND_INSECURE"),
    ("getrandom", lambda n, k, c, s: n == -14 and k >= 0, "since 5.19 getrandom looks where its buffer ends first"),
    ("pipe2", lambda n, k, c, s: n == -65 and (number(c, 1) or 0) & NOTIFICATION, "5.8 brought O_NOTIFICATION_PIPE"),
    (
        "newfstatat",
        lambda n, k, c, s: (number(c, 3) or 0) & EMPTY_PATH and k in (-22, -14),
        "since 6.11 an empty path with AT_EMPTY_PATH is fstat's, and may be NULL",
    ),
    *(
        (
            call,
            lambda n, k, c, s: n in (-9, -22) and k in (-14, -22, 0),
            "since 6.8 and 6.4 an iovec is looked at later",
        )
        for call in ("readv", "writev")
    ),
    *(
        (call, lambda n, k, c, s: (n >= 0 or n in (-11, -21)) and k == -14, "since 6.4 a single segment is cut first")
        for call in ("readv", "writev")
    ),
    ("mmap", lambda n, k, c, s: n == -1 and k == -19 and number(c, 2) & EXEC, "since 6.17 a pipe is noexec"),
    ("mmap", lambda n, k, c, s: k == -95 and number(c, 3) & ABOVE4G, "6.6 brought MAP_ABOVE4G"),
    ("uprobe", lambda n, k, c, s: k == -ENOSYS, "number 336 is newer"),
    (
        "madvise",
        lambda n, k, c, s: k == -22 and (number(c, 2) or 0) & 0xFFFFFFFF >= 20,
        "5.4 and later know more advice",
    ),
    ("mremap", lambda n, k, c, s: k == -22 and (number(c, 3) or 0) & 4, "5.7 brought MREMAP_DONTUNMAP"),
    (
        "mremap",
        lambda n, k, c, s: n == -14 or (n, k) in ((-22, -12), (-22, -14)),
        "since 5.16 it looks before it shrinks",
    ),
    ("mmap", lambda n, k, c, s: n > 0 and k > 0 and any(step[0] == "mremap" for step in s), UNMAPPED_FIRST),
    *(
        (call, lambda n, k, c, s: n == 0 and k == -ENOMEM and any(step[0] == "mremap" for step in s), UNMAPPED_FIRST)
        for call in ("mincore", "madvise", "mprotect")
    ),
    ("mremap", lambda n, k, c, s: n > 0 and k == -14, "since 6.17 several mappings are moved together"),
    *(
        (call, lambda n, k, c, s: k == -ENOSYS, "since 5.14 a call's number is an int")
        for call in ("getpid_wide", "getpid_garbled")
    ),
]


def accepted(seq, i, native, kshell, kernel):
    """Why a difference between the results of step i is none, None if it is one."""
    name = seq[i][0]
    n, k = native[i][0], kshell[i][0]
    if name == "mmap" and k == -EPERM and (value(seq[i][1][0], native) or 0) < MMAP_MIN_ADDR:
        return "vm.mmap_min_addr is 65536 in kshell, here another"
    beyond = ((-EINVAL, 0), (-EACCES, -ENOMEM), (-EINVAL, -ENOMEM))
    if name in ("munmap", "mprotect", "madvise") and (n, k) in beyond:
        address, length = (value(arg, native) or 0 for arg in seq[i][1][:2])
        if address + length > VVAR:
            return "docs: the data of the vDSO can be dropped"
    if name == "mmap" and any(step[0] == "mmap" and (number(step, 3) or 0) & HUGE == HUGE for step in seq[:i]):
        return "docs: no huge page (of 6.18, a fixed one that fails has unmapped what was there)"
    for arg in seq[i][1]:
        on_linux, here = value(arg, native), value(arg, kshell)
        if on_linux != here and max(on_linux, here) >= M64 - 8192:
            return "the call differs because of an earlier errno"
    if n != k:
        listed = ACCEPTED if kernel == "6.19" else ACCEPTED + ACCEPTED_4_19
        return next((why for call, test, why in listed if call == name and test(n, k, seq[i], seq)), None)
    return None
