/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * export.h - what a file lets loaded modules use
 *
 * An entry of __ksymtab is three distances from itself: to the symbol, to its
 * name, and to its namespace, which nothing here has.
 */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#include <linux/compiler.h>

#ifdef MODULE
extern struct module __this_module;
#define THIS_MODULE (&__this_module)
#else
#define THIS_MODULE ((struct module *)0)
#endif

#define ___EXPORT_SYMBOL(symbol, section) \
	extern __typeof__(symbol) symbol; \
	__asm__(".pushsection __ksymtab_strings,\"aMS\",%progbits,1\n" \
		"__kstrtab_" #symbol ":\n" \
		"\t.asciz \"" #symbol "\"\n" \
		".popsection\n" \
		".pushsection " section ",\"a\"\n" \
		"\t.balign 4\n" \
		"__ksymtab_" #symbol ":\n" \
		"\t.long " #symbol " - .\n" \
		"\t.long __kstrtab_" #symbol " - .\n" \
		"\t.long 0\n" \
		".popsection")

#define EXPORT_SYMBOL(symbol) ___EXPORT_SYMBOL(symbol, "__ksymtab")
#define EXPORT_SYMBOL_GPL(symbol) ___EXPORT_SYMBOL(symbol, "__ksymtab_gpl")

#endif
