/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * moduleparam.h - the parameters of a module
 *
 * Each is an entry of __param: its name, the functions that set and get it, the
 * mode of its file under /sys/module/NAME/parameters, and where its value is.
 */
#ifndef _LINUX_MODULE_PARAM_H
#define _LINUX_MODULE_PARAM_H

#include <linux/export.h>
#include <linux/types.h>

struct module;
struct kernel_param;

struct kernel_param_ops {
	unsigned int flags;
	int (*set)(const char *val, const struct kernel_param *kp);
	int (*get)(char *buffer, const struct kernel_param *kp);
	void (*free)(void *arg);
};

struct kernel_param {
	const char *name;
	struct module *mod;
	const struct kernel_param_ops *ops;
	const u16 perm;
	s8 level;
	u8 flags;
	void *arg;
};

extern const struct kernel_param_ops param_ops_byte, param_ops_short, param_ops_ushort, param_ops_int, param_ops_uint;
extern const struct kernel_param_ops param_ops_long, param_ops_ulong, param_ops_hexint, param_ops_charp;
extern const struct kernel_param_ops param_ops_bool, param_ops_invbool;

/* The variable must have the type that the parameter is said to have. */
#define __param_check(name, p, type) \
	static inline type *__check_##name(void) { return (p); }
#define param_check_byte(name, p) __param_check(name, p, unsigned char)
#define param_check_short(name, p) __param_check(name, p, short)
#define param_check_ushort(name, p) __param_check(name, p, unsigned short)
#define param_check_int(name, p) __param_check(name, p, int)
#define param_check_uint(name, p) __param_check(name, p, unsigned int)
#define param_check_hexint(name, p) __param_check(name, p, unsigned int)
#define param_check_long(name, p) __param_check(name, p, long)
#define param_check_ulong(name, p) __param_check(name, p, unsigned long)
#define param_check_charp(name, p) __param_check(name, p, char *)
#define param_check_bool(name, p) __param_check(name, p, bool)
#define param_check_invbool(name, p) __param_check(name, p, bool)

#define __MODULE_INFO(tag, unique, text) \
	static const char __UNIQUE_ID(unique)[] __used __section(".modinfo") __aligned(1) = __stringify(tag) "=" text
#define MODULE_INFO(tag, text) __MODULE_INFO(tag, tag, text)

/* C: VERIFY_OCTAL_PERMISSIONS: at most 0777, not for the world to write, and nobody before its owner. */
#define __check_perm(perm) \
	(sizeof(char[1 - 2 * ((perm) < 0 || (perm) > 0777 || ((perm) & 2) \
		|| (((perm) >> 6) & 4) < (((perm) >> 3) & 4) || (((perm) >> 3) & 4) < ((perm) & 4) \
		|| (((perm) >> 6) & 2) < (((perm) >> 3) & 2))]) * 0 + (perm))

#define module_param_named(name, value, type, perm) \
	param_check_##type(name, &(value)) \
	static const char __param_str_##name[] __used = #name; \
	static struct kernel_param __param_##name __used __section("__param") __aligned(sizeof(void *)) = { \
		__param_str_##name, THIS_MODULE, &param_ops_##type, __check_perm(perm), -1, 0, (void *)&(value) }; \
	__MODULE_INFO(parmtype, name##type, #name ":" #type)
#define module_param(name, type, perm) module_param_named(name, name, type, perm)
#define MODULE_PARM_DESC(name, text) __MODULE_INFO(parm, name, #name ":" text)

#endif
