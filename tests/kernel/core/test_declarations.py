"""What the built calls are declared as: Linux's own SYSCALL_DEFINE lines, parameter types and names."""

from __future__ import annotations

from kshell.kernel.boot.start import boot

# The lines whose types are easily got wrong, as Linux has them (fs/read_write.c, fs/fcntl.c, fs/open.c, fs/stat.c,
# arch/x86/kernel/sys_x86_64.c, mm/mprotect.c, kernel/time/).
LINES = """
SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf, size_t, count)
SYSCALL_DEFINE4(pread64, unsigned int, fd, char __user *, buf, size_t, count, loff_t, pos)
SYSCALL_DEFINE4(pwrite64, unsigned int, fd, const char __user *, buf, size_t, count, loff_t, pos)
SYSCALL_DEFINE3(readv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
SYSCALL_DEFINE3(writev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
SYSCALL_DEFINE3(lseek, unsigned int, fd, off_t, offset, unsigned int, whence)
SYSCALL_DEFINE3(open, const char __user *, filename, int, flags, umode_t, mode)
SYSCALL_DEFINE4(openat, int, dfd, const char __user *, filename, int, flags, umode_t, mode)
SYSCALL_DEFINE3(fcntl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
SYSCALL_DEFINE4(newfstatat, int, dfd, const char __user *, filename, struct stat __user *, statbuf, int, flag)
SYSCALL_DEFINE2(getcwd, char __user *, buf, unsigned long, size)
SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot)
SYSCALL_DEFINE1(brk, unsigned long, brk)
SYSCALL_DEFINE2(nanosleep, struct __kernel_timespec __user *, rqtp, struct __kernel_timespec __user *, rmtp)
SYSCALL_DEFINE2(clock_gettime, const clockid_t, which_clock, struct __kernel_timespec __user *, tp)
SYSCALL_DEFINE1(newuname, struct new_utsname __user *, name)
SYSCALL_DEFINE1(exit, int, error_code)
""".strip().split("\n")
MMAP_PARAMETERS = ("addr", "len", "prot", "flags", "fd", "off")
MMAP = f"SYSCALL_DEFINE6(mmap, {', '.join(f'unsigned long, {name}' for name in MMAP_PARAMETERS)})"


def test_calls_are_declared_as_linux_declares_them() -> None:
    k = boot("course")
    for line in [*LINES, MMAP]:
        name = line.partition("(")[2].partition(",")[0]
        assert k.definitions[name].macro == line
