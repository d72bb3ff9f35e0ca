"""A tree with system calls that take pointers, in Python's spelling or in C, for the tests of what is shown of them."""

from __future__ import annotations

from pathlib import Path

from tests.kbuild.tree_lab import HEADER, TreeLab

PYTHON = '''from kshell.linux import *


class pair(Struct):
    a: Int
    b: Long
    name: Array[Char] = Array(Char, 8)
    next: Ptr[Void]
    n: Array[Short] = Array(Short, 3)


@SYSCALL_DEFINE3
def sum3(k: Kernel, a: Int, b: Int, result: User[Int]) -> Long:
    """Store a sum.

    EFAULT  result cannot be written
    """
    if put_user(k, a + b, result):
        return -EFAULT
    return 0


@SYSCALL_DEFINE2
def getpair(k: Kernel, a: Int, out: User[pair]) -> Long:
    """Fill a pair.

    EFAULT  out cannot be written
    """
    p = pair(a=a, b=-1)
    strscpy(k, p.name, "hello", sizeof(p.name))
    p.n[1] = 7
    if copy_to_user(k, out, p):
        return -EFAULT
    return 0


@SYSCALL_DEFINE1
def usepair(k: Kernel, p: User[Const[pair]]) -> Long:
    """Add what is in a pair.

    EFAULT  p cannot be read
    """
    v = pair()
    if copy_from_user(k, v, p):
        return -EFAULT
    return v.a + v.b + v.n[1]


@SYSCALL_DEFINE2
def total(k: Kernel, v: User[Const[Int]], n: Int) -> Long:
    """Add numbers.

    EFAULT  v cannot be read
    """
    sum: Long = 0
    for i in range(n):
        x: Int = 0
        if get_user(k, addr(x), v + i):
            return -EFAULT
        sum += x
    return sum


@SYSCALL_DEFINE2
def fill(k: Kernel, buf: User[Char], n: SizeT) -> Long:
    """Fill a buffer.

    EFAULT  buf cannot be written
    """
    text: Array[Char] = Array(Char, 8)
    strscpy(k, text, "abc", sizeof(text))
    if copy_to_user(k, buf, text, 4):
        return -EFAULT
    return 0
'''
C = """#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

struct pair {
	int a;
	long b;
	char name[8];
	void *next;
	short n[3];
};

SYSCALL_DEFINE3(sum3, int, a, int, b, int __user *, result)
{
	return put_user(a + b, result);
}

SYSCALL_DEFINE2(getpair, int, a, struct pair __user *, out)
{
	struct pair p = { .a = a, .b = -1, .name = "hello", .n = { 0, 7, 0 } };

	return copy_to_user(out, &p, sizeof(p)) ? -EFAULT : 0;
}

SYSCALL_DEFINE1(usepair, const struct pair __user *, p)
{
	struct pair v;

	if (copy_from_user(&v, p, sizeof(v)))
		return -EFAULT;
	return v.a + v.b + v.n[1];
}

SYSCALL_DEFINE2(total, const int __user *, v, int, n)
{
	long sum = 0;
	int i, x;

	for (i = 0; i < n; i++) {
		if (get_user(x, v + i))
			return -EFAULT;
		sum += x;
	}
	return sum;
}

SYSCALL_DEFINE2(fill, char __user *, buf, size_t, n)
{
	return copy_to_user(buf, "abc", 4) ? -EFAULT : 0;
}
"""
NAMES = ("sum3", "getpair", "usepair", "total", "fill")
PROTOTYPES = """struct pair;
asmlinkage long sys_sum3(int a, int b, int __user *result);
asmlinkage long sys_getpair(int, struct pair *);
asmlinkage long sys_usepair(const struct pair __user *p);
asmlinkage long sys_total(const int *v, int n);
asmlinkage long sys_fill(char __user *buf, size_t n);
"""


def add_calls(folder: Path, version: str, suffix: str) -> TreeLab:
    """Lay out a tree that has them; `suffix` is that of the source: ".py" or ".c"."""
    tree = TreeLab(folder, version, bare=True)
    tree.write(f"SystemCalls/pointers{suffix}", PYTHON if suffix == ".py" else C)
    tree.write("SystemCalls/Makefile", "obj-y := pointers.o\n")
    for at, name in enumerate(NAMES):
        tree.add_row(f"{tree.number + at}\tcommon\t{name}\t\t{tree.entry.replace('test_call', name)}")
    text = tree.read(HEADER)
    at = text.rindex("#endif")
    tree.write(HEADER, text[:at] + PROTOTYPES + "\n" + text[at:])
    tree.replace("Makefile", "core-y += kernel/ mm/ fs/", "core-y += kernel/ mm/ fs/ SystemCalls/")
    return tree
