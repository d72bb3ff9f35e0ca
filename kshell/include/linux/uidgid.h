/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uidgid.h - numbers of users and groups, each in a struct, so that nobody takes the one for the other */
#ifndef _LINUX_UIDGID_H
#define _LINUX_UIDGID_H

#include <linux/types.h>

typedef struct {
	uid_t val;
} kuid_t;

typedef struct {
	gid_t val;
} kgid_t;

struct user_namespace;
extern struct user_namespace init_user_ns;

static inline uid_t from_kuid(struct user_namespace *to, kuid_t uid)
{
	return uid.val;
}

static inline gid_t from_kgid(struct user_namespace *to, kgid_t gid)
{
	return gid.val;
}

#endif
