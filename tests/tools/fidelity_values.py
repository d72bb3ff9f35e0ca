"""What the arguments of random calls are chosen from; what stands twice is chosen twice as often."""

from fidelity_program import KERNEL, M64, NONCANON, TEXT, TOP, ZONE

# every kind of path, those of the files that the sequences make first
PATHS = [
    *(b"a", b"b", b"c", b"d", b"d/a", b"d/b", b"d/e", b"d/e/f", b"a/", b"a/x", b"a/.", b"a/..", b"d/", b"d//a"),
    *(b"./a", b"../w/a", b"d/../a", b"none", b"none/", b"none/x", b"none/..", b"", b"/", b".", b"..", b"./"),
    *(b"../..", b"../../..", b"//", b"/..", b"/tmp", b"/tmp/", b"/tmp/w", b"/tmp/w/a", b"/tmp/w/d", b"/tmp/."),
    *(b"/tmp/..", b"/dev", b"/dev/null", b"/dev/zero", b"/dev/full", b"/dev/null/", b"/dev/null/x", b"/etc"),
    *(b"/etc/hostname", b"/etc/hostname/", b"/etc/hostname/x", b"/etc/shadow", b"/root", b"/root/x"),
    *(b"/home/student", b"/home/student/loop", b"/home/student/loop/", b"/home/student/loop/x"),
    *(b"/proc/self/cwd", b"/proc/self/cwd/a", b"/proc/self/root/tmp/w", b"/proc/self/comm", b"/proc/self/fd"),
    *(b"/proc/self/cmdline", b"/proc/sys/kernel/ostype", b"/proc/sys/kernel", b"/proc/mounts", b"/sys/module"),
    *(b"/proc/cpuinfo", b"/proc/self/status", b"/proc/self/cwd/", b"/dev/random", b"/proc/self/x", b"/proc/1x"),
    *(b"/proc/self/mounts", b"/proc/self/maps", b"/proc/self/root", b"/proc/self/root/etc", b"/proc/self/fd/0"),
    *(b"/proc/self/fd/1", b"/proc/self/fd/3", b"/proc/self/fd/77", b"/proc/self/fd/x", b"/proc/self/fd/3/"),
    *(b"/proc/uptime", b"/proc/meminfo", b"/proc/filesystems", b"/proc/sys/", b"/proc/sys/kernel/osrelease"),
    *(b"/proc/sys/vm", b"/proc/sys/kernel/tainted", b"/proc/sys/nope", b"/proc/self/cmdline/"),
    *(b"/dev/nope", b"/dev/zero/..", b"/etc/passwd", b"/etc/os-release", b"/home", b"/home/.."),
    *(b"/home/student/n", b"/etc/mtab", b"/proc", b"/proc/version", b"/proc/self", b"/proc/nope", b"/sys"),
    *(b"/sys/x", b"/var/mail/root", b"/var/mail/n", b"/nope", b"/nope/x", b"/dev/urandom", b"x" * 255),
    *(b"x" * 256, b"d/" + b"y" * 255, b"y" * 256 + b"/z", b"a/" + b"y" * 256, b"./" * 2047 + b"a"),
    *(b"./" * 2047 + b".a", b"/" * 4095, b"/" * 4096, b"\xff\xfe", b" ", b"a b", b"\xc3\xa4"),
]
# the files that most calls name
GOOD = [b"a", b"b", b"c", b"d/a", b"d/b"]
# descriptors and numbers that are none
ODD = [
    *(0, 1, -1, 2, 1023, 1024, 0x7FFFFFFF, -0x80000000, 0x80000000, 1 << 32, (1 << 63) - 1, -(1 << 63), M64),
    *(-100, 0xDEAD0000BEEF),
]
# pointers to what is not there, not the user's, read-only, at an end
BADPTR = [
    *(0, 1, 0x1000, 0xFFFF, KERNEL, NONCANON, 0x800000000000, TOP, TOP - 1, TOP - 4096, M64, M64 - 4095),
    *(0xFFFFFFFFFF600000, 0xDEAD00000000, TEXT, TEXT + 0xFFF, ZONE + 0x10000, ZONE + 0x20000, ZONE + 0x1000),
    *(ZONE + 0xFFF, ZONE + 0xFF8, ZONE + 0x10FF8, ZONE + 0x30FF8),
]
# of open
FLAGS = [
    *(0o100, 0o200, 0o1000, 0o2000, 0o4000, 0o10000, 0o20000, 0o40000, 0o100000, 0o200000, 0o400000, 0o1000000),
    *(0o2000000, 0o4010000, 0o10000000, 0o20000000 | 0o200000, 0o400, 0o4, 0o10, 0o20, 1 << 30, 1 << 31),
    *(0o40000000,),
]
# lengths
COUNTS = [
    *(0, 1, 2, 5, 7, 8, 16, 100, 511, 4095, 4096, 4097, 8192, 65535, 65536, 65537, 0x7FFFF000, 0x7FFFFFFF),
    *(0x80000000, (1 << 63) - 1, 1 << 63, M64, TOP, 1 << 32, (1 << 32) + 5),
]
# single bits and their neighbours
MMAP_FLAGS = [
    *(1, 2, 3, 0x10, 0x20, 0x40, 0x100, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000, 0x40000),
    *(0x80000, 0x100000, 0x4000000, 8, 4, 0x80, 1 << 31),
]
OPEN_WAYS = [0, 0o100, 0o100, 0o300, 0o1100, 0o2100, 0o2000, 0o1000, 0o2000100]
MODES = [0, 0o600, 0o644, 0o755, 0o777, 0o7777, 0o1777, 0o4755, 0o2755, 0o170777, -1, 0o400, 0o200, 0o100000]
ADDRESSES = [
    *(0, 1, 0x1000, 0xF000, 0x10000, 0xFFFF, ZONE, ZONE + 0x1000, ZONE + 0x10000, ZONE + 0x30000, TOP),
    *(TOP - 4096, KERNEL, NONCANON, M64 - 4095, 0x800000000000, 0x40000000, 0x7FFFF000, 0x80000000),
]
LENGTHS = [
    *(4096, 4096, 4096, 8192, 0x3000, 0x10000, 1, 0, 4097, 0x100000, 1 << 32, 1 << 40, 1 << 46, 1 << 47),
    *(1 << 62, M64, M64 - 4095, TOP, TOP - 4096, 1 << 63),
]
PROTS = [8, 0x10, 0x01000000, 0x02000000, 0x03000000, 0x20, 1 << 31, 1 << 32, M64 & ~7]
READ_OFFSETS = [0, 1, 5, 4096, -1, (1 << 63) - 1, -(1 << 63), 1 << 40]
WRITE_OFFSETS = [0, 1, 5, 4096, 4095, 100, -1, (1 << 63) - 1, -(1 << 63), 0x10000]
SEEKS = [0, 1, 5, 100, 4096, -1, -5, 1 << 40, (1 << 63) - 1, -(1 << 63), 65536]
VECTOR_LENGTHS = [0, 1, 5, 16, 64, 100, 4096, -1, 1 << 63, (1 << 63) - 1, 0x7FFFF000]
VECTOR_COUNTS = [0, 1, 1024, 1025, -1, 1 << 32, 1 << 31, 3]
CWD_SIZES = [64, 64, 64, 0, 1, 2, 7, 8, 9, 10, -1, 1 << 63, 4096, 1 << 32]
AT_FLAGS = [0, 0, 0x100, 0x1000, 0x1000, 0x1100, 0x800, 0x900, 0x6000, 0x2000, 0x4000, 4, -1, 0x200, 0x400, 0x1900]
PIPE_FLAGS = [0o4000, 0o4000, 0o4000, 0o4000, 0o2004000, 0o44000, 0o40000, 0, 0o2000000, 0o200, 1, -1, 0o10000]
STATUS_FLAGS = [
    *(0, 0o2000, 0o4000, 0o40000, 0o1000000, 0o6000, 0o20000, 0o2000000, -1, 3, 1 << 32, 0o100, 0o10000),
    *(0o4010000,),
]
MAPPINGS = [0x22, 0x22, 0x22, 0x32, 0x32, 0x21, 2, 2, 1, 0x100022, 0x122, 0x62, 0x12]
MMAP_OFFSETS = [0, 0, 0, 0, 0, 4096, 8192, 1, 4095, -4096, 1 << 43, 1 << 62, (1 << 63) - 4096]
CLOCKS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17, 99, -1, -2, -3, -6, 0x7FFFFFFF, -0x80000000]
NANOSECONDS = [0, 1, 1000, 999, 100000, -1, 10**9, 2 * 10**9, (1 << 63) - 1, -(1 << 63)]
TOUCHED = [ZONE + 0x31000, ZONE + 0x30FFC, TOP - (200 << 10), TOP - (8 << 20), TOP - (8 << 20) - 8]
FILE_CALLS = [
    *("open", "open", "openat", "read", "read", "write", "write", "write", "lseek", "pread64", "pwrite64"),
    *("readv", "writev", "close", "fstat", "stat"),
]
PATH_CALLS = [
    *("mkdir", "mkdir", "unlink", "unlink", "rmdir", "chdir", "getcwd", "getcwd", "newfstatat", "newfstatat"),
    *("mkdirat", "unlinkat", "stat"),
]
FD_CALLS = ["dup", "dup2", "dup2", "dup3", "dup3", "fcntl", "fcntl", "fcntl", "fcntl", "close"]
MM_CALLS = [
    *("mmap", "mmap", "mmap", "mmap", "munmap", "mprotect", "mprotect", "brk", "io", "io"),
    *("mremap", "mremap", "madvise", "madvise", "mincore"),
]
ADVICE = [
    0,
    1,
    2,
    3,
    4,
    4,
    4,
    5,
    6,
    8,
    9,
    9,
    10,
    11,
    16,
    17,
    18,
    19,
    20,
    22,
    23,
    24,
    26,
    99,
    -1,
]  # no KSM, no huge pages
REMAP_FLAGS = [0, 0, 1, 1, 1, 1, 2, 3, 3, 3, 5, 7, 8, 1 << 32]
TIME_CALLS = ["time", "gettimeofday", "clock_gettime", "clock_gettime", "nanosleep", "nanosleep"]
MISC_CALLS = [
    *("uname", "sysinfo", "getrandom", "getrandom", "getrandom", "sched_yield", "getpid", "gettid", "getppid"),
    *("getuid", "geteuid", "getgid", "getegid", "number", "number", "getrusage"),
]
# system calls that are none, by the names that fidelity_program.NR has for their numbers
NUMBERS = [
    *("no_call", "hole", "too_large", "too_large_int", "gone", "vserver", "uprobe", "getpid_x32", "getpid_wide"),
    *("getpid_garbled", "largest"),
]
