/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uaccess.h - copying from and to user memory: never by following a user's pointer */
#ifndef _LINUX_UACCESS_H
#define _LINUX_UACCESS_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

/* Each answers how many bytes it did not copy. */
unsigned long __must_check copy_from_user(void *to, const void __user *from, unsigned long n)
	__asm__("_copy_from_user");
unsigned long __must_check copy_to_user(void __user *to, const void *from, unsigned long n)
	__asm__("_copy_to_user");
/* The length of the string, or -EFAULT. */
long __must_check strncpy_from_user(char *dst, const char __user *src, long count);
unsigned long __must_check clear_user(void __user *to, unsigned long n);

#define get_user(x, pointer) ({ \
	__typeof__(*(pointer)) _value; \
	int _bad = copy_from_user(&_value, (pointer), sizeof(_value)) ? -EFAULT : 0; \
	(x) = _bad ? (__typeof__(*(pointer)))0 : _value; \
	_bad; })
#define put_user(x, pointer) ({ \
	__typeof__(*(pointer)) _value = (x); \
	copy_to_user((pointer), &_value, sizeof(_value)) ? -EFAULT : 0; })

#endif
