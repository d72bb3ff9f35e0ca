"""The bits of st_mode: what kind of file, and who may do what.

C counterpart: include/uapi/linux/stat.h.
"""

from __future__ import annotations

S_IFMT = 0o170000
S_IFSOCK = 0o140000
S_IFLNK = 0o120000
S_IFREG = 0o100000
S_IFBLK = 0o060000
S_IFDIR = 0o040000
S_IFCHR = 0o020000
S_IFIFO = 0o010000

S_ISUID = 0o4000
S_ISGID = 0o2000
S_ISVTX = 0o1000

S_IRWXU = 0o700
S_IRUSR = 0o400
S_IWUSR = 0o200
S_IXUSR = 0o100
S_IRWXG = 0o070
S_IRGRP = 0o040
S_IWGRP = 0o020
S_IXGRP = 0o010
S_IRWXO = 0o007
S_IROTH = 0o004
S_IWOTH = 0o002
S_IXOTH = 0o001


def S_ISREG(mode: int) -> bool:
    """Whether st_mode says: a regular file."""
    return mode & S_IFMT == S_IFREG


def S_ISDIR(mode: int) -> bool:
    """Whether st_mode says: a directory."""
    return mode & S_IFMT == S_IFDIR


def S_ISFIFO(mode: int) -> bool:
    """Whether st_mode says: a pipe."""
    return mode & S_IFMT == S_IFIFO


def S_ISLNK(mode: int) -> bool:
    """Whether st_mode says: a symbolic link."""
    return mode & S_IFMT == S_IFLNK
