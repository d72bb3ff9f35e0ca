/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscalls.h - how a system call is declared
 *
 * SYSCALL_DEFINEn makes three functions.  The one in the table takes pt_regs,
 * the second widens each argument to a register, and the third is the body,
 * with the types that it was declared with.
 */
#ifndef _LINUX_SYSCALLS_H
#define _LINUX_SYSCALLS_H

#include <asm/ptrace.h>
#include <linux/errno.h>
#include <linux/linkage.h>
#include <linux/types.h>

struct syscall_metadata {
	const char *name;
	int syscall_nr;
	int nb_args;
	const char *const *types;
	const char *const *args;
};

#define __MAP0(m, ...)
#define __MAP1(m, t, a, ...) m(t, a)
#define __MAP2(m, t, a, ...) m(t, a), __MAP1(m, __VA_ARGS__)
#define __MAP3(m, t, a, ...) m(t, a), __MAP2(m, __VA_ARGS__)
#define __MAP4(m, t, a, ...) m(t, a), __MAP3(m, __VA_ARGS__)
#define __MAP5(m, t, a, ...) m(t, a), __MAP4(m, __VA_ARGS__)
#define __MAP6(m, t, a, ...) m(t, a), __MAP5(m, __VA_ARGS__)
#define __MAP(n, ...) __MAP##n(__VA_ARGS__)

#define __SC_DECL(t, a) t a
#define __SC_LONG(t, a) unsigned long a
#define __SC_CAST(t, a) (t) a
#define __SC_STR_TYPE(t, a) #t
#define __SC_STR_NAME(t, a) #a

#define __SC_REGS0
#define __SC_REGS1 regs->di
#define __SC_REGS2 __SC_REGS1, regs->si
#define __SC_REGS3 __SC_REGS2, regs->dx
#define __SC_REGS4 __SC_REGS3, regs->r10
#define __SC_REGS5 __SC_REGS4, regs->r8
#define __SC_REGS6 __SC_REGS5, regs->r9

#define __SYSCALL_METADATA(x, sname, ...) \
	static const char *const __types_##sname[] = { __MAP(x, __SC_STR_TYPE, __VA_ARGS__) }; \
	static const char *const __args_##sname[] = { __MAP(x, __SC_STR_NAME, __VA_ARGS__) }; \
	static struct syscall_metadata __syscall_meta_##sname __used __section("__syscalls_metadata") \
		__aligned(sizeof(void *)) = { #sname, -1, x, __types_##sname, __args_##sname };

#define __SYSCALL_DEFINEx(x, name, ...) \
	__SYSCALL_METADATA(x, name, __VA_ARGS__) \
	long __x64_sys_##name(const struct pt_regs *regs); \
	static noinline long __se_sys_##name(__MAP(x, __SC_LONG, __VA_ARGS__)); \
	static noinline long __do_sys_##name(__MAP(x, __SC_DECL, __VA_ARGS__)); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ \
		return __se_sys_##name(__SC_REGS##x); \
	} \
	static noinline long __se_sys_##name(__MAP(x, __SC_LONG, __VA_ARGS__)) \
	{ \
		return __do_sys_##name(__MAP(x, __SC_CAST, __VA_ARGS__)); \
	} \
	static noinline long __do_sys_##name(__MAP(x, __SC_DECL, __VA_ARGS__))

#define SYSCALL_DEFINE0(name) \
	static struct syscall_metadata __syscall_meta_##name __used __section("__syscalls_metadata") \
		__aligned(sizeof(void *)) = { #name, -1, 0, 0, 0 }; \
	static noinline long __do_sys_##name(void); \
	long __x64_sys_##name(const struct pt_regs *regs); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ \
		(void)regs; \
		return __do_sys_##name(); \
	} \
	static noinline long __do_sys_##name(void)
#define SYSCALL_DEFINE1(name, ...) __SYSCALL_DEFINEx(1, name, __VA_ARGS__)
#define SYSCALL_DEFINE2(name, ...) __SYSCALL_DEFINEx(2, name, __VA_ARGS__)
#define SYSCALL_DEFINE3(name, ...) __SYSCALL_DEFINEx(3, name, __VA_ARGS__)
#define SYSCALL_DEFINE4(name, ...) __SYSCALL_DEFINEx(4, name, __VA_ARGS__)
#define SYSCALL_DEFINE5(name, ...) __SYSCALL_DEFINEx(5, name, __VA_ARGS__)
#define SYSCALL_DEFINE6(name, ...) __SYSCALL_DEFINEx(6, name, __VA_ARGS__)

/* A call that is -ENOSYS where no other file defines it. */
#define COND_SYSCALL(name) \
	long __weak __x64_sys_##name(const struct pt_regs *regs); \
	long __weak __x64_sys_##name(const struct pt_regs *regs) \
	{ \
		(void)regs; \
		return -ENOSYS; \
	}

#endif
