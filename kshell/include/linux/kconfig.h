/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kconfig.h - IS_ENABLED(CONFIG_X) is 1 where the command line defines CONFIG_X as 1, else 0 */
#ifndef _LINUX_KCONFIG_H
#define _LINUX_KCONFIG_H

#define __second(first, second, ...) second
#define __one_before_1 0,
#define __is_one(value) ___is_one(value)
#define ___is_one(value) ____is_one(__one_before_##value)
#define ____is_one(comma) __second(comma 1, 0, 0)

#define IS_ENABLED(option) __is_one(option)

#endif
