/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uaccess.h - copying from and to user memory: never by following a user's pointer */
#ifndef _LINUX_UACCESS_H
#define _LINUX_UACCESS_H

#include <asm/uaccess.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n);
/* The length of the string, or -EFAULT. */
long __must_check strncpy_from_user(char *dst, const char __user *src, long count);
/* The length with the NUL, more than count where there is none, 0 where it cannot be read. */
long __must_check strnlen_user(const char __user *src, long count);
unsigned long __must_check clear_user(void __user *to, unsigned long n);

void __bad_copy_to(void) __compiletime_error("copy destination size is too small");
void __bad_copy_from(void) __compiletime_error("copy source size is too small");

/* Each answers how many bytes it did not copy. */
static __always_inline unsigned long __must_check
copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (__builtin_constant_p(n) && n > __builtin_object_size(to, 0))
		__bad_copy_to();
	return _copy_from_user(to, from, n);
}

static __always_inline unsigned long __must_check
copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (__builtin_constant_p(n) && n > __builtin_object_size(from, 0))
		__bad_copy_from();
	return _copy_to_user(to, from, n);
}

#endif
