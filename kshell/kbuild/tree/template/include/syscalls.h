/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscalls.h - the system calls of this kernel, as C code declares them
 *
 * One prototype for each call, under the name sys_x.  A new call gets its own
 * at the end of the file, above the last #endif, with the types of its
 * arguments:  asmlinkage long sys_NAME(TYPE, TYPE);
 */
#ifndef _LINUX_SYSCALLS_H
#define _LINUX_SYSCALLS_H

struct iovec;
struct new_utsname;
struct pt_regs;
struct stat;
struct sysinfo;
struct timeval;
struct timezone;
struct __kernel_timespec;

#include <linux/types.h>
#include <linux/linkage.h>

/*
 * x86-64 defines this symbol since 4.17.  There SYSCALL_DEFINE makes the
 * function __x64_sys_x(const struct pt_regs *), and no sys_x at all; so the
 * compiler skips all of this block.  Other architectures need it.
 */
#ifndef CONFIG_ARCH_HAS_SYSCALL_WRAPPER

@PROTOTYPES@
#endif /* CONFIG_ARCH_HAS_SYSCALL_WRAPPER */

/*
 * Code in the kernel does not make system calls: a function that it shares
 * with one has a name of its own.
 */
long ksys_dup3(unsigned int oldfd, unsigned int newfd, int flags);

static inline long ksys_dup(unsigned int oldfd, unsigned int newfd)
{
	return ksys_dup3(oldfd, newfd, 0);
}

#endif
