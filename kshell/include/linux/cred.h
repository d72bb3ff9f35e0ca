/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cred.h - whose a task is */
#ifndef _LINUX_CRED_H
#define _LINUX_CRED_H

#include <linux/sched.h>
#include <linux/uidgid.h>

struct cred {
	int usage;
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
};

#define current_cred() (current->cred)
#define current_uid() (current_cred()->uid)
#define current_euid() (current_cred()->euid)
#define current_suid() (current_cred()->suid)
#define current_fsuid() (current_cred()->fsuid)
#define current_gid() (current_cred()->gid)
#define current_egid() (current_cred()->egid)
#define current_sgid() (current_cred()->sgid)
#define current_fsgid() (current_cred()->fsgid)

#endif
