/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module.h - what makes a file a module */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <asm/special_insns.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>

#define MODULE_LICENSE(text) MODULE_INFO(license, text)
#define MODULE_AUTHOR(text) MODULE_INFO(author, text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(description, text)
#define MODULE_VERSION(text) MODULE_INFO(version, text)
#define MODULE_ALIAS(text) MODULE_INFO(alias, text)

/* The loader knows the two functions by these names. */
#define module_init(function) \
	static inline initcall_t __maybe_unused __inittest(void) { return function; } \
	int init_module(void) __attribute__((__alias__(#function)));
#define module_exit(function) \
	static inline exitcall_t __maybe_unused __exittest(void) { return function; } \
	void cleanup_module(void) __attribute__((__alias__(#function)));

bool try_module_get(struct module *module);
void module_put(struct module *module);

#endif
